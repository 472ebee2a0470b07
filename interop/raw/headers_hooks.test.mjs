// SPDX-License-Identifier: MIT
//
// The application changes the headers of answers: once per session, and every time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PollingSession, target } from "../support/engine.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { WebSocketPeer } from "../support/ws.mjs";

describe("headers hooks", () => {
  const server = useServer("engineio", "--headers-hooks", "--cookie", ...kQuiet);

  it("both see the answer to a polling handshake", async () => {
    const { headers, text } = await request(server.port, "GET", target("polling"));
    assert.equal(headers["x-initial"], target("polling"));
    assert.equal(headers["x-every"], "GET after initial");
    assert.equal(headers["cache-control"], "private");
    const session = JSON.parse(text.slice(1)).sid;
    const mine = `io=${session}; Path=/; HttpOnly; SameSite=Lax`;
    assert.equal(headers["set-cookie"], `one=1, two=2, ${mine}`, "the session's cookie stays");
  });

  it("only one sees what comes later", async () => {
    const session = await PollingSession.open(server.port);
    const post = await session.post("4hi");
    assert.equal(post.headers["x-every"], "POST");
    const poll = await session.poll();
    assert.equal(poll.headers["x-every"], "GET");
    for (const { headers } of [post, poll]) {
      assert.equal(headers["x-initial"], undefined);
      assert.equal(headers["set-cookie"], undefined);
    }
  });

  it("see polls that were held", async () => {
    const session = await PollingSession.open(server.port);
    const held = session.poll();
    await session.send("4hi");
    const { headers, text } = await held;
    assert.equal(text, "4hi");
    assert.equal(headers["x-every"], "GET");
  });

  it("both see the 101 of a session, one that of an upgrade", async () => {
    const opening = await WebSocketPeer.open(server.port, target("websocket"));
    assert.equal(opening.response.headers["x-initial"], target("websocket"));
    assert.equal(opening.response.headers["x-every"], "GET after initial");
    const { sid } = await PollingSession.open(server.port);
    const upgrade = await WebSocketPeer.open(server.port, target("websocket", sid));
    assert.equal(upgrade.response.headers["x-initial"], undefined);
    assert.equal(upgrade.response.headers["x-every"], "GET");
  });

  it("do not see errors", async () => {
    const session = await PollingSession.open(server.port);
    for (const response of [
      await request(server.port, "GET", target("tobi")),
      await request(server.port, "PUT", session.target),
      await session.post("4x", { headers: { "Content-Type": "application/octet-stream" } }),
    ]) {
      assert.ok(response.status >= 400);
      assert.equal(response.headers["x-every"], undefined);
      assert.equal(response.headers["x-initial"], undefined);
    }
  });
});
