// SPDX-License-Identifier: MIT
//
// What a server's socket puts between an event and its handler: packet middlewares, catch-all
// listeners, listeners that run once or are taken away. The server keeps a log of what ran.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { call, connect, kTransports, next, record, useClients } from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";

const kBytes = Buffer.from("é");

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`packet middlewares over ${name}`, () => {
    const server = useServer("socketio");
    useClients();
    const open = () => connect(`${server.url}/filtered`, { transports });

    it("pass events on, with binary and acknowledgement", async () => {
      const socket = await open();
      assert.deepEqual(await call(socket, "plain", { bin: kBytes }), { bin: kBytes });
      assert.deepEqual(await call(socket, "log"), [["plain", { bin: kBytes }]]);
    });

    it("drop an event with an error that only the server is told", async () => {
      const socket = await open();
      const told = [];
      socket.onAny((event) => told.push(event));
      const lost = record(socket, "disconnect");
      socket.emit("deny", 1, () => told.push("acknowledged"));
      assert.deepEqual(await call(socket, "log"), [["error", "denied", { name: "deny" }]]);
      assert.deepEqual([told, lost], [[], []]);
    });

    it("that never go on swallow the event and nothing else", async () => {
      const socket = await open();
      socket.emit("swallow");
      socket.emit("plain", 1);
      const log = await call(socket, "log");
      // The server may be told of it.
      assert.deepEqual(
        log.filter(([kind]) => kind !== "error"),
        [["plain", 1]],
      );
    });

    it("may change the arguments", async () => {
      const socket = await open();
      assert.equal(await call(socket, "rewrite", "original"), "rewritten");
    });

    it("may go on later", async () => {
      const socket = await open();
      assert.equal(await call(socket, "later", 1), 1);
    });

    it("do not run handlers for who has left meanwhile", async () => {
      const other = await open();
      const before = await call(other, "late-runs");
      const socket = await open();
      socket.emit("later", 1);
      socket.disconnect();
      // Takes as long, and begins after that.
      await call(other, "later", 2);
      assert.equal(await call(other, "late-runs"), before + 1);
    });
  });

  describe(`catch-all listeners over ${name}`, () => {
    const server = useServer("socketio");
    useClients();
    const open = () => connect(`${server.url}/watched`, { transports });
    // Without the question itself, which the listeners see as well.
    const log = async (socket) =>
      (await call(socket, "log")).filter(([, event]) => event !== "log");

    it("see events before the handlers, in their order", async () => {
      const socket = await open();
      socket.emit("pair", 1, { bin: kBytes });
      assert.deepEqual(await log(socket), [
        ["first", "pair", 1, { bin: kBytes }],
        ["any", "pair", 1, { bin: kBytes }],
        ["handler", "one"],
        ["handler", "two"],
      ]);
    });

    it("see events that nobody handles", async () => {
      const socket = await open();
      socket.emit("nobody listens", null);
      assert.deepEqual(await log(socket), [
        ["first", "nobody listens", null],
        ["any", "nobody listens", null],
      ]);
    });

    it("see what is emitted, to the socket and to all, but no acknowledgements", async () => {
      const socket = await open();
      const back = record(socket, "back");
      socket.emit("emit-back", 1);
      socket.emit("broadcast-back", kBytes);
      await eventually(() => back.length === 2, "both events");
      const outgoing = (await log(socket)).filter(([kind]) => kind === "outgoing");
      assert.deepEqual(outgoing, [
        ["outgoing", "back", 1],
        ["outgoing", "back", kBytes],
      ]);
    });

    it("are taken away one by one, or all of them", async () => {
      const socket = await open();
      await call(socket, "off-any");
      socket.emit("pair");
      await call(socket, "off-all-any");
      socket.emit("pair");
      const back = next(socket, "back");
      socket.emit("emit-back");
      await back;
      const seen = await log(socket);
      assert.deepEqual(
        seen.filter(([, event]) => !event.startsWith("off-")),
        [
          ["first", "pair"],
          ["handler", "one"],
          ["handler", "two"],
          ["handler", "one"],
          ["handler", "two"],
        ],
      );
    });
  });

  describe(`listeners over ${name}`, () => {
    const server = useServer("socketio");
    useClients();
    const handled = async (socket) =>
      (await call(socket, "log")).filter(([kind]) => kind === "handler").map(([, what]) => what);

    it("of once() run once", async () => {
      const socket = await connect(`${server.url}/watched`, { transports });
      socket.emit("once");
      socket.emit("once");
      assert.deepEqual(await handled(socket), ["once"]);
    });

    it("are taken away one by one", async () => {
      const socket = await connect(`${server.url}/watched`, { transports });
      socket.emit("pair");
      await call(socket, "off-two");
      socket.emit("pair");
      assert.deepEqual(await handled(socket), ["one", "two", "one"]);
    });
  });
}
