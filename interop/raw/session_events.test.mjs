// SPDX-License-Identifier: MIT
//
// What the handler of a session is told beside messages.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Control, openWebSocket, PollingSession, target } from "../support/engine.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";
import { WebSocketPeer } from "../support/ws.mjs";

describe("events of a session", () => {
  const server = useServer("engineio", ...kQuiet);
  const eventsOf = async (sid) => (await Control.open(server.port)).events(sid);

  it("over polling", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4hi");
    assert.deepEqual(await eventsOf(session.sid), ["packet 4", "create 4"]);
    await session.poll();
    assert.deepEqual(await eventsOf(session.sid), ["packet 4", "create 4", "drain"]);
  });

  it("of a held poll", async () => {
    const session = await PollingSession.open(server.port);
    const poll = session.poll();
    await session.send("4hi");
    await poll;
    assert.deepEqual(await eventsOf(session.sid), ["packet 4", "create 4", "drain"]);
  });

  it("over a WebSocket", async () => {
    const peer = await openWebSocket(server.port);
    await peer.sendText("4hi");
    await peer.text();
    const events = await eventsOf(peer.sid);
    // The open packet drains, too.
    assert.deepEqual(events, ["drain", "packet 4", "create 4", "drain"]);
  });

  it("of packets without a message", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("3\x1e6\x1e5\x1ebAAA=");
    assert.deepEqual(await eventsOf(session.sid), [
      "packet 3",
      "heartbeat",
      "packet 6",
      "packet 5",
      "packet 4",
      "create b",
    ]);
  });

  it("of an upgrade", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await WebSocketPeer.open(server.port, target("websocket", session.sid));
    await peer.sendText("2probe");
    assert.equal(await peer.text(), "3probe");
    assert.deepEqual(await eventsOf(session.sid), ["upgrading"]);
    await peer.sendText("5");
    await peer.sendText("4hi");
    assert.equal(await peer.text(), "4hi");
    assert.deepEqual(await eventsOf(session.sid), [
      "upgrading",
      "upgrade",
      "packet 4",
      "create 4",
      "drain",
    ]);
  });

  it("tell whoever asked when everything has gone", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4first\x1e4!drained");
    const sent = ["packet 4", "create 4", "packet 4"];
    assert.deepEqual(await eventsOf(session.sid), sent);
    await session.poll();
    assert.deepEqual(await eventsOf(session.sid), [...sent, "drained", "drain"]);
    // With nothing to send it does not take long.
    await session.send("4!drained");
    const told = async () => (await eventsOf(session.sid)).at(-2) === "drained";
    await eventually(told, "drained at once");
  });
});

describe("events of the heartbeat", () => {
  const server = useServer("engineio", "--ping-interval", 100, "--ping-timeout", 5000);

  it("are the ping that goes and the pong that comes", async () => {
    const peer = await openWebSocket(server.port);
    assert.equal(await peer.text(), "2");
    await peer.sendText("3");
    await peer.sendText(`4!events ${peer.sid}`);
    const answer = await peer.text();
    assert.deepEqual(JSON.parse(answer.slice("4!events ".length)), [
      "drain",
      "create 2",
      "drain",
      "packet 3",
      "heartbeat",
      "packet 4",
    ]);
  });
});
