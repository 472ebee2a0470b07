// SPDX-License-Identifier: MIT
//
// The stock client with socket.io-msgpack-parser.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { io } from "socket.io-client";
import msgpackParser from "socket.io-msgpack-parser";

import {
  barrier,
  call,
  connect,
  connected,
  createSocket,
  departure,
  kTransports,
  next,
  record,
  sibling,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";

const client = (url, options) => io(url, { ...options, parser: msgpackParser });

// Around each border between two encodings of the format.
const kIntegers = [7, 8, 15, 16, 31, 32, 53].flatMap((bits) => {
  const border = 2 ** bits;
  return [border - 1, border, border + 1, -border + 1, -border, -border - 1];
});
const kLengths = [0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 65_535, 65_536];

const kValues = {
  "nil and booleans": [null, true, false],
  integers: [0, 1, -1, -32, -33, 127, 128, ...kIntegers.filter(Number.isSafeInteger)],
  // Nothing integral over 2^64: the parser would take it for an integer and cut it.
  floats: [0.5, -1.5, 0.1, 5e-324, 2.2250738585072014e-308, 1e15 + 0.5, NaN, Infinity, -Infinity],
  strings: ["", "é", "てすと", "😀👩‍👩‍👧‍👦", "\u0000\u001e"],
  "strings of each length": kLengths.map((n) => "x".repeat(n)),
  binary: kLengths.map((n) => Buffer.alloc(n, "0123456789")),
  arrays: [[], [[[]]], ...kLengths.map((n) => Array.from({ length: n }, (_, i) => i % 100))],
  maps: [
    {},
    { a: { "": [{ "key with space": null }] } },
    { _placeholder: true, num: 0 },
    ...[15, 16, 17, 300].map((n) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`key${i}`, i])),
    ),
  ],
  "binary within": [{ deep: [{ deeper: Buffer.from("é") }] }, [Buffer.from([0]), "between"]],
};

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`msgpack over ${name}`, () => {
    const server = useServer("socketio", "--msgpack");
    useClients();
    const options = { client, transports };

    it("connects, with and without auth", async () => {
      for (const auth of [undefined, { token: "t", bin: Buffer.from("é") }]) {
        const socket = createSocket(server.url, { ...options, auth });
        const greeting = next(socket, "auth");
        await connected(socket);
        assert.match(socket.id, /^[\w-]{20}$/);
        assert.deepEqual(await greeting, [auth ?? {}]);
        assert.deepEqual(await call(socket, "who"), { nsp: "/", id: socket.id });
        if (transports.includes("websocket")) await upgraded(socket);
      }
    });

    for (const [kind, values] of Object.entries(kValues)) {
      it(`${kind} go there and back`, async () => {
        const socket = await connect(server.url, options);
        for (const value of values) {
          const back = next(socket, "message-back");
          socket.emit("message", value);
          assert.deepEqual(await back, [value]);
        }
      });
    }

    it("carries dates and undefined as JSON does, and buffers as binary", async () => {
      const socket = await connect(server.url, options);
      const cases = [
        [new Date(0), "1970-01-01T00:00:00.000Z"],
        [new Date(1706702400123), "2024-01-31T12:00:00.123Z"],
        [new Date(-62198755200000), "-000001-01-01T00:00:00.000Z"],
        [{ gone: undefined, kept: [undefined] }, { kept: [null] }],
        [undefined, null],
        [Uint8Array.of(1, 2).buffer, Buffer.of(1, 2)],
      ];
      for (const [sent, received] of cases) {
        assert.deepEqual(await call(socket, "message-with-ack", sent), received);
      }
    });

    it("acknowledges either way, also with binary and many arguments", async () => {
      const socket = await connect(server.url, options);
      const args = [1, "2", { three: Buffer.from("3") }, null];
      const answer = new Promise((done) => {
        socket.emit("message-with-ack", ...args, (...values) => done(values));
      });
      assert.deepEqual(await answer, args);

      socket.on("question", (a, b, ack) => ack({ sum: a + b, bin: Buffer.from("é") }));
      const answered = next(socket, "answered");
      socket.emit("ask", 20, 22);
      assert.deepEqual(await answered, [{ sum: 42, bin: Buffer.from("é") }, null]);
    });

    it("broadcasts to rooms and to everyone but the sender", async () => {
      const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect(server.url, options)));
      const seen = [a, b, c].map((socket) => [record(socket, "room"), record(socket, "broadcast")]);
      await call(a, "join", "r");
      await call(b, "join", "r");
      const value = { bin: Buffer.from("é"), list: [1, "2"] };
      a.emit("in", "r", value);
      a.emit("broadcast", value, 0);
      await barrier(a);
      await Promise.all([barrier(b), barrier(c)]);
      assert.deepEqual(seen, [
        [[[value]], []],
        [[[value]], [[value, 0]]],
        [[], [[value, 0]]],
      ]);
    });

    it("keeps the order in both directions, across the upgrade", async () => {
      const socket = await connect(server.url, options);
      const ticks = record(socket, "tick");
      socket.emit("flood", 500);
      for (let i = 0; i < 200; i++) socket.emit("count", i, Buffer.from(String(i)));
      assert.deepEqual(await call(socket, "count", 200, null), { received: 201, inOrder: true });
      await eventually(() => ticks.length >= 500, "500 ticks");
      assert.deepEqual(
        ticks.map(([i, copy]) => [i, copy?.toString()]),
        Array.from({ length: 500 }, (_, i) => [i, i % 10 === 0 ? String(i) : undefined]),
      );
    });

    it("joins namespaces on the same connection, and is refused by others", async () => {
      const main = await connect(server.url, options);
      const custom = sibling(main, "/custom", { auth: { at: "/custom" } });
      const greeting = next(custom, "auth");
      await connected(custom);
      assert.deepEqual(await greeting, [{ at: "/custom" }]);
      assert.deepEqual(await call(custom, "who"), { nsp: "/custom", id: custom.id });
      await assert.rejects(connected(sibling(main, "/absent")), { message: "Invalid namespace" });
      await assert.rejects(connected(sibling(main, "/guarded")), (error) => {
        assert.deepEqual([error.message, error.data], ["unauthorized", { code: 42 }]);
        return true;
      });
      await barrier(main);
    });

    it("disconnects by either side", async () => {
      const observer = await connect(server.url, options);
      for (const [end, told, reason] of [
        [(s) => s.disconnect(), "io client disconnect", "client namespace disconnect"],
        [(s) => s.emit("bye"), "io server disconnect", "server namespace disconnect"],
        [(s) => s.emit("kick"), "io server disconnect", "server namespace disconnect"],
      ]) {
        const socket = await connect(server.url, options);
        const { id } = socket;
        const lost = next(socket, "disconnect");
        end(socket);
        assert.equal((await lost)[0], told);
        assert.equal((await departure(observer, id)).reason, reason);
      }
    });

    // What the bytes are in a comment of their own: [message, why it is refused].
    const malformed = [
      ["c1", "a byte that the format does not use"],
      ["83a474797065", "ends within a map"],
      ["c0", "no map"],
      ["82a47479706509a36e7370a12f", "type 9"],
      ["82a47479706502a36e737001", "the namespace is a number"],
      ["83a47479706502a36e7370a12fa46461746180", "data of an event is a map"],
      ["83a47479706502a36e7370a12fa464617461c0c0", "bytes behind the packet"],
      ["dfffffffff", "a map of 4 billion entries"],
    ];
    for (const [hex, why] of malformed) {
      it(`closes the connection for a packet that is malformed: ${why}`, async () => {
        const observer = await connect(server.url, options);
        const socket = await connect(server.url, options);
        const { id } = socket;
        const lost = next(socket, "disconnect");
        socket.io.engine.write(Buffer.from(hex, "hex"));
        assert.ok(["transport close", "transport error"].includes((await lost)[0]));
        assert.equal((await departure(observer, id)).reason, "forced close");
      });
    }

    it("closes the connection for a packet of the default parser", async () => {
      const observer = await connect(server.url, options);
      const socket = await connect(server.url, options);
      const { id } = socket;
      socket.io.engine.write('2["message"]');
      assert.equal((await departure(observer, id)).reason, "forced close");
    });

    it("does not let in a client that uses the default parser", async () => {
      const socket = createSocket(server.url, { transports });
      const closed = new Promise((done) => socket.io.once("close", done));
      socket.connect();
      await closed;
      assert.equal(socket.connected, false);
      await barrier(await connect(server.url, options));
    });
  });
}
