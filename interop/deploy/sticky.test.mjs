// SPDX-License-Identifier: MIT
//
// The configurations of tools/deploy in which a client's requests stay with one instance.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  kTransports,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { request } from "../support/http.mjs";
import { from, kWays, many, shares, usePair } from "./pair.mjs";

const kClients = 50;
const kMessages = 10;
const kOpen = "/socket.io/?EIO=4&transport=polling";
const kBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

// Every client of many stays with one instance, and both instances get their share.
async function assertSpread(pair, sockets, least) {
  const lost = [];
  for (const socket of sockets) socket.on("disconnect", (reason) => lost.push(reason));
  for (let i = 0; i < kMessages; i++) {
    const echoes = await Promise.all(sockets.map((one) => call(one, "message-with-ack", i)));
    assert.deepEqual(new Set(echoes), new Set([i]));
  }
  assert.deepEqual(lost, []);
  const parts = await shares(sockets, pair.instances);
  assert.equal(parts[0] + parts[1], sockets.length);
  assert.ok(Math.min(...parts) >= least, `${parts[0]} clients here and ${parts[1]} there`);
}

// A session by hand, true to its instance by whichever way there is.
async function openPolling(port) {
  const first = await request(port, "GET", kOpen, { headers: { "X-Session": "by hand" } });
  const target = `${kOpen}&sid=${JSON.parse(first.text.slice(1)).sid}`;
  const route = { "X-Session": "by hand" };
  const cookie = first.headers["set-cookie"];
  if (cookie) route.Cookie = cookie.split(";")[0];
  return {
    request: (method, { headers, body } = {}) =>
      request(port, method, target, { headers: { ...route, ...headers }, body }),
  };
}

for (const [what, way] of Object.entries(kWays)) {
  describe(`${what}: the stock client`, () => {
    const pair = usePair(what);
    useClients();

    for (const [name, transports] of Object.entries(kTransports)) {
      it(`speaks by ${name}`, async () => {
        const socket = await connect(pair.url, { ...way(), transports });
        if (transports.includes("websocket")) await upgraded(socket);
        assert.equal(socket.io.engine.transport.name, transports.at(-1));
        const value = { text: "é", bin: kBytes };
        assert.deepEqual(await call(socket, "message-with-ack", value), value);
      });

      it(`sends and gets a binary message of 900 KB by ${name}`, async () => {
        const socket = await connect(pair.url, { ...way(), transports });
        if (transports.includes("websocket")) await upgraded(socket);
        // Over polling base64 makes them 900 KB: four bytes of three.
        const size = transports.includes("websocket") ? 900_000 : 675_000;
        const bytes = Buffer.alloc(size, kBytes);
        assert.deepEqual(await call(socket, "message-with-ack", bytes), bytes);
      });

      it(`${kClients} of them by ${name}, each with the same instance throughout`, async () => {
        const sockets = await many(kClients, pair.url, () => ({ ...way(), transports }));
        if (transports.length > 1) await Promise.all(sockets.map(upgraded));
        // By a hash chance decides: fewer than 5 of 50 is what never happens.
        await assertSpread(pair, sockets, 5);
      });
    }

    it("gets Patchbay's own answer to what is too large, and the proxy's to far more", async () => {
      const session = await openPolling(pair.port);
      // Only announced. The proxy refuses it, so the session does not hear of it.
      const announced = { headers: { "Content-Length": "1100000" } };
      assert.equal((await session.request("POST", announced)).status, 413);
      assert.equal((await session.request("POST", { body: "40" })).text, "ok");
      // Patchbay ends the session, as without a proxy.
      const body = "4".padEnd(1_000_001, "x");
      assert.equal((await session.request("POST", { body })).status, 413);
      const poll = await session.request("GET");
      assert.equal(poll.text, '{"code":1,"message":"Session ID unknown"}');
    });
  });
}

for (const what of ["nginx/cookie", "haproxy/cookie"]) {
  describe(`${what}: the cookie`, () => {
    const pair = usePair(what);
    useClients();
    it("is set once, hidden from pages, and not for other sites", async () => {
      const first = await request(pair.port, "GET", kOpen);
      const set = first.headers["set-cookie"];
      assert.match(set, /^patchbay=\w+;/);
      for (const attribute of ["path=/", "httponly", "samesite=lax"]) {
        assert.ok(set.toLowerCase().includes(attribute), `${attribute} in ${set}`);
      }
      const headers = { Cookie: set.split(";")[0] };
      const again = await request(pair.port, "GET", kOpen, { headers });
      assert.equal(again.headers["set-cookie"], undefined);
    });

    it("brings whoever has it to the same instance again", async () => {
      const first = await request(pair.port, "GET", kOpen);
      const extraHeaders = { cookie: first.headers["set-cookie"].split(";")[0] };
      const sockets = await many(10, pair.url, () => ({ extraHeaders }));
      assert.deepEqual((await shares(sockets, pair.instances)).sort(), [0, 10]);
    });
  });
}

for (const what of ["nginx/header", "haproxy/header"]) {
  describe(`${what}: without the header`, () => {
    const pair = usePair(what);
    useClients();

    it("a query parameter does it, which browsers can send with a WebSocket, too", async () => {
      const own = (i) => ({ query: { session: `client ${i}` } });
      await assertSpread(pair, await many(kClients, pair.url, own), 5);
    });

    it("the client's address does it", async () => {
      const own = (i) => from(`127.0.1.${i + 1}`);
      const sockets = await many(kClients, pair.url, own);
      await Promise.all(sockets.map(upgraded));
      await assertSpread(pair, sockets, 5);
      for (const socket of sockets) socket.io.opts.agent.destroy();
    });
  });

  describe(`${what}: a client that is not true to its header`, () => {
    const pair = usePair(what);
    useClients();

    it("is told that its session is unknown: so it would be without stickiness", async () => {
      const open = await request(pair.port, "GET", kOpen, { headers: { "X-Session": "0" } });
      const target = `${kOpen}&sid=${JSON.parse(open.text.slice(1)).sid}`;
      const answers = [];
      for (let i = 0; i < kClients; i++) {
        const headers = { "X-Session": String(i) };
        answers.push((await request(pair.port, "POST", target, { headers, body: "40" })).text);
      }
      const unknown = answers.filter((text) => text.includes("Session ID unknown"));
      assert.ok(unknown.length >= 5, `${unknown.length} of ${kClients} requests went astray`);
      assert.equal(answers[0], "ok");
    });
  });
}

describe("nginx/cookie: polling", () => {
  const pair = usePair("nginx/cookie");
  useClients();

  it("has no request refused, of all that were made", async () => {
    const options = () => ({ withCredentials: true, transports: ["polling"] });
    const sockets = await many(20, pair.url, options);
    for (let i = 0; i < kMessages; i++) await Promise.all(sockets.map(barrier));
    const requests = pair.balancer.requests();
    assert.ok(requests.length > 20 * kMessages);
    assert.deepEqual(
      requests.filter(([status]) => status !== 200),
      [],
    );
  });
});
