// SPDX-License-Identifier: MIT
//
// Namespaces that the server makes when a client asks for them. The fixture has three families:
// /dynamic-N by pattern, /private-* by a function that looks at auth, /later-* by one that takes
// its time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  beside,
  call,
  connect,
  connected,
  createSocket,
  kTransports,
  next,
  record,
  sibling,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`dynamic namespaces over ${name}`, () => {
    const server = useServer("socketio");
    useClients();
    const options = { transports };

    it("by pattern are made on demand and kept apart", async () => {
      const main = await connect(server.url, options);
      const one = sibling(main, "/dynamic-1");
      const two = sibling(main, "/dynamic-2");
      await Promise.all([connected(one), connected(two)]);
      assert.deepEqual(await call(one, "who"), { nsp: "/dynamic-1", id: one.id });
      assert.deepEqual(await call(two, "who"), { nsp: "/dynamic-2", id: two.id });

      const seen = [record(one, "hello"), record(two, "hello")];
      one.emit("to-own", 1);
      await Promise.all([barrier(one), barrier(two)]);
      assert.deepEqual(seen, [[[1]], []]);
    });

    it("that no pattern matches in whole are refused", async () => {
      const main = await connect(server.url, options);
      for (const absent of ["/dynamic-", "/dynamic-1a", "/x/dynamic-1", "/private-1"]) {
        await assert.rejects(connected(sibling(main, absent)), { message: "Invalid namespace" });
      }
      await barrier(main);
    });

    it("run the middlewares of the parent", async () => {
      const main = await connect(server.url, options);
      const refused = sibling(main, "/dynamic-3", { auth: { refuse: true } });
      await assert.rejects(connected(refused), { message: "refused by the parent" });
      refused.auth = {};
      await connected(refused);
      await barrier(refused);
    });

    it("all hear what is emitted on the parent, and nobody else does", async () => {
      const main = await connect(server.url, options);
      const children = ["/dynamic-4", "/dynamic-5"].map((nsp) => sibling(main, nsp));
      await Promise.all(children.map(connected));
      const seen = children.map((socket) => record(socket, "hello"));
      const stray = record(main, "hello");
      children[0].emit("to-all", Buffer.from("é"));
      await barrier(children[0]);
      await Promise.all([main, ...children].map(barrier));
      assert.deepEqual(seen, [[[Buffer.from("é")]], [[Buffer.from("é")]]]);
      assert.deepEqual(stray, []);
    });

    it("by function depend on name and auth", async () => {
      const main = await connect(server.url, options);
      const socket = sibling(main, "/private-1", { auth: { token: "guess" } });
      await assert.rejects(connected(socket), { message: "Invalid namespace" });
      socket.auth = { token: "secret" };
      await connected(socket);
      assert.deepEqual(await call(socket, "who"), { nsp: "/private-1", id: socket.id });
    });

    it("may be decided about later", async () => {
      const main = await connect(server.url, options);
      const socket = sibling(main, "/later-1");
      await connected(socket);
      assert.deepEqual(await call(socket, "who"), { nsp: "/later-1", id: socket.id });
    });
  });
}

describe("a dynamic namespace", () => {
  const server = useServer("socketio");
  useClients();

  it("is announced once, also when many ask for it at the same moment", async () => {
    const main = await connect(server.url);
    for (const nsp of ["/dynamic-70", "/later-70"]) {
      const asking = Array.from({ length: 20 }, () => connect(server.url + nsp));
      const sockets = await Promise.all(asking);
      const announced = await call(main, "announced");
      assert.deepEqual(
        announced.filter((entry) => entry === nsp),
        [nsp],
      );
      const seen = sockets.map((socket) => record(socket, "hello"));
      sockets[0].emit("to-own", 1);
      await barrier(sockets[0]);
      await Promise.all(sockets.map(barrier));
      assert.deepEqual(
        seen.map((events) => events.length),
        sockets.map(() => 1),
      );
    }
  });

  it("that the server asks for by name is a child as well", async () => {
    const main = await connect(server.url);
    await call(main, "of", "/dynamic-80");
    assert.ok((await call(main, "children")).includes("/dynamic-80"));
    const socket = await connect(`${server.url}/dynamic-80`);
    assert.deepEqual(await call(socket, "who"), { nsp: "/dynamic-80", id: socket.id });
  });

  it("outlives its last client", async () => {
    const main = await connect(server.url);
    const socket = await connect(`${server.url}/dynamic-90`, beside(main));
    socket.disconnect();
    await connected(socket);
    const announced = await call(main, "announced");
    assert.equal(announced.filter((entry) => entry === "/dynamic-90").length, 1);
  });
});

describe("with --cleanup-empty, a dynamic namespace", () => {
  const server = useServer("socketio", "--cleanup-empty");
  useClients();

  const gone = (main, nsp) =>
    eventually(async () => !(await call(main, "children")).includes(nsp), `end of ${nsp}`);

  it("is removed with its last client, and made again for the next", async () => {
    const main = await connect(server.url);
    const b = await connect(`${server.url}/dynamic-1`, beside(main));
    const a = sibling(main, "/dynamic-1");
    await connected(a);
    a.disconnect();
    await barrier(main);
    await barrier(b);
    assert.deepEqual(await call(main, "children"), ["/dynamic-1"]);
    b.disconnect();
    await gone(main, "/dynamic-1");

    await connected(a);
    assert.deepEqual(await call(a, "who"), { nsp: "/dynamic-1", id: a.id });
    const hello = next(a, "hello");
    a.emit("to-all", 1);
    assert.deepEqual(await hello, [1]);
    const announced = await call(main, "announced");
    assert.equal(announced.filter((entry) => entry === "/dynamic-1").length, 2);
  });

  it("is removed when its only client was refused", async () => {
    const main = await connect(server.url);
    const socket = sibling(main, "/dynamic-2", { auth: { refuse: true } });
    await assert.rejects(connected(socket), { message: "refused by the parent" });
    await gone(main, "/dynamic-2");
  });

  it("survives clients that come and go all the time", async () => {
    const main = await connect(server.url);
    const url = `${server.url}/dynamic-3`;
    const comeAndGo = async () => {
      const socket = createSocket(url);
      for (let i = 0; i < 20; i++) {
        await connected(socket);
        assert.equal((await call(socket, "who")).nsp, "/dynamic-3");
        socket.disconnect();
      }
    };
    await Promise.all(Array.from({ length: 5 }, comeAndGo));
    await gone(main, "/dynamic-3");
  });
});
