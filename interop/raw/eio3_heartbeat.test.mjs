// SPDX-License-Identifier: MIT
//
// In revision 3 the client pings: every 300 ms here, and 200 ms later it is given up.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PollingSession, closeReason, kTextPlain } from "../support/engine.mjs";
import { Session3, openWebSocket3, payload, upgrade3 } from "../support/engine3.mjs";
import { assertResponse } from "../support/http.mjs";
import { useServer } from "../support/server.mjs";
import { sleep } from "../support/wait.mjs";
import { Opcode } from "../support/ws.mjs";

describe("heartbeat of revision 3", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors");
  const kPatience = 500;

  function assertAbout(elapsed, expected) {
    const fits = elapsed > expected - 30 && elapsed < expected + 400;
    assert.ok(fits, `after ${Math.round(elapsed)} ms instead of ${expected}`);
  }

  it("answers pings over polling, and sends none", async () => {
    const session = await Session3.open(server.port);
    for (let i = 0; i < 4; i++) {
      await sleep(250);
      await session.send("2");
      assertResponse(await session.poll(), 200, kTextPlain, "1:3");
    }
  });

  it("answers pings over WebSocket, and sends none", async () => {
    const peer = await openWebSocket3(server.port);
    for (let i = 0; i < 4; i++) {
      await sleep(250);
      await peer.sendText(i % 2 ? "2" : "2data");
      assert.equal(await peer.text(), "3");
    }
    await peer.sendBinary([2]);
    assert.equal(await peer.text(), "3");
  });

  it("gives up a client that does not ping over polling", async () => {
    const start = performance.now();
    const session = await Session3.open(server.port);
    assertResponse(await session.poll(), 200, kTextPlain, "1:1");
    assertAbout(performance.now() - start, kPatience);
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
  });

  it("gives up a client that sends other things only", async () => {
    const start = performance.now();
    const peer = await openWebSocket3(server.port);
    const closed = peer.drainUntilClosed();
    for (const at of [100, 200, 300]) {
      await sleep(start + at - performance.now());
      await peer.sendText("4busy");
    }
    assert.deepEqual(await closed, ["4busy", "4busy", "4busy"]);
    assertAbout(performance.now() - start, kPatience);
    assert.equal(await closeReason(server.port, peer.sid), "ping timeout");
  });

  it("counts from the last ping", async () => {
    const peer = await openWebSocket3(server.port);
    await sleep(250);
    const start = performance.now();
    await peer.sendText("2");
    assert.equal(await peer.text(), "3");
    assert.equal((await peer.frame()).opcode, Opcode.close);
    assertAbout(performance.now() - start, kPatience);
  });

  it("goes on after an upgrade, and is kept", async () => {
    const session = await Session3.open(server.port);
    const peer = await upgrade3(session);
    for (let i = 0; i < 3; i++) {
      await sleep(250);
      await peer.sendText("2");
      assert.equal(await peer.text(), "3");
    }
    assert.equal((await peer.frame()).opcode, Opcode.close);
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
  });

  it("takes no pongs from revision 3, as no pings from revision 4", async () => {
    const peer = await openWebSocket3(server.port);
    await peer.sendText("3");
    await peer.closed();
    assert.equal(await closeReason(server.port, peer.sid), "transport error");

    const session = await Session3.open(server.port);
    await session.post(payload("3"));
    assert.equal(await closeReason(server.port, session.sid), "transport error");

    const session4 = await PollingSession.open(server.port);
    await session4.post("2");
    assert.equal(await closeReason(server.port, session4.sid), "transport error");
  });

  it("answers a heap of pings by one pong for each poll", async () => {
    const session = await Session3.open(server.port);
    await session.send(...Array(1000).fill("2"));
    assertResponse(await session.poll(), 200, kTextPlain, "1:3");
  });
});
