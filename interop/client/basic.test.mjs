// SPDX-License-Identifier: MIT
//
// What applications do, by the stock client over each transport.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  connected,
  createSocket,
  kTransports,
  next,
  record,
  sibling,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { eventually, within } from "../support/wait.mjs";

const kTexts = [
  "",
  "ascii",
  "Ä ä Ü ü ß",
  "てすと",
  "Я Б Г Д Ж Й",
  "😀👩‍👩‍👧‍👦",
  'quotes " and \\ backslashes / slashes',
  "\u0000\u0001\u001e\u001f\b\f\n\r\t",
  "\u2028\u2029\ufeff\uffff",
];

const kValues = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  5e-324,
  1.7976931348623157e308,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  [],
  {},
  [[[]], [{}], { a: [] }],
  { a: 1, "": 2, "key with space": { b: [1, "2", null, false] } },
  { _placeholder: true, num: 0 },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  ...kTexts,
];

const kBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`connecting by ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    it("gives the socket an id of its own", async () => {
      const socket = await connect(server.url, { transports });
      assert.match(socket.id, /^[\w-]{20}$/);
      assert.notEqual(socket.id, socket.io.engine.id);
      assert.deepEqual(await call(socket, "who"), { nsp: "/", id: socket.id });
    });

    it("hands over auth and query", async () => {
      const auth = { token: "t", deep: { list: [1, null], text: "é" } };
      const socket = createSocket(server.url, { transports, auth, query: { room: "a b&c=é" } });
      const greeting = next(socket, "auth");
      await connected(socket);
      assert.deepEqual(await greeting, [auth]);
      const handshake = await call(socket, "handshake");
      assert.deepEqual(handshake.auth, auth);
      const { room, EIO, transport } = handshake.query;
      assert.deepEqual(
        { room, EIO, transport },
        { room: "a b&c=é", EIO: "4", transport: transports[0] },
      );
    });

    it("ends up on the last transport offered", async () => {
      const socket = await connect(server.url, { transports });
      if (transports.includes("websocket")) await upgraded(socket);
      assert.equal(socket.io.engine.transport.name, transports.at(-1));
    });

    it("outlives several heartbeats", async () => {
      const socket = await connect(server.url, { transports });
      let pings = 0;
      socket.io.on("ping", () => pings++);
      const lost = record(socket, "disconnect");
      await eventually(() => pings >= 3, "three pings");
      await barrier(socket);
      assert.deepEqual(lost, []);
    });
  });

  describe(`events over ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    it("carry every kind of JSON value there and back", async () => {
      const socket = await connect(server.url, { transports });
      for (const value of kValues) {
        const back = next(socket, "message-back");
        socket.emit("message", value);
        assert.deepEqual(await back, [value]);
      }
    });

    it("carry any number of arguments", async () => {
      const socket = await connect(server.url, { transports });
      for (const args of [[], [1], kValues]) {
        const back = next(socket, "message-back");
        socket.emit("message", ...args);
        assert.deepEqual(await back, args);
      }
    });

    it("carry binary, bare, nested and several at once", async () => {
      const socket = await connect(server.url, { transports });
      const cases = [
        [kBytes],
        [Buffer.alloc(0)],
        [{ deep: [{ deeper: kBytes }], beside: "text" }],
        [kBytes, "between", Buffer.alloc(0), { x: Buffer.from([7]) }, [Buffer.from("last")]],
        Array.from({ length: 10 }, (_, i) => Buffer.from([i])),
      ];
      for (const args of cases) {
        const back = next(socket, "message-back");
        socket.emit("message", ...args);
        assert.deepEqual(await back, args);
      }
    });

    it("carry typed arrays as their bytes", async () => {
      const socket = await connect(server.url, { transports });
      const words = new Uint16Array([1, 513]);
      for (const value of [words, words.buffer]) {
        const echo = await call(socket, "message-with-ack", value);
        assert.deepEqual(Buffer.from(echo), Buffer.from(words.buffer));
      }
    });

    it("without a handler are ignored", async () => {
      const socket = await connect(server.url, { transports });
      socket.emit("nobody listens", 1, kBytes);
      socket.emit("", 1);
      socket.emit("connection", 1);
      await barrier(socket);
    });

    it("carry 900 KB", async () => {
      const socket = await connect(server.url, { transports });
      const text = "0123456789".repeat(90_000);
      assert.equal(await call(socket, "message-with-ack", text), text);
      const bytes = Buffer.alloc(600_000, kBytes);
      assert.deepEqual(await call(socket, "message-with-ack", bytes), bytes);
    });

    it("over the limit end the connection", async () => {
      const socket = await connect(server.url, { transports });
      if (transports.includes("websocket")) await upgraded(socket);
      const lost = next(socket, "disconnect");
      socket.emit("message", "x".repeat(1_000_001));
      // Over polling both the refused POST and the held GET tell the client; either may be first.
      const reasons = transports.includes("websocket")
        ? ["transport close"]
        : ["transport error", "transport close"];
      assert.ok(reasons.includes((await lost)[0]));
    });
  });

  describe(`acknowledgements over ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    it("answer the client", async () => {
      const socket = await connect(server.url, { transports });
      const answer = new Promise((done) => {
        socket.emit("message-with-ack", 1, "2", { three: [true] }, (...args) => done(args));
      });
      assert.deepEqual(await within(answer, "answer"), [1, "2", { three: [true] }]);
    });

    it("may carry binary", async () => {
      const socket = await connect(server.url, { transports });
      assert.deepEqual(await call(socket, "message-with-ack", { bin: kBytes }), { bin: kBytes });
    });

    it("find their question when there are many", async () => {
      const socket = await connect(server.url, { transports });
      const answers = Array.from({ length: 200 }, (_, i) => call(socket, "message-with-ack", i));
      assert.deepEqual(
        await Promise.all(answers),
        Array.from({ length: 200 }, (_, i) => i),
      );
    });

    it("that never come time out at the client, and leave the connection alone", async () => {
      const socket = await connect(server.url, { transports });
      await assert.rejects(socket.timeout(100).emitWithAck("nobody listens"), /timed out/);
      await barrier(socket);
    });

    it("answer the server", async () => {
      const socket = await connect(server.url, { transports });
      socket.on("question", (a, b, ack) => ack({ sum: a + b, bin: kBytes }));
      const answered = next(socket, "answered");
      socket.emit("ask", 20, 22);
      assert.deepEqual(await answered, [{ sum: 42, bin: kBytes }, null]);
    });

    it("that never come time out at the server, and may come late", async () => {
      const socket = await connect(server.url, { transports });
      const question = next(socket, "question");
      const answered = next(socket, "answered");
      socket.emit("ask");
      const [ack] = await question;
      assert.deepEqual(await answered, [null, "operation has timed out"]);
      ack("too late");
      ack("twice");
      await barrier(socket);
    });
  });

  describe(`namespaces over ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    it("share one connection and keep apart", async () => {
      const main = createSocket(server.url, { transports, auth: { at: "/" } });
      const custom = sibling(main, "/custom", { auth: { at: "/custom" } });
      const greetings = Promise.all([next(main, "auth"), next(custom, "auth")]);
      await Promise.all([connected(main), connected(custom)]);
      assert.deepEqual(await greetings, [[{ at: "/" }], [{ at: "/custom" }]]);
      assert.notEqual(main.id, custom.id);
      assert.deepEqual(await call(main, "who"), { nsp: "/", id: main.id });
      assert.deepEqual(await call(custom, "who"), { nsp: "/custom", id: custom.id });

      const stray = record(custom, "message-back");
      const back = next(main, "message-back");
      main.emit("message", kBytes);
      assert.deepEqual(await back, [kBytes]);
      await barrier(custom);
      assert.deepEqual(stray, []);

      custom.disconnect();
      await barrier(main);
      await connected(custom);
      assert.deepEqual(await call(custom, "who"), { nsp: "/custom", id: custom.id });
    });

    it("that do not exist are refused, and the connection stays", async () => {
      const main = await connect(server.url, { transports });
      const absent = sibling(main, "/absent");
      await assert.rejects(connected(absent), (error) => {
        assert.deepEqual([error.message, error.data], ["Invalid namespace", undefined]);
        return true;
      });
      await barrier(main);
    });

    it("may refuse by a middleware, with message and data, and accept later", async () => {
      const socket = createSocket(`${server.url}/guarded`, {
        transports,
        auth: { token: "guess" },
      });
      await assert.rejects(connected(socket), (error) => {
        assert.deepEqual([error.message, error.data], ["unauthorized", { code: 42 }]);
        return true;
      });
      socket.auth = { token: "secret" };
      await connected(socket);
      assert.deepEqual(await call(socket, "who"), { nsp: "/guarded", id: socket.id });
    });

    it("may take their time to accept", async () => {
      const socket = await connect(`${server.url}/slow`, { transports });
      assert.deepEqual(await call(socket, "who"), { nsp: "/slow", id: socket.id });
    });
  });

  describe(`rooms over ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    async function three() {
      const open = () => connect(server.url, { transports });
      const sockets = await Promise.all([open(), open(), open()]);
      const seen = sockets.map((socket) => [record(socket, "room"), record(socket, "broadcast")]);
      return { sockets, seen };
    }

    // What each of them has received as [room events, broadcast events].
    async function received({ sockets, seen }) {
      await Promise.all(sockets.map(barrier));
      return seen.map(([room, broadcast]) => [room.length, broadcast.length]);
    }

    it("are known to their members", async () => {
      const socket = await connect(server.url, { transports });
      assert.deepEqual(await call(socket, "rooms"), [socket.id]);
      await call(socket, "join", "b");
      await call(socket, "join", "a");
      await call(socket, "join", "a");
      assert.deepEqual(await call(socket, "rooms"), [socket.id, "a", "b"].sort());
      await call(socket, "leave", "b");
      await call(socket, "leave", "never joined");
      assert.deepEqual(await call(socket, "rooms"), [socket.id, "a"].sort());
    });

    it("to() reaches the other members", async () => {
      const group = await three();
      const [a, b] = group.sockets;
      await call(a, "join", "r");
      await call(b, "join", "r");
      await call(a, "message-with-ack", 0);
      a.emit("to", "r", "text", { bin: kBytes });
      await barrier(a);
      assert.deepEqual(await received(group), [
        [0, 0],
        [1, 0],
        [0, 0],
      ]);
      assert.deepEqual(group.seen[1][0], [["text", { bin: kBytes }]]);
    });

    it("in() reaches all members, and nobody once they have left", async () => {
      const group = await three();
      const [a, b] = group.sockets;
      await call(a, "join", "r");
      await call(b, "join", "r");
      a.emit("in", "r", 1);
      await barrier(a);
      assert.deepEqual(await received(group), [
        [1, 0],
        [1, 0],
        [0, 0],
      ]);
      await call(a, "leave", "r");
      await call(b, "leave", "r");
      a.emit("in", "r", 2);
      await barrier(a);
      assert.deepEqual(await received(group), [
        [1, 0],
        [1, 0],
        [0, 0],
      ]);
    });

    it("except() reaches everyone else", async () => {
      const group = await three();
      const [a, b] = group.sockets;
      await call(b, "join", "r");
      a.emit("except", "r", 1);
      await barrier(a);
      assert.deepEqual(await received(group), [
        [1, 0],
        [0, 0],
        [1, 0],
      ]);
    });

    it("broadcast reaches everyone but the sender", async () => {
      const group = await three();
      group.sockets[0].emit("broadcast", "text", kBytes);
      await barrier(group.sockets[0]);
      assert.deepEqual(await received(group), [
        [0, 0],
        [0, 1],
        [0, 1],
      ]);
      assert.deepEqual(group.seen[2][1], [["text", kBytes]]);
    });

    it("a socket's id is a room of its own", async () => {
      const group = await three();
      const [a, b] = group.sockets;
      a.emit("to", b.id, "private");
      await barrier(a);
      assert.deepEqual(await received(group), [
        [0, 0],
        [1, 0],
        [0, 0],
      ]);
    });
  });
}

describe("many clients", () => {
  const server = useServer(
    "socketio",
    "--ping-interval",
    2000,
    "--ping-timeout",
    5000,
    "--connect-timeout",
    10_000,
  );
  useClients();

  it("200 connect at once, are answered, and hear one broadcast each", async () => {
    const kinds = Object.values(kTransports);
    const open = (_, i) =>
      connect(server.url, { transports: kinds[i % kinds.length], timeout: 10_000 });
    const sockets = await Promise.all(Array.from({ length: 200 }, open));
    assert.equal(new Set(sockets.map(({ id }) => id)).size, 200);
    const echoes = await Promise.all(
      sockets.map((socket, i) => call(socket, "message-with-ack", i)),
    );
    assert.deepEqual(
      echoes,
      Array.from({ length: 200 }, (_, i) => i),
    );
    const heard = sockets.map((socket) => record(socket, "broadcast"));
    sockets[0].emit("broadcast", "all of you");
    await barrier(sockets[0]);
    await Promise.all(sockets.map(barrier));
    assert.deepEqual(
      heard.map((list) => list.length),
      [0, ...Array(199).fill(1)],
    );
  });
});
