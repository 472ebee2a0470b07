// SPDX-License-Identifier: MIT
//
// The same for clients of each version over each transport. What only some of them do is in
// own_ways.test.mjs.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  connected,
  departure,
  kTransports,
  next,
  record,
  sibling,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { kVersions } from "../support/clients.mjs";
import { useServer } from "../support/server.mjs";
import { eventually, within } from "../support/wait.mjs";

const kBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

const kArguments = {
  none: [],
  "values of each kind": [null, true, -1.5, "", "é😀\u2028", [[]], { a: { b: [1] } }],
  "bare binary": [kBytes],
  "no bytes": [Buffer.alloc(0)],
  "nested binary": [{ deep: [{ deeper: kBytes }] }, "between", [kBytes, Buffer.from("é")]],
};

function acknowledged(socket, event, ...args) {
  const answer = new Promise((done) => socket.emit(event, ...args, (...values) => done(values)));
  return within(answer, `answer to ${event}`);
}

function connecting({ server, options, facts, transports }) {
  it("speaks its revision of the protocol and ends up on the last transport", async () => {
    const socket = await connect(server.url, { ...options, query: { room: "a b&c=é" } });
    if (transports.includes("websocket")) await upgraded(socket);
    assert.equal(socket.io.engine.transport.name, transports.at(-1));
    const { query } = await call(socket, "handshake");
    assert.deepEqual(
      { EIO: query.EIO, transport: query.transport, room: query.room },
      { EIO: facts.revision, transport: transports[0], room: "a b&c=é" },
    );
  });

  it("agrees with the server on the socket's id", async () => {
    const socket = await connect(server.url, options);
    assert.deepEqual(await call(socket, "who"), { nsp: "/", id: socket.id });
  });

  it("outlives several heartbeats", async () => {
    const socket = await connect(server.url, options);
    const lost = record(socket, "disconnect");
    const beats = record(socket.io.engine, "pong");
    await eventually(() => beats.length >= 3, "three heartbeats");
    await barrier(socket);
    assert.deepEqual(lost, []);
  });
}

function events({ server, options }) {
  for (const [kind, args] of Object.entries(kArguments)) {
    it(`with ${kind} go there and back`, async () => {
      const socket = await connect(server.url, options);
      const back = next(socket, "message-back");
      socket.emit("message", ...args);
      assert.deepEqual(await back, args);
    });

    it(`with ${kind} are acknowledged by the server`, async () => {
      const socket = await connect(server.url, options);
      assert.deepEqual(await acknowledged(socket, "message-with-ack", ...args), args);
    });
  }

  it("are acknowledged by the client, also with binary", async () => {
    const socket = await connect(server.url, options);
    socket.on("question", (value, ack) => ack({ value, bin: kBytes }));
    const answered = next(socket, "answered");
    socket.emit("ask", kBytes);
    assert.deepEqual(await answered, [{ value: kBytes, bin: kBytes }, null]);
  });

  it("that the client does not acknowledge time out at the server", async () => {
    const socket = await connect(server.url, options);
    const answered = next(socket, "answered");
    socket.emit("ask");
    assert.deepEqual(await answered, [null, "operation has timed out"]);
  });

  it("keep their order in both directions, across the upgrade, text and binary", async () => {
    const socket = await connect(server.url, options);
    const ticks = record(socket, "tick");
    socket.emit("flood", 500);
    for (let i = 0; i < 200; i++) {
      if (i % 10 === 0) socket.emit("count", i, Buffer.from(String(i)));
      else socket.emit("count", i);
    }
    assert.deepEqual(await call(socket, "count", 200, null), { received: 201, inOrder: true });
    await eventually(() => ticks.length >= 500, "500 ticks");
    assert.deepEqual(
      ticks.map(([i, copy]) => [i, copy?.toString()]),
      Array.from({ length: 500 }, (_, i) => [i, i % 10 === 0 ? String(i) : undefined]),
    );
  });

  it("go to rooms and to everyone but the sender", async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect(server.url, options)));
    const seen = [a, b, c].map((socket) => [record(socket, "room"), record(socket, "broadcast")]);
    await call(a, "join", "r");
    await call(b, "join", "r");
    a.emit("to", "r", { bin: kBytes });
    a.emit("broadcast", "text");
    await barrier(a);
    await Promise.all([barrier(b), barrier(c)]);
    assert.deepEqual(seen, [
      [[], []],
      [[[{ bin: kBytes }]], [["text"]]],
      [[], [["text"]]],
    ]);
  });
}

function namespaces({ server, options }) {
  it("share a connection, keep apart, and can be left and joined again", async () => {
    const main = await connect(server.url, options);
    const custom = sibling(main, "/custom");
    await connected(custom);
    assert.deepEqual(await call(custom, "who"), { nsp: "/custom", id: custom.id });
    assert.notEqual(custom.id, main.id);

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

  it("may take their time to accept", async () => {
    const socket = await connect(`${server.url}/slow`, options);
    assert.deepEqual(await call(socket, "who"), { nsp: "/slow", id: socket.id });
  });
}

function disconnecting({ server, options }) {
  const endings = [
    {
      title: "by the client's disconnect()",
      end: (socket) => socket.disconnect(),
      told: ["io client disconnect", "client namespace disconnect"],
    },
    {
      title: "by the server's disconnect()",
      end: (socket) => socket.emit("bye"),
      told: ["io server disconnect", "server namespace disconnect"],
    },
    {
      title: "by the server's disconnect(true)",
      end: (socket) => socket.emit("kick"),
      told: ["io server disconnect", "server namespace disconnect"],
    },
    {
      title: "by the client's connection closing",
      end: (socket) => socket.io.engine.close(),
      told: ["forced close", "transport close"],
    },
  ];
  for (const { title, end, told } of endings) {
    it(title, async () => {
      const observer = await connect(server.url, options);
      const socket = await connect(server.url, options);
      const { id } = socket;
      const lost = next(socket, "disconnect");
      end(socket);
      assert.equal((await lost)[0], told[0]);
      assert.equal((await departure(observer, id)).reason, told[1]);
    });
  }

  it("the client comes back by itself with a new id", async () => {
    const reconnecting = { ...options, reconnection: true, reconnectionDelay: 10 };
    const socket = await connect(server.url, reconnecting);
    const { id } = socket;
    const again = next(socket, "connect");
    socket.io.engine.close();
    await again;
    assert.notEqual(socket.id, id);
    assert.deepEqual(await call(socket, "who"), { nsp: "/", id: socket.id });
  });

  it("the client may connect again after a kick", async () => {
    const socket = await connect(server.url, options);
    const closed = next(socket.io.engine, "close");
    socket.emit("kick");
    await closed;
    await connected(socket);
    await barrier(socket);
  });
}

for (const [version, facts] of Object.entries(kVersions)) {
  for (const [name, transports] of Object.entries(kTransports)) {
    describe(`client ${version} over ${name}`, () => {
      const server = useServer("socketio", ...facts.server);
      useClients();
      const context = { server, options: { client: facts.client, transports }, facts, transports };
      for (const topic of [connecting, events, namespaces, disconnecting]) {
        describe(topic.name, () => topic(context));
      }
    });
  }
}
