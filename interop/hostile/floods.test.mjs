// SPDX-License-Identifier: MIT
//
// Little that becomes much: what unfolds, nests or comes in large numbers. Each costs its own
// connection at most, within a bound on the server's memory, and two healthy clients are answered
// throughout.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import zlib from "node:zlib";

import { target } from "../support/engine.mjs";
import { Connection } from "../support/http.mjs";
import { withinMemory } from "../support/memory.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { openJoined, openJoinedPolling } from "../support/sio.mjs";
import { eventually, sleep } from "../support/wait.mjs";
import { Opcode, WebSocketPeer, frame, upgradeRequest } from "../support/ws.mjs";
import { besideHealthy } from "./healthy.mjs";

const kMiB = 1024; // KiB
const kMillion = 1_000_000;
const kRsv1 = 4;

function deflate(bytes) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH, level: 9 };
  return zlib.deflateRawSync(bytes, options).subarray(0, -4);
}

// The code of the close frame, behind whatever else comes; undefined when there is none.
async function closeCode(peer, ms = 10_000) {
  for (;;) {
    const next = await peer.frame(ms);
    if (!next) return undefined;
    if (next.opcode !== Opcode.close) continue;
    return next.payload.length >= 2 ? next.payload.readUInt16BE(0) : null;
  }
}

// Writes the same again and again, in pieces of many, as far as the server lets it.
async function writeMany(peer, bytes, count) {
  const perWrite = Math.max(1, Math.floor(64_000 / bytes.length));
  const many = Buffer.concat(Array(perWrite).fill(bytes));
  for (let sent = 0; sent < count && !peer.connection.ended; sent += perWrite) {
    await peer.write(
      sent + perWrite <= count ? many : many.subarray(0, (count - sent) * bytes.length),
    );
  }
}

describe("bombs", () => {
  const server = useServer("socketio", "--deflate", "--max-payload", kMillion, ...kQuiet);
  const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  const bomb = deflate(Buffer.alloc(100 * kMillion, "4"));
  const open = () =>
    WebSocketPeer.open(server.port, target("websocket").replace("engine.io", "socket.io"), {
      headers,
    });

  it("fifty of 97 KiB that unfold to 100 MB: 1009", { timeout: 60_000 }, async (test) => {
    // Their limit is 1 MB each; the pool of inflaters and the text that was unfolded so far.
    await withinMemory(test, server.server.pid, 64 * kMiB, () =>
      besideHealthy(server.url, async () => {
        const peers = await Promise.all(Array.from({ length: 50 }, open));
        await Promise.all(
          peers.map((peer) => peer.write(frame(Opcode.text, bomb, { rsv: kRsv1 }))),
        );
        const codes = await Promise.all(peers.map((peer) => closeCode(peer)));
        assert.deepEqual(new Set(codes), new Set([1009]));
      }),
    );
  });

  it("one in a thousand fragments: 1009", { timeout: 60_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 16 * kMiB, async () => {
      const peer = await open();
      const size = Math.ceil(bomb.length / 1000);
      for (let at = 0; at < bomb.length && !peer.connection.ended; at += size) {
        const first = at === 0;
        const options = { fin: at + size >= bomb.length, rsv: first ? kRsv1 : 0 };
        const piece = bomb.subarray(at, at + size);
        await peer.write(frame(first ? Opcode.text : Opcode.continuation, piece, options));
      }
      assert.equal(await closeCode(peer), 1009);
    });
  });

  it(
    "a thousand messages that unfold to just the limit are only work",
    { timeout: 60_000 },
    async (test) => {
      const largest = deflate(Buffer.from(`42["nobody","${"x".repeat(kMillion - 20)}"]`));
      await withinMemory(test, server.server.pid, 32 * kMiB, () =>
        besideHealthy(server.url, async () => {
          const peer = await open();
          await peer.sendText("40");
          const message = frame(Opcode.text, largest, { rsv: kRsv1 });
          for (let i = 0; i < 1000; i++) await peer.write(message);
          await peer.sendText('421["who"]');
          await eventually(
            async () => (await peer.frame(30_000))?.text.startsWith("431["),
            "answer",
            30_000,
          );
          peer.destroy();
        }),
      );
    },
  );
});

describe("nesting", () => {
  const server = useServer("socketio", "--max-payload", 4 * kMillion, ...kQuiet);
  const kDeep = 1024 * 1024;
  const nests = {
    "1 MiB of [": "[".repeat(kDeep),
    '1 MiB of {"":': '{"":'.repeat(kDeep / 4),
    "512 KiB of [ and as many ]": "[".repeat(kDeep / 2) + "]".repeat(kDeep / 2),
    "1 MiB of [[],": "[[],".repeat(kDeep / 4),
  };
  for (const [name, nest] of Object.entries(nests)) {
    it(
      `${name}, in an event, an acknowledgement and a CONNECT`,
      { timeout: 60_000 },
      async (test) => {
        await withinMemory(test, server.server.pid, 64 * kMiB, () =>
          besideHealthy(server.url, async () => {
            for (const text of [`42["message",${nest}]`, `431${nest}`, `40/custom,${nest}`]) {
              const peer = await openJoined(server.port);
              await peer.sendText(text);
              // A parse error closes the session: a close frame without a code.
              assert.equal(await closeCode(peer), null);
              peer.destroy();
            }
          }),
        );
      },
    );

    it(`${name}, by polling`, { timeout: 60_000 }, async (test) => {
      await withinMemory(test, server.server.pid, 64 * kMiB, async () => {
        const session = await openJoinedPolling(server.port);
        await session.post(`42["message",${nest}]`);
        assert.ok(["1", "6\x1e1"].includes((await session.poll()).text));
      });
    });
  }
});

describe("a million frames", () => {
  const server = useServer("socketio", ...kQuiet);
  const open = () => openJoined(server.port);

  it("empty fragments of one message: 1008", { timeout: 60_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 8 * kMiB, () =>
      besideHealthy(server.url, async () => {
        const peer = await open();
        await peer.write(frame(Opcode.text, "", { fin: false }));
        await writeMany(peer, frame(Opcode.continuation, "", { fin: false }), kMillion);
        assert.equal(await closeCode(peer), 1008);
      }),
    );
  });

  it("fragments of one byte: 1008", { timeout: 60_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 8 * kMiB, async () => {
      const peer = await open();
      await peer.write(frame(Opcode.text, "4", { fin: false }));
      await writeMany(peer, frame(Opcode.continuation, "x", { fin: false }), kMillion);
      assert.equal(await closeCode(peer), 1008);
    });
  });

  it("pings are answered, all of them", { timeout: 120_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 8 * kMiB, () =>
      besideHealthy(server.url, async () => {
        const peer = await open();
        let pongs = 0;
        const counting = (async () => {
          while (pongs < kMillion / 10 && (await peer.frame(30_000))?.opcode === Opcode.pong)
            pongs++;
        })();
        await writeMany(peer, frame(Opcode.ping), kMillion / 10);
        await counting;
        assert.equal(pongs, kMillion / 10);
        peer.destroy();
      }),
    );
  });

  it(
    "pings of a client that does not read are not read for long",
    { timeout: 60_000 },
    async (test) => {
      await withinMemory(test, server.server.pid, 8 * kMiB, () =>
        besideHealthy(server.url, async () => {
          const peer = await open();
          peer.connection.pause();
          const writing = writeMany(peer, frame(Opcode.ping, "x".repeat(125)), kMillion);
          // Either all fits into the buffers of the kernel, or writing gets stuck.
          await Promise.race([writing, sleep(3000)]);
          peer.destroy();
        }),
      );
    },
  );

  it("noop packets are only work", { timeout: 60_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 8 * kMiB, () =>
      besideHealthy(server.url, async () => {
        const peer = await open();
        await writeMany(peer, frame(Opcode.text, "6"), kMillion);
        await peer.sendText('421["who"]');
        assert.match(await peer.text(30_000), /^431\[/);
        peer.destroy();
      }),
    );
  });

  it(
    "questions of a client that does not read the answers stop being read",
    { timeout: 60_000 },
    async (test) => {
      // 1 MiB may wait before reading stops, and what one read brings in adds to it.
      await withinMemory(test, server.server.pid, 32 * kMiB, () =>
        besideHealthy(server.url, async () => {
          const peer = await open();
          peer.connection.pause();
          const question = frame(Opcode.text, `42["message","${"x".repeat(1000)}"]`);
          const writing = writeMany(peer, question, kMillion);
          await Promise.race([writing, sleep(3000)]);
          peer.destroy();
        }),
      );
    },
  );

  it("packets in one polling body are only work", { timeout: 60_000 }, async (test) => {
    await withinMemory(test, server.server.pid, 32 * kMiB, async () => {
      const session = await openJoinedPolling(server.port);
      const response = await session.post(
        Array(kMillion / 2)
          .fill("6")
          .join("\x1e"),
      );
      assert.equal(response.status, 200);
    });
  });
});

describe("sizes", () => {
  const server = useServer("socketio", "--max-payload", 100_000, ...kQuiet);
  const cases = [
    ["a fragment over the limit", [frame(Opcode.text, "4".repeat(100_001), { fin: false })]],
    [
      "fragments over the limit",
      Array.from({ length: 3 }, (_, i) =>
        frame(i === 0 ? 1 : 0, "4".repeat(40_000), { fin: false }),
      ),
    ],
    ["2^40 bytes that are announced", [frame(Opcode.binary, "", { length: 2 ** 40 })]],
    [
      "2^62 bytes that are announced, in a fragment",
      [frame(Opcode.text, "", { length: 2n ** 62n, lengthForm: 64, fin: false })],
    ],
  ];
  for (const [name, frames] of cases) {
    it(`${name}: 1009`, async (test) => {
      await withinMemory(test, server.server.pid, 4 * kMiB, async () => {
        const peer = await openJoined(server.port);
        for (const bytes of frames) await peer.write(bytes);
        assert.equal(await closeCode(peer), 1009);
        peer.destroy();
      });
    });
  }
});

describe("what comes with the handshake", () => {
  const server = useServer("websocket", "--deflate-threshold", 100 * kMillion);

  it(
    "is answered in its order, also when reading has to wait for the answers to be taken",
    { timeout: 60_000 },
    async () => {
      const numbered = (i) => `${i} `.padEnd(kMillion, "x");
      const messages = Array.from({ length: 20 }, (_, i) =>
        frame(Opcode.text, deflate(Buffer.from(numbered(i))), { rsv: kRsv1 }),
      );
      const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
      const connection = await Connection.open(server.port);
      connection.pause();
      await connection.write(Buffer.concat([upgradeRequest("/", { headers }), ...messages]));
      await sleep(200);
      await connection.write(frame(Opcode.text, "last"));
      await sleep(200);
      connection.resume();
      assert.equal((await connection.response()).status, 101);
      const peer = new WebSocketPeer(connection);
      for (let i = 0; i < messages.length; i++)
        assert.ok((await peer.text()).startsWith(`${i} `), i);
      assert.equal(await peer.text(), "last");
      peer.destroy();
    },
  );
});
