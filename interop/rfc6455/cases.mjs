// SPDX-License-Identifier: MIT
//
// A case of RFC 6455: what a client sends, and what a server that echoes messages has to send back.
// The files beside this one are tables of them, by the categories of the public Autobahn list (1
// framing, 2 pings, 3 reserved bits, 4 opcodes, 5 fragmentation, 6 UTF-8, 7 closing, 9 limits, 10
// automatic fragmentation, 12 and 13 compression), whose numbers the names of the tests begin with.

import assert from "node:assert/strict";
import { it } from "node:test";

import { Opcode, WebSocketPeer, closeFrame, frame } from "../support/ws.mjs";

const kPatience = 20_000;

export { closeFrame };
export const kProtocolError = 1002;
export const kInvalidPayload = 1007;

export const text = (payload, options) => frame(Opcode.text, payload, options);
export const binary = (payload, options) => frame(Opcode.binary, payload, options);
export const more = (payload, options) => frame(Opcode.continuation, payload, options);
export const ping = (payload, options) => frame(Opcode.ping, payload, options);
export const pong = (payload, options) => frame(Opcode.pong, payload, options);
export const kOpen = { fin: false };

// One message in these pieces.
export function fragments(make, pieces) {
  return pieces.map((piece, i) => {
    const options = { fin: i === pieces.length - 1 };
    return i === 0 ? make(piece, options) : more(piece, options);
  });
}

// The bytes in parts of `size`.
export function split(bytes, size) {
  const whole = Buffer.from(bytes);
  const parts = [];
  for (let at = 0; at < whole.length; at += size) parts.push(whole.subarray(at, at + size));
  return parts.length > 0 ? parts : [whole];
}

function inWords(received) {
  if (!received) return "the end";
  const names = { 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
  const { opcode, fin, rsv, masked, payload } = received;
  const oddities = [!fin && "fragment", rsv && `rsv ${rsv}`, masked && "masked"].filter(Boolean);
  const content =
    payload.length <= 200 ? payload.toString("hex") : `${payload.length} bytes, see below`;
  return [names[opcode] ?? `opcode ${opcode}`, ...oddities, content].join(" ");
}

// `expected`: a string (text), a Buffer (binary) or {pong}.
function asFrame(expected) {
  const plain = { fin: true, rsv: 0, masked: false };
  if (typeof expected === "string") {
    return { ...plain, opcode: Opcode.text, payload: Buffer.from(expected) };
  }
  if (Buffer.isBuffer(expected)) return { ...plain, opcode: Opcode.binary, payload: expected };
  return { ...plain, opcode: Opcode.pong, payload: Buffer.from(expected.pong) };
}

async function expectFrame(peer, expected) {
  const received = await peer.frame(kPatience);
  const wanted = asFrame(expected);
  assert.equal(inWords(received), inWords(wanted));
  assert.ok(received.payload.equals(wanted.payload), "another content of the same length");
}

async function send(peer, { send: frames, chop, together }) {
  const list = frames.flat(3);
  for (const bytes of together ? [Buffer.concat(list)] : list) {
    const parts = chop ? split(bytes, chop) : [bytes];
    for (const part of parts) await peer.write(part);
  }
}

// Large ones are made when their turn comes.
const made = (value) => (typeof value === "function" ? value() : value);

// A row of a table:
//   headers of the handshake, beside the usual ones
//   send    frames, sent one by one; `chop`: in parts of so many bytes; `together`: in one write
//   expect  what comes back; `lockstep`: one for each frame, before the next is sent
//   end     the close code that the server must give; "clean" (the default) when nothing was wrong:
//           then the client closes; {echo: code} when the frames had a close frame in them
async function runCase(port, row) {
  const { end = "clean", headers } = row;
  const expect = made(row.expect) ?? [];
  const frames = made(row.send);
  const peer = await WebSocketPeer.open(port, "/", { headers });
  if (row.lockstep) {
    for (const [i, expected] of expect.entries()) {
      await peer.write(frames[i]);
      await expectFrame(peer, expected);
    }
  } else {
    // Beside reading: a server that does not read on while its client does not either is right.
    const sending = send(peer, { ...row, send: frames });
    for (const expected of expect) await expectFrame(peer, expected);
    await sending;
  }
  if (end === "clean") {
    await peer.write(closeFrame(1000, "done"));
    await peer.closed(1000);
  } else {
    await peer.closed(typeof end === "object" ? end.echo : end);
  }
}

export function defineCases(server, rows) {
  for (const row of rows) {
    it(row.name, { timeout: 60_000 }, () => runCase(server.port, row));
    if (row.alsoBytewise) {
      it(`${row.name}, byte by byte`, () => runCase(server.port, { ...row, chop: 1 }));
      it(`${row.name}, in one piece`, () => runCase(server.port, { ...row, together: true }));
    }
  }
}
