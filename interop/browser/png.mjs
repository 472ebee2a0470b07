// SPDX-License-Identifier: MIT
// Makes PNG pictures for the tests, so that no binary file lies in the tree.

import { crc32, deflateSync } from "node:zlib";

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

// `colorAt(x, y)` returns [red, green, blue].
export function png(width, height, colorAt) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits per channel, RGB, no interlacing
  const rows = [];
  for (let y = 0; y < height; ++y) {
    rows.push(0); // no row filter
    for (let x = 0; x < width; ++x) rows.push(...colorAt(x, y));
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const sky = [255, 196, 120];
const mix = (from, to, part) => from.map((v, i) => Math.round(v + (to[i] - v) * part));

// Hills at dusk: gradients and edges, pleasant enough for a screenshot.
export function landscape(width, height) {
  const ridges = [
    { base: 0.55, swing: 0.1, waves: 1.7, color: [120, 134, 150] },
    { base: 0.7, swing: 0.08, waves: 2.6, color: [62, 98, 104] },
    { base: 0.86, swing: 0.06, waves: 3.9, color: [18, 60, 58] },
  ];
  return png(width, height, (x, y) => {
    const [u, v] = [x / width, y / height];
    let color = mix([86, 110, 150], sky, Math.min(1, v * 1.6));
    if (Math.hypot((u - 0.7) * (width / height), v - 0.36) < 0.1) color = [255, 240, 205];
    for (const ridge of ridges) {
      const edge = ridge.base + ridge.swing * Math.sin(ridge.waves * Math.PI * u + ridge.base * 9);
      if (v > edge) color = ridge.color;
    }
    return color;
  });
}
