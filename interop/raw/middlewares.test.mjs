// SPDX-License-Identifier: MIT
//
// Engine middlewares: what they may do to requests of each kind, and what they cannot break.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { kWholeBodies } from "../support/balanced.mjs";
import { Control, PollingSession, settle, target } from "../support/engine.mjs";
import { assertEnds, Connection, formatRequest, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { kUpgradeHeaders, WebSocketPeer } from "../support/ws.mjs";

const kBadRequest = '{"code":3,"message":"Bad request"}';
const kMaxPayload = 10_000;

function assertMarked({ headers }) {
  assert.equal(headers["x-order"], "second", "a later middleware replaces");
  assert.equal(headers["x-first"], "yes");
  assert.equal(headers["x-second"], "yes");
  assert.equal(headers["set-cookie"], "first=1, first=2, second=1, second=2");
}

describe("engine middlewares", () => {
  const server = useServer("engineio", "--middlewares", "--max-payload", kMaxPayload, ...kQuiet);
  const get = (what) => request(server.port, "GET", target("polling", "", `&mw=${what}`));
  const withMw = (session, what) => `${session.target}&mw=${what}`;

  it("add headers to every answer of the engine", async () => {
    const handshake = await request(server.port, "GET", target("polling"));
    assertMarked(handshake);
    assert.equal(handshake.headers["content-type"], "text/plain; charset=UTF-8", "not replaced");
    assertMarked(await request(server.port, "GET", target("tobi")));
    const session = await PollingSession.open(server.port);
    assertMarked(await session.post("4hi"));
    assertMarked(await session.poll());
    assertMarked(await request(server.port, "PUT", session.target));
  });

  it("add headers to the 101, of handshakes and of upgrades", async () => {
    const peer = await WebSocketPeer.open(server.port, target("websocket"));
    assertMarked(peer.response);
    const { sid } = await PollingSession.open(server.port);
    const upgrade = await WebSocketPeer.open(server.port, target("websocket", sid));
    assertMarked(upgrade.response);
  });

  it("do not see requests that are not the engine's", async () => {
    const response = await request(server.port, "GET", "/?mw=answer");
    assert.equal(response.status, 404);
    assert.equal(response.headers["x-order"], undefined);
  });

  it("may answer, and the engine never sees the request", async () => {
    const response = await get("answer");
    assert.equal(response.status, 202);
    assert.equal(response.text, "GET answered");
    assert.equal(response.headers["content-type"], "text/x-mine");
    assert.equal(response.headers["x-order"], "first");
  });

  it("may answer a POST of a session, which goes on without it", async () => {
    const session = await PollingSession.open(server.port);
    const response = await request(server.port, "POST", withMw(session, "answer"), { body: "1" });
    assert.equal(response.text, "POST answered");
    assert.ok(await session.isOpen());
  });

  it("may answer an upgrade request, and the connection ends", async () => {
    const connection = await Connection.open(server.port);
    const url = target("websocket", "", "&mw=answer");
    const response = await connection.request("GET", url, { headers: kUpgradeHeaders });
    assert.equal(response.status, 202);
    await assertEnds(connection, response);
  });

  for (const [what, why] of [
    ["fail", "asked to fail"],
    ["throw", "asked to throw"],
    ["drop", "the middleware did not decide"],
  ]) {
    it(`${what}: the request is refused, and the application told`, async () => {
      const response = await get(what);
      assert.equal(response.status, 400);
      assert.equal(response.text, kBadRequest);
      const control = await Control.open(server.port);
      const report = (await control.errors()).at(-1);
      assert.deepEqual(report.context, { name: "MIDDLEWARE_FAILURE", error: why });
      assert.equal(report.code, 3);
    });
  }

  it("refuse an upgrade request as text", async () => {
    const response = await request(server.port, "GET", target("websocket", "", "&mw=throw"), {
      headers: kUpgradeHeaders,
    });
    assert.equal(response.status, 400);
    assert.equal(response.text, "Bad request");
  });

  it("pass a request once, whatever they do after that", async () => {
    const response = await get("twice");
    assert.equal(response.status, 200);
    assertMarked(response);
    const errors = await (await Control.open(server.port)).errors();
    assert.deepEqual(
      errors.filter(({ url }) => url.includes("twice")),
      [],
    );
  });

  it("may take their time, with requests of every kind", async () => {
    const response = await get("late");
    assertMarked(response);
    assert.equal(response.headers["x-late"], "yes");
    const session = await PollingSession.open(server.port);
    const post = await request(server.port, "POST", withMw(session, "late"), { body: "4hello" });
    assert.equal(post.text, "ok");
    const poll = await request(server.port, "GET", withMw(session, "late"));
    assert.equal(poll.text, "4hello");
    const peer = await WebSocketPeer.open(server.port, target("websocket", "", "&mw=late"));
    assert.match(await peer.text(), /^0/);
    await peer.sendText("4hi");
    assert.equal(await peer.text(), "4hi");
  });

  it("take their time while a body is still coming", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const whole = formatRequest("POST", withMw(session, "late"), { body: "4slow" });
    await connection.write(whole.subarray(0, -2));
    await new Promise((done) => setTimeout(done, 200)); // the middleware has decided by then
    await connection.write(whole.subarray(-2));
    assert.equal((await connection.response()).text, "ok");
    assert.equal(await session.receive(), "4slow");
  });

  it("do not lift the limit of bodies while they take their time", kWholeBodies, async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const piece = "x".repeat(kMaxPayload);
    const head = `POST ${withMw(session, "late")} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await connection.write(head);
    await connection.write(`${piece.length.toString(16)}\r\n${piece}\r\n`.repeat(2));
    assert.equal((await connection.response()).status, 413);
    await new Promise((done) => setTimeout(done, 200));
    assert.ok(await session.isOpen(), "the middleware had not let the request pass");
  });

  it("that answer later find that the client has left", async () => {
    const connections = await Promise.all(
      Array.from({ length: 20 }, () => Connection.open(server.port)),
    );
    const urls = [target("polling", "", "&mw=late"), target("websocket", "", "&mw=late")];
    for (const [i, connection] of connections.entries()) {
      const headers = i % 2 ? kUpgradeHeaders : {};
      await connection.write(formatRequest("GET", urls[i % 2], { headers }));
    }
    await settle(server.port);
    for (const [i, connection] of connections.entries()) {
      if (i % 3) connection.reset();
      else connection.destroy();
    }
    await new Promise((done) => setTimeout(done, 200));
    assert.equal((await get("")).status, 200);
  });

  it("keep pipelined requests in order", async () => {
    const connection = await Connection.open(server.port);
    const late = formatRequest("GET", target("polling", "", "&mw=late"));
    const soon = formatRequest("GET", target("polling", "", "&mw=answer"));
    await connection.write(Buffer.concat([late, soon]));
    assert.equal((await connection.response()).headers["x-late"], "yes");
    assert.equal((await connection.response()).status, 202);
  });
});

describe("engine middlewares beside CORS", () => {
  const server = useServer("engineio", "--middlewares", "--cors", "continue", ...kQuiet);

  it("may answer preflights that CORS lets through", async () => {
    const response = await request(server.port, "OPTIONS", target("polling", "", "&mw=answer"), {
      headers: { Origin: "http://app.example" },
    });
    assert.equal(response.status, 202);
    assert.equal(response.headers["access-control-allow-methods"], "GET,POST");
  });
});
