// SPDX-License-Identifier: MIT
//
// What a server puts before its handlers, and what the stock client makes of it: tokens, schemas,
// events that are handled once although the client sends them again, numbered rooms.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";

import { beside, call, connect, connected, createSocket, next, record, useClients } from "../support/client.mjs";
import { useServer } from "../support/server.mjs";

const kSecret = "a secret of thirty-two bytes, or more";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(claims, header = { alg: "HS256", typ: "JWT" }) {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac("sha256", kSecret).update(text).digest("base64url")}`;
}

const soon = (seconds) => Date.now() / 1000 + seconds;

describe("tokens", () => {
  const server = useServer("socketio");
  useClients();
  const open = (auth) => connect(`${server.url}/tokens`, { auth });

  it("say who a client is", async () => {
    const socket = await open({ token: token({ sub: "ada", exp: soon(60) }) });
    assert.equal(await call(socket, "user"), "ada");
  });

  it("are asked for with each connection, by a function", async () => {
    const socket = await open((give) => give({ token: `Bearer ${token({ sub: "eve", exp: soon(60) })}` }));
    assert.equal(await call(socket, "user"), "eve");
  });

  it("that are missing, expired or unsigned are refused with a reason", async () => {
    const none = part({ alg: "none" });
    for (const [auth, code] of [
      [{}, "jwt_missing"],
      [{ token: token({ sub: "ada", exp: soon(-60) }) }, "jwt_expired"],
      [{ token: `${none}.${part({ sub: "ada", exp: soon(60) })}.` }, "jwt_unsupported_algorithm"],
      [{ token: `${token({ sub: "ada", exp: soon(60) })}x` }, "jwt_bad_signature"],
    ]) {
      await assert.rejects(open(auth), (error) => {
        assert.equal(error.message, "unauthorized");
        assert.deepEqual(error.data, { code });
        return true;
      });
    }
  });

  it("end the connection when they expire, and the client is told", async () => {
    const socket = await open({ token: token({ sub: "ada", exp: soon(0.5) }) });
    const told = next(socket, "auth:expired");
    const [reason] = await next(socket, "disconnect");
    assert.equal(reason, "io server disconnect");
    assert.equal((await told)[0].code, "jwt_expired");
  });

  it("can be refreshed in time", async () => {
    const socket = await open({ token: token({ sub: "ada", exp: soon(0.5) }) });
    const other = await call(socket, "auth:refresh", token({ sub: "eve", exp: soon(60) }));
    assert.equal(other.code, "jwt_other_subject");
    const ends = record(socket, "disconnect");
    const { expires } = await call(socket, "auth:refresh", token({ sub: "ada", exp: soon(60) }));
    assert.ok(expires > soon(50));
    await new Promise((done) => setTimeout(done, 1_000));
    assert.deepEqual(ends, []);
  });
});

describe("schemas", () => {
  const server = useServer("socketio");
  useClients();
  const open = () => connect(`${server.url}/schemas`);

  it("let pass what fits, binary content, too", async () => {
    const socket = await open();
    assert.equal(await call(socket, "point", { x: 7 }), 7);
    assert.equal(await call(socket, "file", Buffer.from("abc")), 3);
  });

  it("answer what does not", async () => {
    const socket = await open();
    assert.equal((await call(socket, "point", { x: "7" })).path, "/0/x");
    assert.equal((await call(socket, "point")).keyword, "minItems");
    assert.equal((await call(socket, "file", Buffer.alloc(11))).keyword, "maxBytes");
    assert.equal((await call(socket, "file", "abc")).keyword, "type");
  });

  it("tell a client that wants no answer", async () => {
    const socket = await open();
    const told = next(socket, "schema_error");
    socket.emit("point", {});
    assert.deepEqual(await told, [
      {
        path: "/0",
        keyword: "required",
        event: "point",
        error: "the arguments do not fit the schema: required",
      },
    ]);
  });
});

describe("events that are handled once", () => {
  const server = useServer("socketio");
  useClients();
  const answer = (socket, key) =>
    new Promise((done, fail) =>
      socket.emit("slow", key, (error, value) => (error ? fail(error) : done(value))),
    );

  it("however often the client's retries send them", async () => {
    const socket = await connect(`${server.url}/idempotent`, { retries: 10, ackTimeout: 100 });
    const tries = [];
    socket.onAnyOutgoing((event, key) => tries.push([event, key]));
    const first = await answer(socket, "k1");
    // As soon as the answer is there it is the answer to each.
    assert.equal(await answer(socket, "k2"), first + 1);
    assert.ok(tries.length > 2);
  });

  it("also when a later connection of the same user sends them", async () => {
    const options = { auth: { name: "ada" }, retries: 5, ackTimeout: 500 };
    const socket = createSocket(`${server.url}/idempotent`, options);
    await connected(socket);
    socket.emit("slow", "k", () => {});
    await new Promise((done) => setTimeout(done, 50));
    socket.io.engine.close();
    const again = await connect(`${server.url}/idempotent`, { ...options, ...beside(socket) });
    const value = await answer(again, "k");
    assert.equal(await answer(again, "k"), value);
  });
});

describe("numbered rooms", () => {
  const server = useServer("socketio");
  useClients();

  it("show a client that it has missed nothing", async () => {
    const a = await connect(`${server.url}/numbered`);
    const b = await connect(`${server.url}/numbered`, beside(a));
    const joined = next(a, "room:joined");
    a.emit("subscribe", "room");
    const [{ room, seq, epoch }] = await joined;
    assert.deepEqual([room, seq], ["room", 0]);
    const news = record(a, "news");
    const last = new Promise((done) => a.on("news", (what) => what === 19 && done()));
    for (let i = 0; i < 20; ++i) b.emit("publish", "room", i);
    await last;
    assert.deepEqual(
      news,
      Array.from({ length: 20 }, (_, i) => [i, { room: "room", seq: i + 1, epoch }]),
    );
  });
});
