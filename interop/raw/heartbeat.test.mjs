// SPDX-License-Identifier: MIT
//
// Time itself is the subject here: ping every 300 ms, 200 ms to answer. Upper bounds are generous,
// since a loaded machine is late; lower bounds are what a server must keep.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  PollingSession,
  closeReason,
  kTextPlain,
  openWebSocket,
  target,
} from "../support/engine.mjs";
import { assertResponse } from "../support/http.mjs";
import { useServer } from "../support/server.mjs";
import { sleep } from "../support/wait.mjs";
import { Opcode, WebSocketPeer } from "../support/ws.mjs";

const kInterval = 300;
const kTimeout = 200;
const kEarly = 30;
const kLate = 400;

function stopwatch() {
  const start = performance.now();
  return () => performance.now() - start;
}

function assertAbout(elapsed, expected, what) {
  const fits = elapsed > expected - kEarly && elapsed < expected + kLate;
  assert.ok(fits, `${what} after ${Math.round(elapsed)} ms instead of ${expected}`);
}

// Sends `packet` every `period` ms until the promise is settled.
async function chatter(peer, packet, period, promise) {
  let done = false;
  const end = promise.finally(() => (done = true));
  const talk = async () => {
    while (!done) {
      await peer.sendText(packet);
      await sleep(period);
    }
  };
  await Promise.all([end, talk()]);
}

describe("heartbeat over polling", () => {
  const server = useServer("engineio", "--no-cors");

  it("pings an interval after the opening, and after each pong", async () => {
    const session = await PollingSession.open(server.port);
    for (let i = 0; i < 3; i++) {
      const elapsed = stopwatch();
      assertResponse(await session.poll(), 200, kTextPlain, "2");
      assertAbout(elapsed(), kInterval, "ping");
      await session.send("3");
    }
  });

  it("gives up a client that does not answer, with a close packet for its GET", async () => {
    const session = await PollingSession.open(server.port);
    assert.equal(await session.receive(), "2");
    const elapsed = stopwatch();
    assert.equal(await session.receive(), "1");
    assertAbout(elapsed(), kTimeout, "close");
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
    assert.equal((await session.poll()).status, 400);
  });

  it("gives up a client that never polls", async () => {
    const elapsed = stopwatch();
    const session = await PollingSession.open(server.port);
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
    assertAbout(elapsed(), kInterval + kTimeout, "close");
  });
});

describe("heartbeat over WebSocket", () => {
  const server = useServer("engineio");

  it("pings an interval after the opening, and after each pong", async () => {
    const peer = await openWebSocket(server.port);
    for (let i = 0; i < 3; i++) {
      const elapsed = stopwatch();
      assert.equal(await peer.text(), "2");
      assertAbout(elapsed(), kInterval, "ping");
      await peer.sendText("3");
    }
  });

  it("measures the interval from the pong", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    await sleep(120);
    const elapsed = stopwatch();
    await peer.sendText("3");
    assert.equal(await peer.text(), "2");
    assertAbout(elapsed(), kInterval, "ping");
  });

  it("gives up a silent client, with a close frame without a code", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    const elapsed = stopwatch();
    await peer.closed();
    assertAbout(elapsed(), kTimeout, "close");
    assert.equal(await closeReason(server.port, peer.sid), "ping timeout");
  });

  it("gives up a client that answers WebSocket pings only", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    await peer.write(Buffer.from([0x8a, 0x80, 1, 2, 3, 4]));
    await peer.closed();
    assert.equal(await closeReason(server.port, peer.sid), "ping timeout");
  });

  it("does not count pongs that were not asked for", async () => {
    const peer = await openWebSocket(server.port);
    const elapsed = stopwatch();
    await peer.sendText("3");
    await peer.sendText("3");
    assert.equal(await peer.text(), "2");
    assertAbout(elapsed(), kInterval, "ping");
    await peer.closed();
  });

  it("goes on for an active client", async () => {
    const peer = await openWebSocket(server.port);
    for (let pings = 0; pings < 3;) {
      const text = await peer.text();
      if (text === "2") {
        pings++;
        await peer.sendText("4busy");
        await peer.sendText("3");
      } else {
        assert.equal(text, "4busy");
      }
    }
  });
});

describe("traffic while a pong is due", () => {
  const server = useServer("engineio");

  it("restarts the wait", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    const elapsed = stopwatch();
    await sleep(120);
    await peer.sendText("6");
    await peer.closed();
    assertAbout(elapsed(), 120 + kTimeout, "close");
    assert.equal(await closeReason(server.port, peer.sid), "ping timeout");
  });

  it("restarts it once only", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    const elapsed = stopwatch();
    await chatter(peer, "6", 40, peer.drainUntilClosed());
    assertAbout(elapsed(), kTimeout, "close");
    assert.ok(elapsed() < 2 * kTimeout + 200, `close after ${elapsed()} ms`);
  });

  it("restarts it once per ping", async () => {
    const peer = await openWebSocket(server.port);
    for (let i = 0; i < 2; i++) {
      assert.equal(await peer.text(), "2");
      await sleep(120);
      await peer.sendText("6");
      await sleep(120);
      await peer.sendText("3");
    }
    assert.equal(await peer.text(), "2");
  });

  it("before the ping changes nothing", async () => {
    const peer = await openWebSocket(server.port);
    const elapsed = stopwatch();
    await chatter(
      peer,
      "6",
      40,
      peer.text().then((text) => assert.equal(text, "2")),
    );
    assertAbout(elapsed(), kInterval, "ping");
  });
});

describe("heartbeat and upgrade", () => {
  const server = useServer("engineio");

  async function upgrade(session) {
    const peer = await WebSocketPeer.open(session.port, target("websocket", session.sid));
    await peer.sendText("2probe");
    assert.equal(await peer.text(), "3probe");
    await peer.sendText("5");
    return peer;
  }

  it("pings go to the new transport", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await upgrade(session);
    for (let i = 0; i < 3; i++) {
      assert.equal(await peer.text(), "2");
      await peer.sendText("3");
    }
  });

  it("a ping sent before the upgrade may be answered after it", async () => {
    const session = await PollingSession.open(server.port);
    assert.equal(await session.receive(), "2");
    const peer = await upgrade(session);
    await peer.sendText("3");
    assert.equal(await peer.text(), "2");
  });

  // With Node.js servers such a client lives for ever.
  it("a client that upgrades and never answers again is given up", async () => {
    const session = await PollingSession.open(server.port);
    assert.equal(await session.receive(), "2");
    const peer = await upgrade(session);
    for (;;) {
      const next = await peer.frame(2000);
      if (!next || next.opcode === Opcode.close) break;
      assert.equal(next.text, "2");
    }
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
  });

  it("a silent client is given up during an upgrade", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await WebSocketPeer.open(server.port, target("websocket", session.sid));
    await candidate.closed();
    assert.equal(await closeReason(server.port, session.sid), "ping timeout");
  });
});
