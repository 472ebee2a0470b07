// SPDX-License-Identifier: MIT
//
// What clients of some versions do and see in a way of their own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  connected,
  createSocket,
  departure,
  kTransports,
  next,
  sibling,
  useClients,
} from "../support/client.mjs";
import { kVersions } from "../support/clients.mjs";
import { useServer } from "../support/server.mjs";

for (const version of ["4.8", "3.1"]) {
  for (const [name, transports] of Object.entries(kTransports)) {
    describe(`client ${version} over ${name}: as since 3.0`, () => {
      const server = useServer("socketio");
      useClients();
      const options = { client: kVersions[version].client, transports };

      it("the socket's id is not the session's", async () => {
        const socket = await connect(server.url, options);
        assert.match(socket.id, /^[\w-]{20}$/);
        assert.notEqual(socket.id, socket.io.engine.id);
      });

      it("auth is sent per namespace", async () => {
        const main = createSocket(server.url, { ...options, auth: { at: "/" } });
        const custom = sibling(main, "/custom", { auth: { at: "/custom" } });
        const greetings = Promise.all([next(main, "auth"), next(custom, "auth")]);
        await Promise.all([connected(main), connected(custom)]);
        assert.deepEqual(await greetings, [[{ at: "/" }], [{ at: "/custom" }]]);
      });

      it("a middleware refuses with an Error that has data, and accepts later", async () => {
        const socket = createSocket(`${server.url}/guarded`, {
          ...options,
          auth: { token: "guess" },
        });
        await assert.rejects(connected(socket), (error) => {
          assert.ok(error instanceof Error);
          assert.deepEqual([error.message, error.data], ["unauthorized", { code: 42 }]);
          return true;
        });
        assert.equal(socket.connected, false);
        socket.auth = { token: "secret" };
        await connected(socket);
        assert.deepEqual(await call(socket, "who"), { nsp: "/guarded", id: socket.id });
      });

      it("an unknown namespace is refused with an Error, and the connection stays", async () => {
        const main = await connect(server.url, options);
        await assert.rejects(connected(sibling(main, "/absent")), {
          message: "Invalid namespace",
        });
        await barrier(main);
      });
    });
  }
}

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`client 2.5 over ${name}: as before 3.0`, () => {
    const facts = kVersions["2.5"];
    const server = useServer("socketio", ...facts.server);
    useClients();
    const options = { client: facts.client, transports };

    // What connected() fails with is no Error here, so assert.rejects() would complain.
    const refusal = (socket) =>
      connected(socket).then(
        () => assert.fail("was not refused"),
        (reason) => reason,
      );

    it("the socket's id is the session's, behind the name of the namespace", async () => {
      const main = await connect(server.url, options);
      assert.equal(main.id, main.io.engine.id);
      const custom = sibling(main, "/custom");
      await connected(custom);
      assert.equal(custom.id, `/custom#${main.io.engine.id}`);
    });

    it("the main namespace is always joined", async () => {
      const observer = await connect(server.url, options);
      const custom = await connect(`${server.url}/custom`, options);
      const session = custom.io.engine.id;
      custom.io.engine.close();
      await departure(observer, session);
      await departure(observer, `/custom#${session}`);
    });

    it("the query of a namespace counts as auth", async () => {
      const main = await connect(server.url, options);
      for (const query of ["at=a%20b&token=t", { at: "a b", token: "t" }]) {
        const custom = sibling(main, "/custom", { query });
        const greeting = next(custom, "auth");
        await connected(custom);
        assert.deepEqual(await greeting, [{ at: "a b", token: "t" }]);
        custom.disconnect();
        await barrier(main);
        delete main.io.nsps["/custom"];
      }
    });

    it("a middleware refuses with nothing but data, and accepts later", async () => {
      const main = await connect(server.url, options);
      const guarded = sibling(main, "/guarded", { query: { token: "guess" } });
      assert.deepEqual(await refusal(guarded), { code: 42 });
      await barrier(main);
      delete main.io.nsps["/guarded"];
      const again = sibling(main, "/guarded", { query: { token: "secret" } });
      await connected(again);
      assert.deepEqual(await call(again, "who"), { nsp: "/guarded", id: again.id });
    });

    it("an unknown namespace is refused with an object, and the connection stays", async () => {
      const main = await connect(server.url, options);
      const reason = await refusal(sibling(main, "/absent"));
      assert.deepEqual(reason, { message: "Invalid namespace" });
      await barrier(main);
    });
  });
}

describe("a server without --allow-eio3", () => {
  const server = useServer("socketio");
  useClients();

  for (const [name, transports] of Object.entries(kTransports)) {
    it(`refuses client 2.5 over ${name}`, async () => {
      const socket = createSocket(server.url, { client: kVersions["2.5"].client, transports });
      await assert.rejects(connected(socket), /xhr poll error|websocket error/);
    });
  }
});
