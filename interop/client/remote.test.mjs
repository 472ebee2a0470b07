// SPDX-License-Identifier: MIT
//
// What a server does to the clients that a selection of rooms gives: look at them, move them, speak
// to each, and send them away.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  beside,
  call,
  connect,
  connected,
  departure,
  next,
  oneOfEach,
  record,
  sibling,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";

const kBytes = Buffer.from("é");

function described(sockets, rooms, data) {
  return sockets
    .map((socket, i) => ({
      id: socket.id,
      rooms: [socket.id, ...rooms].sort(),
      data: data[i],
      auth: { i },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

describe("clients selected by room", () => {
  const server = useServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
  useClients();

  async function three() {
    return Promise.all([0, 1, 2].map((i) => connect(server.url, { auth: { i } })));
  }

  it("are fetched with id, rooms, data and handshake", async () => {
    const sockets = await three();
    const data = [{ name: "a", bin: kBytes }, "b", [1]];
    for (const [i, socket] of sockets.entries()) {
      await call(socket, "set-data", data[i]);
      await call(socket, "join", "r");
    }
    assert.deepEqual(await call(sockets[0], "fetch", null), described(sockets, ["r"], data));
    assert.deepEqual(await call(sockets[0], "fetch", "r"), described(sockets, ["r"], data));
    assert.deepEqual(await call(sockets[0], "fetch", "empty"), []);
    const [one] = await call(sockets[0], "fetch", sockets[1].id);
    assert.equal(one.id, sockets[1].id);
  });

  it("are no longer fetched once they have left", async () => {
    const [a, b] = await three();
    const { id } = b;
    b.disconnect();
    await departure(a, id);
    const ids = (await call(a, "fetch", null)).map((socket) => socket.id);
    assert.equal(ids.includes(id), false);
    assert.equal(ids.includes(a.id), true);
  });

  it("join and leave rooms together", async () => {
    const sockets = await three();
    for (const socket of sockets.slice(1)) await call(socket, "join", "r");
    await call(sockets[0], "sockets-join", "r", ["x", "y"]);
    await barrier(sockets[0]);
    assert.deepEqual(await call(sockets[0], "rooms"), [sockets[0].id]);
    for (const socket of sockets.slice(1)) {
      assert.deepEqual(await call(socket, "rooms"), [socket.id, "r", "x", "y"].sort());
    }
    await call(sockets[0], "sockets-leave", "x", ["x", "r", "never joined"]);
    await barrier(sockets[0]);
    for (const socket of sockets.slice(1)) {
      assert.deepEqual(await call(socket, "rooms"), [socket.id, "y"].sort());
    }
    await call(sockets[0], "sockets-join", null, ["all"]);
    assert.deepEqual(await call(sockets[0], "rooms"), [sockets[0].id, "all"].sort());
  });

  for (const close of [false, true]) {
    it(`are disconnected, and the others stay (close: ${close})`, async () => {
      const sockets = await oneOfEach(server.url);
      const siblings = sockets.map((socket) => sibling(socket, "/custom"));
      await Promise.all(siblings.map(connected));
      const kept = await connect(server.url);
      for (const socket of sockets) await call(socket, "join", "r");
      const ids = sockets.map(({ id }) => id);
      const leaving = close ? [...sockets, ...siblings] : sockets;
      const lost = Promise.all(leaving.map((socket) => next(socket, "disconnect")));
      kept.emit("disconnect-sockets", "r", close);
      for (const [reason] of await lost) assert.equal(reason, "io server disconnect");
      for (const id of ids) {
        assert.equal((await departure(kept, id)).reason, "server namespace disconnect");
      }
      if (!close) await Promise.all(siblings.map(barrier));
      await barrier(kept);
    });
  }

  it("get what their RemoteSocket emits, and answer it", async () => {
    const sockets = await oneOfEach(server.url);
    for (const socket of sockets) {
      const got = next(socket, "remote");
      sockets[0].emit("remote-emit", socket.id, "text", { bin: kBytes });
      assert.deepEqual(await got, ["text", { bin: kBytes }]);

      socket.on("question", (value, ack) => ack({ back: value }));
      assert.deepEqual(await call(sockets[0], "remote-ask", socket.id, 4000, kBytes), {
        error: null,
        answer: { back: kBytes },
      });
    }
  });

  it("that do not answer their RemoteSocket time out", async () => {
    const [a, b] = await three();
    assert.deepEqual(await call(a, "remote-ask", b.id, 200), {
      error: "operation has timed out",
      answer: null,
    });
    await barrier(b);
  });

  it("are moved and disconnected by their RemoteSocket", async () => {
    const [a, b] = await three();
    await call(a, "remote-join", b.id, "x");
    await barrier(a);
    assert.deepEqual(await call(b, "rooms"), [b.id, "x"].sort());
    await call(a, "remote-leave", b.id, "x");
    await barrier(a);
    assert.deepEqual(await call(b, "rooms"), [b.id]);
    const custom = sibling(b, "/custom");
    await connected(custom);
    const lost = next(b, "disconnect");
    a.emit("remote-disconnect", b.id, false);
    assert.equal((await lost)[0], "io server disconnect");
    await barrier(custom);
    await connected(b);
    const both = Promise.all([next(b, "disconnect"), next(custom, "disconnect")]);
    a.emit("remote-disconnect", b.id, true);
    for (const [reason] of await both) assert.equal(reason, "io server disconnect");
    await barrier(a);
  });

  it("are the union of the rooms without the union of the excepted, each once", async () => {
    const sockets = await Promise.all([0, 1, 2, 3, 4].map(() => connect(server.url)));
    const rooms = [["a"], ["a", "b"], ["b", "x"], ["a", "b", "y"], []];
    for (const [i, names] of rooms.entries()) {
      for (const room of names) await call(sockets[i], "join", room);
    }
    const seen = sockets.map((socket) => record(socket, "room"));
    const counts = async () => {
      await barrier(sockets[0]);
      await Promise.all(sockets.map(barrier));
      return seen.map((events) => events.splice(0).length);
    };
    sockets[0].emit("select", ["a", "b"], [], 1);
    assert.deepEqual(await counts(), [1, 1, 1, 1, 0]);
    sockets[0].emit("select", ["a", "b"], ["x", "y"], 2);
    assert.deepEqual(await counts(), [1, 1, 0, 0, 0]);
    sockets[0].emit("select", [], ["a"], 3);
    assert.deepEqual(await counts(), [0, 0, 1, 0, 1]);
    sockets[0].emit("select", ["a", sockets[4].id], [sockets[0].id], 4);
    assert.deepEqual(await counts(), [0, 1, 0, 1, 1]);
    sockets[0].emit("select", ["nobody"], [], 5);
    assert.deepEqual(await counts(), [0, 0, 0, 0, 0]);
  });

  it("are reached through local, too", async () => {
    const a = await connect(server.url);
    const b = await connect(server.url, beside(a));
    await call(b, "join", "r");
    const got = next(b, "room");
    a.emit("local-to", "r", 1);
    assert.deepEqual(await got, [1]);
  });
});
