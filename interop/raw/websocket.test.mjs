// SPDX-License-Identifier: MIT
//
// Engine.IO over WebSocket, bit by bit.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Control, closeReason, openWebSocket, target } from "../support/engine.mjs";
import { kOfProxies } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { Opcode, WebSocketPeer, closeFrame, frame, kAccept } from "../support/ws.mjs";

describe("the opening", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("is answered by 101 with the accept key and nothing else", async () => {
    const peer = await WebSocketPeer.open(server.port, target("websocket"));
    const { headers, reason } = peer.response;
    for (const name of ["date", ...kOfProxies]) delete headers[name];
    assert.equal(reason, "Switching Protocols");
    assert.equal(headers.connection.toLowerCase(), "upgrade");
    assert.equal(headers.upgrade.toLowerCase(), "websocket");
    assert.equal(headers["sec-websocket-accept"], kAccept);
    assert.deepEqual(Object.keys(headers).sort(), [
      "connection",
      "sec-websocket-accept",
      "upgrade",
    ]);
  });

  it("agrees to no extension", async () => {
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
    const peer = await WebSocketPeer.open(server.port, target("websocket"), { headers });
    assert.equal(peer.response.headers["sec-websocket-extensions"], undefined);
  });

  it("takes the tokens of Connection and Upgrade in any case", async () => {
    const headers = { Connection: "keep-alive, UPGRADE", Upgrade: "WebSocket" };
    const peer = await WebSocketPeer.open(server.port, target("websocket"), { headers });
    assert.match(await peer.text(), /^0\{/);
  });

  it("is followed by the open packet, which offers no upgrade", async () => {
    const peer = await WebSocketPeer.open(server.port, target("websocket"));
    const expected =
      '^0\\{"sid":"[\\w-]{20}","upgrades":\\[\\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000\\}$';
    assert.match(await peer.text(), new RegExp(expected));
  });
});

describe("messages", () => {
  const server = useServer("engineio", ...kQuiet);

  it("travel one to a frame", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(Buffer.concat(["4a", "4", "4é€😀"].map((text) => frame(Opcode.text, text))));
    assert.equal(await peer.text(), "4a");
    assert.equal(await peer.text(), "4");
    assert.equal(await peer.text(), "4é€😀");
  });

  it("travel as bare bytes when they are binary", async () => {
    const peer = await openWebSocket(server.port);
    for (const bytes of [Buffer.from([1, 2, 3]), Buffer.from([0x34]), Buffer.alloc(0)]) {
      await peer.sendBinary(bytes);
      assert.deepEqual(await peer.binary(), bytes);
    }
  });

  it("may be base64 in a text frame", async () => {
    const peer = await openWebSocket(server.port);
    await peer.sendText("bAQIDBA==");
    assert.deepEqual(await peer.binary(), Buffer.from([1, 2, 3, 4]));
  });

  it("have the shortest length field that fits", async () => {
    const peer = await openWebSocket(server.port);
    const sizes = [
      [125, 2],
      [126, 4],
      [65535, 4],
      [65536, 10],
      [300_000, 10],
    ];
    for (const [size, headerBytes] of sizes) {
      const text = "4".padEnd(size, "x");
      await peer.sendText(text);
      const echo = await peer.frame();
      assert.equal(echo.headerBytes, headerBytes, `header of ${size} bytes`);
      assert.equal(echo.text, text);
    }
  });

  it("may be fragmented, with control frames in between", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(
      Buffer.concat([
        frame(Opcode.text, "4one ", { fin: false }),
        frame(Opcode.ping, "are you there"),
        frame(Opcode.continuation, "two ", { fin: false }),
        frame(Opcode.pong, "unasked"),
        frame(Opcode.continuation, "", { fin: false }),
        frame(Opcode.continuation, "three"),
      ]),
    );
    const pong = await peer.frame();
    assert.deepEqual([pong.opcode, pong.text], [Opcode.pong, "are you there"]);
    assert.equal(await peer.text(), "4one two three");
  });

  it("may be cut inside a character", async () => {
    const peer = await openWebSocket(server.port);
    const bytes = Buffer.from("4😀");
    for (const [i, byte] of bytes.entries()) {
      const opcode = i === 0 ? Opcode.text : Opcode.continuation;
      await peer.write(frame(opcode, [byte], { fin: i === bytes.length - 1 }));
    }
    assert.equal(await peer.text(), "4😀");
  });

  it("may be binary and fragmented", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(frame(Opcode.binary, [1], { fin: false }));
    await peer.write(frame(Opcode.continuation, [2]));
    assert.deepEqual(await peer.binary(), Buffer.from([1, 2]));
  });

  it("may come byte by byte", async () => {
    const peer = await openWebSocket(server.port);
    for (const byte of frame(Opcode.text, "4slow".padEnd(200, ".")))
      await peer.write(Buffer.from([byte]));
    assert.equal(await peer.text(), "4slow".padEnd(200, "."));
  });

  it("keep their order when there are many", async () => {
    const peer = await openWebSocket(server.port);
    await peer.sendText("4!flood 1000");
    for (let i = 0; i < 1000; i++) assert.equal(await peer.text(), `4tick ${i}`);
  });

  it("ping frames are answered by pongs with the same content", async () => {
    const peer = await openWebSocket(server.port);
    for (const content of ["", "x".repeat(125)]) {
      await peer.write(frame(Opcode.ping, content));
      const pong = await peer.frame();
      assert.deepEqual([pong.opcode, pong.masked, pong.text], [Opcode.pong, false, content]);
    }
  });

  it("packets that mean nothing on an open session are ignored", async () => {
    const peer = await openWebSocket(server.port);
    for (const packet of ["0", "3", "5", "6", "4after"]) await peer.sendText(packet);
    assert.equal(await peer.text(), "4after");
  });
});

describe("frames that break the rules", () => {
  const server = useServer("engineio", "--max-payload", 1000, ...kQuiet);
  const kBadUtf8 = Buffer.from([0x34, 0xc3, 0x28]);

  const cases = [
    ["a message over the limit", 1009, frame(Opcode.text, "4".padEnd(1001, "x"))],
    [
      "a message that is announced over the limit",
      1009,
      frame(Opcode.binary, "", { length: 1001 }),
    ],
    ["a message of 4 GiB announced", 1009, frame(Opcode.binary, "", { length: 2 ** 32 })],
    [
      "fragments over the limit together",
      1009,
      Buffer.concat([
        frame(Opcode.text, "4".padEnd(600, "x"), { fin: false }),
        frame(Opcode.continuation, "x".repeat(600)),
      ]),
    ],
    ["text that is not UTF-8", 1007, frame(Opcode.text, kBadUtf8)],
    [
      "text that ends inside a character",
      1007,
      frame(Opcode.text, Buffer.from([0x34, 0xf0, 0x9f])),
    ],
    [
      "fragmented text that ends inside a character",
      1007,
      Buffer.concat([
        frame(Opcode.text, Buffer.from([0x34, 0xf0]), { fin: false }),
        frame(Opcode.continuation, Buffer.from([0x9f])),
      ]),
    ],
    ["a surrogate in UTF-8", 1007, frame(Opcode.text, Buffer.from([0x34, 0xed, 0xa0, 0x80]))],
    ["a frame that is not masked", 1002, frame(Opcode.text, "4hi", { masked: false })],
    ["RSV1", 1002, frame(Opcode.text, "4hi", { rsv: 4 })],
    ["RSV2", 1002, frame(Opcode.text, "4hi", { rsv: 2 })],
    ["RSV3", 1002, frame(Opcode.text, "4hi", { rsv: 1 })],
    ["opcode 3", 1002, frame(3, "4hi")],
    ["opcode 7", 1002, frame(7, "4hi")],
    ["opcode 11", 1002, frame(11, "4hi")],
    ["opcode 15", 1002, frame(15, "4hi")],
    ["a fragmented ping", 1002, frame(Opcode.ping, "hi", { fin: false })],
    ["a ping of 126 bytes", 1002, frame(Opcode.ping, "x".repeat(126))],
    ["a close frame of one byte", 1002, frame(Opcode.close, "x")],
    ["close code 999", 1002, closeFrame(999)],
    ["close code 1005", 1002, closeFrame(1005)],
    ["close code 1006", 1002, closeFrame(1006)],
    ["close code 5000", 1002, closeFrame(5000)],
    ["a continuation of nothing", 1002, frame(Opcode.continuation, "hi")],
    [
      "a message inside a message",
      1002,
      Buffer.concat([frame(Opcode.text, "4a", { fin: false }), frame(Opcode.text, "4b")]),
    ],
    ["a length in more bytes than it needs", 1002, frame(Opcode.text, "4hi", { lengthForm: 16 })],
    [
      "a length in many more bytes than it needs",
      1002,
      frame(Opcode.text, "4hi", { lengthForm: 64 }),
    ],
  ];
  for (const [name, code, bytes] of cases) {
    it(`${name}: ${code}`, async () => {
      const peer = await openWebSocket(server.port);
      await peer.write(bytes);
      await peer.closed(code);
      assert.equal(await closeReason(server.port, peer.sid), "transport error");
    });
  }

  it("a length with its top bit set ends the connection", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(frame(Opcode.binary, "", { length: 2n ** 63n, lengthForm: 64 }));
    assert.equal((await peer.frame()).opcode, Opcode.close);
    assert.equal(await closeReason(server.port, peer.sid), "transport error");
  });

  it("exactly as large as allowed is fine", async () => {
    const peer = await openWebSocket(server.port);
    await peer.sendText("4".padEnd(1000, "x"));
    assert.equal((await peer.text()).length, 1000);
    await peer.sendBinary(Buffer.alloc(1000));
    assert.equal((await peer.binary()).length, 1000);
  });

  it("what came before the broken frame is processed", async () => {
    const other = await openWebSocket(server.port);
    const peer = await openWebSocket(server.port);
    await peer.write(Buffer.concat([frame(Opcode.text, `4!close ${other.sid}`), frame(3, "")]));
    await peer.closed(1002);
    await other.closed();
  });
});

describe("the end", () => {
  const server = useServer("engineio", ...kQuiet);

  it("forced by the server is a close frame without a code", async () => {
    const control = await Control.open(server.port);
    const peer = await openWebSocket(server.port);
    await control.closeSession(peer.sid);
    await peer.closed();
    assert.equal(await control.reasonOf(peer.sid), "forced close");
  });

  it("forced by the server comes behind what was sent", async () => {
    const peer = await openWebSocket(server.port);
    const orders = ["4a", "4b", `4!close ${peer.sid}`, "4c"].map((text) =>
      frame(Opcode.text, text),
    );
    await peer.write(Buffer.concat(orders));
    assert.equal(await peer.text(), "4a");
    assert.equal(await peer.text(), "4b");
    await peer.closed();
  });

  // Node.js servers do not react to this packet until the ping times out.
  it("asked for by a close packet", async () => {
    const peer = await openWebSocket(server.port);
    await peer.sendText("1");
    await peer.closed();
    assert.equal(await closeReason(server.port, peer.sid), "transport close");
  });

  it("asked for by a close frame, which is answered by the same code", async () => {
    for (const code of [1000, 1001, 3000, 4999]) {
      const peer = await openWebSocket(server.port);
      await peer.write(closeFrame(code, "bye"));
      const answer = await peer.frame();
      assert.deepEqual([answer.opcode, answer.payload.readUInt16BE(0)], [Opcode.close, code]);
      assert.equal((await peer.connection.rest()).length, 0);
      peer.connection.finish();
      assert.equal(await closeReason(server.port, peer.sid), "transport close");
    }
  });

  it("asked for by a close frame without a code", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(frame(Opcode.close));
    const answer = await peer.frame();
    assert.equal(answer.opcode, Opcode.close);
    assert.equal((await peer.connection.rest()).length, 0);
    peer.connection.finish();
    assert.equal(await closeReason(server.port, peer.sid), "transport close");
  });

  it("by a lost connection", async () => {
    const finished = await openWebSocket(server.port);
    finished.connection.finish();
    assert.equal(await closeReason(server.port, finished.sid), "transport close");
    const reset = await openWebSocket(server.port);
    reset.connection.reset();
    assert.equal(await closeReason(server.port, reset.sid), "transport close");
  });

  it("by a connection lost inside a frame", async () => {
    const peer = await openWebSocket(server.port);
    await peer.write(frame(Opcode.text, "4half of it").subarray(0, 7));
    peer.destroy();
    assert.equal(await closeReason(server.port, peer.sid), "transport close");
  });

  it("by a ping packet, which only servers send", async () => {
    for (const packet of ["2", "2probe"]) {
      const peer = await openWebSocket(server.port);
      await peer.sendText(packet);
      await peer.closed();
      assert.equal(await closeReason(server.port, peer.sid), "transport error");
    }
  });

  for (const packet of ["", "x", "7", "9hello", " 4hi"]) {
    it(`by the undecodable packet ${JSON.stringify(packet)}`, async () => {
      const peer = await openWebSocket(server.port);
      await peer.sendText(packet);
      await peer.closed();
      assert.equal(await closeReason(server.port, peer.sid), "parse error");
    });
  }
});
