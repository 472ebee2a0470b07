// SPDX-License-Identifier: MIT
//
// Who ended it and why, as either side is told.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  connected,
  kTransports,
  next,
  sibling,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { startServer, useServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";

async function disconnects(socket, id) {
  const log = await call(socket, "last-disconnect");
  return log.filter((entry) => entry.id === id);
}

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`disconnecting over ${name}`, () => {
    const server = useServer("socketio");
    useClients();

    // Both events, and the rooms that are still known in the first and gone in the second.
    async function assertReason(observer, id, reason, rooms = [id]) {
      const entries = await eventually(async () => {
        const found = await disconnects(observer, id);
        return found.length === 2 && found;
      }, `disconnect of ${id}`);
      assert.deepEqual(entries, [
        { nsp: "/", id, event: "disconnecting", reason, rooms: [...rooms].sort() },
        { nsp: "/", id, event: "disconnect", reason, rooms: [] },
      ]);
    }

    it("by the client's disconnect()", async () => {
      const observer = await connect(server.url);
      const socket = await connect(server.url, { transports });
      const { id } = socket;
      await call(socket, "join", "room");
      const lost = next(socket, "disconnect");
      socket.disconnect();
      assert.equal((await lost)[0], "io client disconnect");
      await assertReason(observer, id, "client namespace disconnect", [id, "room"]);
    });

    it("by the server's disconnect()", async () => {
      const observer = await connect(server.url);
      const socket = await connect(server.url, { transports });
      const { id } = socket;
      const lost = next(socket, "disconnect");
      socket.emit("bye");
      assert.equal((await lost)[0], "io server disconnect");
      await assertReason(observer, id, "server namespace disconnect");
    });

    it("by the server's disconnect(true)", async () => {
      const observer = await connect(server.url);
      const socket = await connect(server.url, { transports });
      const { id } = socket;
      const lost = next(socket, "disconnect");
      const closed = next(socket.io.engine, "close");
      socket.emit("kick");
      assert.equal((await lost)[0], "io server disconnect");
      await closed;
      await assertReason(observer, id, "server namespace disconnect");
    });

    it("by the client's connection closing", async () => {
      const observer = await connect(server.url);
      const socket = await connect(server.url, { transports });
      const { id } = socket;
      socket.io.engine.close();
      await assertReason(observer, id, "transport close");
    });

    it("by a packet that breaks the protocol, and the client comes back by itself", async () => {
      const observer = await connect(server.url);
      const options = { transports, reconnection: true, reconnectionDelay: 10 };
      const socket = await connect(server.url, options);
      const { id } = socket;
      const lost = next(socket, "disconnect");
      const again = next(socket, "connect");
      socket.io.engine.write("9 is no packet type");
      assert.ok(["transport close", "transport error"].includes((await lost)[0]));
      await assertReason(observer, id, "forced close");
      await again;
      assert.notEqual(socket.id, id);
      assert.deepEqual(await call(socket, "who"), { nsp: "/", id: socket.id });
    });

    it("after a kick the client may connect again", async () => {
      const socket = await connect(server.url, { transports });
      const { id } = socket;
      const lost = next(socket, "disconnect");
      socket.emit("kick");
      await lost;
      await connected(socket);
      assert.notEqual(socket.id, id);
      await barrier(socket);
    });

    it("leaving a namespace keeps the connection", async () => {
      const main = await connect(server.url, { transports });
      const custom = sibling(main, "/custom");
      await connected(custom);
      const lost = next(custom, "disconnect");
      custom.emit("bye");
      assert.equal((await lost)[0], "io server disconnect");
      await barrier(main);
    });

    it("kicked from one namespace is kicked from all", async () => {
      const main = await connect(server.url, { transports });
      const custom = sibling(main, "/custom");
      await connected(custom);
      const lost = Promise.all([next(main, "disconnect"), next(custom, "disconnect")]);
      custom.emit("kick");
      for (const [reason] of await lost) assert.equal(reason, "io server disconnect");
    });
  });
}

describe("stopping the server", () => {
  useClients();

  for (const [name, transports] of Object.entries(kTransports)) {
    it(`closes the connection of a client over ${name}`, async () => {
      const server = await startServer("socketio");
      let socket;
      try {
        socket = await connect(server.url, { transports });
        if (transports.includes("websocket")) await upgraded(socket);
      } catch (error) {
        await server.stop();
        throw error;
      }
      const lost = next(socket, "disconnect");
      await server.stop();
      // Between two polls there is no request by which a client could be told.
      const reasons =
        transports.length === 1 && transports[0] === "polling"
          ? ["transport close", "transport error"]
          : ["transport close"];
      assert.ok(reasons.includes((await lost)[0]));
    });
  }
});
