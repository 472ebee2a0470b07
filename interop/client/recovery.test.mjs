// SPDX-License-Identifier: MIT
//
// Connection state recovery: a client whose connection broke comes back as if nothing had happened.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  connected,
  createSocket,
  departure,
  departures,
  kTransports,
  next,
  record,
  sibling,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { eventually, sleep } from "../support/wait.mjs";

const kBytes = Buffer.from("é");
const kLong = 60_000;

// The client knows an offset once it has received an event.
async function ready(url, options) {
  const socket = await connect(url, options);
  const back = next(socket, "message-back");
  socket.emit("message", "first");
  await back;
  return socket;
}

// Breaks the connection and waits until the server has noticed.
async function drop(socket, observer) {
  const { id } = socket;
  const times = async () => (await departures(observer, id)).length;
  const before = await times();
  socket.io.engine.close();
  await eventually(async () => (await times()) > before, `disconnect of ${id}`);
}

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`recovery over ${name}`, () => {
    const server = useServer("socketio", "--recovery", kLong);
    useClients();
    const options = { transports };

    it("gives back id, rooms and data, and skips the middlewares", async () => {
      const observer = await connect(server.url);
      const socket = await ready(server.url, options);
      if (transports.includes("websocket")) await upgraded(socket);
      const { id } = socket;
      assert.equal(socket.recovered, false);
      await call(socket, "join", "r");
      await call(socket, "set-data", { name: "n", bin: kBytes });
      const { middlewareRuns } = await call(observer, "recovery");

      await drop(socket, observer);
      assert.equal((await call(observer, "fetch", id)).length, 0);
      await connected(socket);
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      assert.deepEqual(await call(socket, "who"), { nsp: "/", id });
      assert.deepEqual(await call(socket, "rooms"), [id, "r"].sort());
      assert.deepEqual(await call(socket, "recovery"), {
        recovered: true,
        data: { name: "n", bin: kBytes },
        middlewareRuns,
      });
    });

    it("sends what was missed, once each, in order, and nothing that was not for it", async () => {
      const observer = await connect(server.url);
      const socket = await ready(server.url, options);
      await call(socket, "join", "r");
      const seen = record(socket, "room");
      observer.emit("in", "r", "before");
      await barrier(observer);
      await barrier(socket);
      const { id } = socket;
      await drop(socket, observer);

      observer.emit("in", "r", 1, { bin: kBytes });
      observer.emit("in", "other", "not in that room");
      observer.emit("select", ["r", "other"], [], 2);
      observer.emit("select", [], ["r"], "excepted");
      observer.emit("select", [], [], 3);
      observer.emit("volatile-to", "r", "volatile");
      observer.emit("to", id, 4);
      for (let i = 5; i < 50; i++) observer.emit("to", "r", i);
      await barrier(observer);

      const strays = record(socket, "v");
      await connected(socket);
      assert.equal(socket.recovered, true);
      await barrier(socket);
      const values = seen.map(([value]) => value);
      assert.deepEqual(values, ["before", ...Array.from({ length: 49 }, (_, i) => i + 1)]);
      assert.deepEqual(seen[1][1], { bin: kBytes });
      assert.deepEqual(strays, []);

      // And goes on as usual.
      observer.emit("in", "r", "after");
      await barrier(observer);
      await barrier(socket);
      assert.deepEqual(seen.at(-1)[0], "after");
      assert.equal(seen.length, 51);
    });

    it("works again and again", async () => {
      const observer = await connect(server.url);
      const socket = await ready(server.url, options);
      const { id } = socket;
      await call(socket, "join", "r");
      const seen = record(socket, "room");
      for (let i = 0; i < 5; i++) {
        await drop(socket, observer);
        observer.emit("in", "r", i);
        await barrier(observer);
        await connected(socket);
        assert.deepEqual([socket.recovered, socket.id], [true, id]);
      }
      assert.deepEqual(
        seen.map(([value]) => value),
        [0, 1, 2, 3, 4],
      );
    });

    it("is per namespace", async () => {
      const observer = await connect(server.url);
      const main = await ready(server.url, options);
      const custom = sibling(main, "/custom");
      const greeting = next(custom, "auth");
      await connected(custom);
      await greeting;
      const ids = [main.id, custom.id];
      await drop(main, observer);
      await Promise.all([connected(main), connected(custom)]);
      assert.deepEqual([main.id, custom.id], ids);
      assert.deepEqual([main.recovered, custom.recovered], [true, true]);
    });

    it("is not for who left by intent, of either side", async () => {
      const observer = await connect(server.url);
      for (const leave of [(s) => s.disconnect(), (s) => s.emit("bye"), (s) => s.emit("kick")]) {
        const socket = await ready(server.url, options);
        const { id } = socket;
        const lost = next(socket, "disconnect");
        leave(socket);
        await lost;
        await departure(observer, id);
        await connected(socket);
        assert.equal(socket.recovered, false);
        assert.notEqual(socket.id, id);
      }
    });
  });
}

describe("recovery of one session", () => {
  const server = useServer("socketio", "--recovery", kLong);
  useClients();

  // A stranger who knows what only the owner should know.
  const impostor = (socket) =>
    createSocket(server.url, { auth: { pid: socket._pid, offset: socket._lastOffset } });

  it("is possible once", async () => {
    const observer = await connect(server.url);
    const socket = await ready(server.url);
    const { id } = socket;
    const second = impostor(socket);
    await drop(socket, observer);
    await connected(socket);
    assert.deepEqual([socket.recovered, socket.id], [true, id]);

    await connected(second);
    assert.notEqual(second.id, id);
    assert.equal((await call(second, "recovery")).recovered, false);
    await barrier(socket);
  });

  it("is not possible while its owner is connected", async () => {
    const socket = await ready(server.url);
    const second = impostor(socket);
    await connected(second);
    assert.notEqual(second.id, socket.id);
    assert.equal((await call(second, "recovery")).recovered, false);
    await barrier(socket);
  });

  it("goes to one of several who ask for it at the same moment", async () => {
    const observer = await connect(server.url);
    const socket = await ready(server.url);
    const { id } = socket;
    const others = Array.from({ length: 5 }, () => impostor(socket));
    await drop(socket, observer);
    await Promise.all(others.map(connected));
    assert.equal(others.filter((other) => other.id === id).length, 1);
    assert.equal(new Set(others.map((other) => other.id)).size, others.length);
  });

  it("needs an offset and a pid that the server knows", async () => {
    const observer = await connect(server.url);
    const bad = [
      (pid) => ({ pid, offset: "unknown" }),
      (pid, offset) => ({ pid: "unknown", offset }),
      (pid) => ({ pid }),
      (pid, offset) => ({ pid: [pid], offset }),
      (pid) => ({ pid, offset: { toString: 1 } }),
    ];
    for (const make of bad) {
      const socket = await ready(server.url);
      const { id } = socket;
      const auth = make(socket._pid, socket._lastOffset);
      await drop(socket, observer);
      const other = await connect(server.url, { auth });
      assert.notEqual(other.id, id);
      assert.equal((await call(other, "recovery")).recovered, false);
    }
  });

  it("does not happen to a client that has not received anything", async () => {
    const observer = await connect(server.url);
    const socket = await connect(`${server.url}/slow`);
    const { id } = socket;
    await drop(socket, observer);
    await connected(socket);
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
  });
});

describe("recovery of a session that has expired", () => {
  const server = useServer("socketio", "--recovery", 100);
  useClients();

  it("does not happen: the client begins anew, without rooms, data or missed events", async () => {
    const observer = await connect(server.url);
    const socket = await ready(server.url);
    const { id } = socket;
    await call(socket, "join", "r");
    await call(socket, "set-data", "old");
    const seen = record(socket, "room");
    await drop(socket, observer);
    observer.emit("in", "r", "missed");
    await barrier(observer);
    await sleep(500);
    await connected(socket);
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
    assert.deepEqual(await call(socket, "rooms"), [socket.id]);
    assert.notEqual((await call(socket, "recovery")).data, "old");
    assert.deepEqual(seen, []);
  });
});

describe("recovery with --recovery-middlewares", () => {
  const server = useServer("socketio", "--recovery", kLong, "--recovery-middlewares");
  useClients();

  it("asks the middlewares again", async () => {
    const observer = await connect(server.url);
    const socket = await ready(server.url);
    const { id } = socket;
    const before = (await call(socket, "recovery")).middlewareRuns;
    await drop(socket, observer);
    await connected(socket);
    assert.deepEqual([socket.recovered, socket.id], [true, id]);
    const after = await call(socket, "recovery");
    assert.deepEqual([after.recovered, after.middlewareRuns], [true, before + 1]);
  });
});

describe("without --recovery", () => {
  const server = useServer("socketio");
  useClients();

  it("events carry nothing extra, and nobody is recovered", async () => {
    const observer = await connect(server.url);
    const socket = await connect(server.url);
    const { id } = socket;
    const back = next(socket, "message-back");
    socket.emit("message", 1);
    assert.deepEqual(await back, [1]);
    assert.equal(socket._pid, undefined);
    await drop(socket, observer);
    await connected(socket);
    assert.ok(!socket.recovered);
    assert.notEqual(socket.id, id);
  });
});
