// SPDX-License-Identifier: MIT
//
// permessage-deflate: with `ws` as the client in every combination of parameters, and bit by bit.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { describe, it } from "node:test";
import zlib from "node:zlib";

import { WebSocket } from "ws";

import { PollingSession, closeReason, openWebSocket, target } from "../support/engine.mjs";
import { target3 } from "../support/engine3.mjs";
import { Connection } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { sleep, within } from "../support/wait.mjs";
import { Opcode, WebSocketPeer, frame, upgradeRequest } from "../support/ws.mjs";

const kRsv1 = 4;
const kTail = Buffer.from([0, 0, 0xff, 0xff]);
const kOffer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };

function words(count, seed = 0) {
  return Array.from({ length: count }, (_, i) => `word ${(i * i + seed) % 9973}`).join(" ");
}

function deflate(message) {
  const bytes = zlib.deflateRawSync(message, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, -4);
}

function inflate(message) {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
  return zlib.inflateRawSync(Buffer.concat([message, kTail]), options).toString();
}

function compressedFrame(message, options = {}) {
  return frame(Opcode.text, deflate(message), { rsv: kRsv1, ...options });
}

// A session of the library `ws`, whose messages are kept in order.
class Client {
  static async open(port, perMessageDeflate) {
    const client = new Client();
    client.messages = [];
    client.ws = new WebSocket(`ws://127.0.0.1:${port}${target("websocket")}`, {
      perMessageDeflate,
    });
    client.ws.on("message", (data, binary) => {
      client.messages.push(binary ? data : data.toString());
      client.wake?.();
    });
    await within(once(client.ws, "open"), "opening");
    await client.next();
    return client;
  }

  async next() {
    const arrival = async () => {
      while (this.messages.length === 0) await new Promise((wake) => (this.wake = wake));
    };
    await within(arrival(), "message");
    return this.messages.shift();
  }

  // Messages of many sizes, compressible and not, all in flight at once.
  async echo() {
    const sent = [];
    for (let i = 0; i < 40; i++) {
      const binary = i % 3 === 0;
      const size = [0, 1, 5, 100, 250, 3000, 20_000][i % 7];
      const text = i % 5 === 0 ? "a".repeat(size * 5) : words(size, i);
      sent.push(binary ? Buffer.from(text) : `4${text}`);
    }
    sent.push(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 7919) >> 5)));
    for (const message of sent) this.ws.send(message);
    for (const message of sent) assert.deepEqual(await this.next(), message);
  }

  async close() {
    this.ws.close();
    await within(once(this.ws, "close"), "closing");
  }
}

// The server's options, the client's and what they agree on.
const kOn = [];
const combinations = [
  [kOn, true, "permessage-deflate"],
  [kOn, false, ""],
  [kOn, { threshold: 0 }, "permessage-deflate"],
  [kOn, { serverNoContextTakeover: true }, "permessage-deflate; server_no_context_takeover"],
  [kOn, { clientNoContextTakeover: true }, "permessage-deflate; client_no_context_takeover"],
  [kOn, { clientMaxWindowBits: 9 }, "permessage-deflate; client_max_window_bits=9"],
  [kOn, { clientMaxWindowBits: 8 }, "permessage-deflate; client_max_window_bits=8"],
  [kOn, { serverMaxWindowBits: 8 }, "permessage-deflate; server_max_window_bits=8"],
  [kOn, { serverMaxWindowBits: 12 }, "permessage-deflate; server_max_window_bits=12"],
  [
    kOn,
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11,
    },
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
      "server_max_window_bits=10; client_max_window_bits=11",
  ],
  [
    ["--deflate-no-context"],
    true,
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  ],
  [
    ["--deflate-server-bits", 9, "--deflate-client-bits", 10],
    true,
    "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10",
  ],
  [
    ["--deflate-server-bits", 12, "--deflate-client-bits", 12],
    { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
  ],
  [["--deflate-client-bits", 12], { clientMaxWindowBits: false }, ""],
  [
    ["--deflate-no-context", "--deflate-threshold", 0, "--deflate-server-bits", 8],
    { threshold: 0 },
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8",
  ],
];

for (const [options, offered, agreed] of combinations) {
  describe(`a server with ${["--deflate", ...options].join(" ")}`, () => {
    const server = useServer("engineio", "--deflate", ...options, ...kQuiet);

    it(`and ws with ${JSON.stringify(offered)} understand each other`, async () => {
      const client = await Client.open(server.port, offered);
      assert.equal(client.ws.extensions, agreed && "permessage-deflate");
      await client.echo();
      await client.echo();
      await client.close();
    });

    it(`answers ${JSON.stringify(offered)} by "${agreed}"`, async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${server.port}${target("websocket")}`, {
        perMessageDeflate: offered,
      });
      const [response] = await within(once(ws, "upgrade"), "upgrade");
      assert.equal(response.headers["sec-websocket-extensions"] ?? "", agreed);
      ws.terminate();
    });
  });
}

describe("negotiation", () => {
  const server = useServer("engineio", "--deflate", "--no-cors", ...kQuiet);

  it("answers the offer of browsers by the bare name", async () => {
    const peer = await openWebSocket(server.port, { headers: kOffer });
    assert.equal(peer.response.headers["sec-websocket-extensions"], "permessage-deflate");
  });

  it("takes the first of several offers that it can meet", async () => {
    const offers = [
      "permessage-deflate; unknown",
      "permessage-deflate; server_max_window_bits=7",
      'permessage-deflate; server_max_window_bits="10"',
      "permessage-deflate",
    ];
    const headers = { "Sec-WebSocket-Extensions": offers.join(", ") };
    const peer = await openWebSocket(server.port, { headers });
    const answer = peer.response.headers["sec-websocket-extensions"];
    assert.equal(answer, "permessage-deflate; server_max_window_bits=10");
  });

  it("goes on without when there is none", async () => {
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; unknown, bbf-usp-protocol" };
    const peer = await openWebSocket(server.port, { headers });
    assert.equal(peer.response.headers["sec-websocket-extensions"], undefined);
    await peer.sendText(`4${words(500)}`);
    assert.equal(await peer.text(), `4${words(500)}`);
  });

  it("refuses a header that is none", async () => {
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate;" };
    const connection = await Connection.open(server.port);
    await connection.write(upgradeRequest(target("websocket"), { headers }));
    const response = await connection.response();
    assert.equal(response.status, 400);
    assert.equal(response.text, "Invalid or unacceptable Sec-WebSocket-Extensions header");
  });

  it("holds for the WebSocket of an upgrade as well", async () => {
    const { sid } = await PollingSession.open(server.port);
    const peer = await WebSocketPeer.open(server.port, target("websocket", sid), {
      headers: kOffer,
    });
    await peer.write(compressedFrame("2probe"));
    assert.equal(await peer.text(), "3probe");
    await peer.sendText("5");
    await peer.sendText(`4${words(500)}`);
    const echo = await peer.frame();
    assert.equal(echo.rsv, kRsv1);
    assert.equal(inflate(echo.payload), `4${words(500)}`);
  });
});

describe("what is sent", () => {
  const server = useServer("engineio", "--deflate", "--no-cors", ...kQuiet);

  it("is compressed from the threshold on", async () => {
    const peer = await openWebSocket(server.port, { headers: kOffer });
    for (const [size, rsv] of [
      [1023, 0],
      [1024, kRsv1],
    ]) {
      const text = `4${"a".repeat(size - 1)}`;
      await peer.sendText(text);
      const echo = await peer.frame();
      assert.deepEqual([echo.rsv, echo.opcode, echo.fin], [rsv, Opcode.text, true]);
      assert.equal(rsv ? inflate(echo.payload) : echo.text, text);
    }
  });

  it("is not when the packet says so", async () => {
    const peer = await openWebSocket(server.port, { headers: kOffer });
    await peer.sendText(`4!plain ${words(500)}`);
    assert.equal(await peer.text(), `4${words(500)}`);
  });

  it("refers to earlier messages", async () => {
    const peer = await openWebSocket(server.port, { headers: kOffer });
    const text = `4${words(500)}`;
    await peer.sendText(text);
    const first = await peer.frame();
    await peer.sendText(text);
    const second = await peer.frame();
    assert.equal(inflate(first.payload), text);
    assert.ok(second.payload.length < first.payload.length / 5);
  });

  it("arrives in order when the client is slow to read", async () => {
    const client = await Client.open(server.port, true);
    // More than the buffers of two sockets hold.
    const sent = Array.from({ length: 200 }, (_, i) =>
      i % 2 ? randomBytes(150_000) : `4${words(2000, i)}`,
    );
    client.ws.pause();
    for (const message of sent) client.ws.send(message);
    await sleep(200);
    client.ws.resume();
    for (const message of sent) assert.deepEqual(await client.next(), message);
  });
});

describe("revision 3", () => {
  const server = useServer("engineio", "--deflate", "--allow-eio3", ...kQuiet);

  it("is compressed as well, its binary messages with their type", async () => {
    const peer = await WebSocketPeer.open(server.port, target3("websocket"), { headers: kOffer });
    assert.match(await peer.text(), /^0/);
    const bytes = Buffer.concat([Buffer.from([4]), Buffer.from(words(500))]);
    await peer.write(frame(Opcode.binary, deflate(bytes), { rsv: kRsv1 }));
    const echo = await peer.frame();
    assert.deepEqual([echo.rsv, echo.opcode], [kRsv1, Opcode.binary]);
    assert.equal(inflate(echo.payload), bytes.toString());
  });
});

describe("what is sent to many without context", () => {
  const server = useServer("engineio", "--deflate-no-context", "--no-cors", ...kQuiet);

  it("is the same for all, and in order", async () => {
    const peers = [];
    for (let i = 0; i < 5; i++) {
      peers.push(await openWebSocket(server.port, { headers: i < 4 ? kOffer : {} }));
    }
    await peers[0].write(
      Buffer.concat([1, 2, 3].map((i) => frame(Opcode.text, `4!all ${words(400, i)}`))),
    );
    for (const i of [1, 2, 3]) {
      const frames = await Promise.all(peers.map((peer) => peer.frame()));
      for (const { rsv, payload } of frames.slice(0, 4)) {
        assert.equal(rsv, kRsv1);
        assert.deepEqual(payload, frames[0].payload);
      }
      assert.equal(inflate(frames[0].payload), `4${words(400, i)}`);
      assert.equal(frames[4].text, `4${words(400, i)}`);
    }
  });
});

describe("what is received", () => {
  const server = useServer("engineio", "--deflate", "--max-payload", 10_000, ...kQuiet);
  const open = () => openWebSocket(server.port, { headers: kOffer });

  it("may be compressed or not, in fragments, and byte by byte", async () => {
    const peer = await open();
    await peer.sendText("4plain");
    assert.equal(await peer.text(), "4plain");
    const bytes = deflate("4in three pieces");
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 5), bytes.subarray(5)];
    const wire = [
      frame(Opcode.text, pieces[0], { rsv: kRsv1, fin: false }),
      frame(Opcode.ping, "between"),
      frame(Opcode.continuation, pieces[1], { fin: false }),
      frame(Opcode.continuation, pieces[2]),
    ];
    for (const byte of Buffer.concat(wire)) await peer.write(Buffer.from([byte]));
    assert.equal((await peer.frame()).opcode, Opcode.pong);
    assert.equal(await peer.text(), "4in three pieces");
  });

  const refused = [
    ["larger than the limit", compressedFrame("4".padEnd(10_001, "a")), 1009],
    ["a bomb", compressedFrame("4".padEnd(5_000_000, "a")), 1009],
    ["garbage", frame(Opcode.text, "4hello", { rsv: kRsv1 }), 1007],
    [
      "a reference into nothing",
      frame(Opcode.text, [0xf2, 0x00, 0x11, 0, 0], { rsv: kRsv1 }),
      1007,
    ],
    ["not UTF-8", frame(Opcode.text, deflate(Buffer.from([0x34, 0xff])), { rsv: kRsv1 }), 1007],
    ["a compressed ping", frame(Opcode.ping, "", { rsv: kRsv1 }), 1002],
    [
      "a compressed continuation",
      Buffer.concat([
        compressedFrame("4a", { fin: false }),
        frame(Opcode.continuation, "", { rsv: kRsv1 }),
      ]),
      1002,
    ],
    ["another reserved bit", frame(Opcode.text, deflate("4a"), { rsv: kRsv1 | 2 }), 1002],
  ];
  for (const [what, wire, code] of refused) {
    it(`is refused by ${code} when it is ${what}`, async () => {
      const peer = await open();
      await peer.write(wire);
      await peer.closed(code);
      assert.equal(await closeReason(server.port, peer.sid), "transport error");
    });
  }
});
