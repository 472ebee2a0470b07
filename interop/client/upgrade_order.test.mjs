// SPDX-License-Identifier: MIT
//
// Events in both directions while the connection moves from polling to WebSocket: each of them
// arrives exactly once and in its place. Every tenth carries an attachment, which must stay with it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { connected, createSocket, kTransports, upgraded, useClients } from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

const kEvents = 500;
const kRounds = 20;

const attachment = (i) => Buffer.from(String(i));

// Sends in bursts, each after the event loop has had a turn, so that they spread over the upgrade.
async function sendNumbered(socket) {
  for (let i = 0; i < kEvents; i++) {
    socket.emit("count", i, ...(i % 10 === 0 ? [attachment(i)] : []));
    if (i % 10 === 9) await new Promise(setImmediate);
  }
}

function receiveNumbered(socket) {
  return within(
    new Promise((done) => {
      const ticks = [];
      socket.on("tick", (i, bytes) => {
        ticks.push([i, bytes?.toString()]);
        if (ticks.length === kEvents) done(ticks);
      });
    }),
    `${kEvents} events from the server`,
    15_000,
  );
}

describe("order across an upgrade", () => {
  const server = useServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
  useClients();

  for (let round = 1; round <= kRounds; round++) {
    it(`round ${round} of ${kRounds}`, async () => {
      const transports = kTransports["polling, then websocket"];
      const socket = createSocket(server.url, { transports });
      let surplus = 0;
      await connected(socket);
      assert.equal(socket.io.engine.transport.name, "polling", "events have to begin before the upgrade");
      const moved = upgraded(socket);
      const received = receiveNumbered(socket);
      socket.emit("flood", kEvents);
      await sendNumbered(socket);
      const [ticks] = await Promise.all([received, moved]);
      socket.on("tick", () => surplus++);

      const expected = Array.from({ length: kEvents }, (_, i) => [i, i % 10 === 0 ? String(i) : undefined]);
      assert.deepEqual(ticks, expected);
      const last = await within(socket.emitWithAck("count", kEvents), "answer to the last event");
      assert.deepEqual(last, { received: kEvents + 1, inOrder: true });
      assert.equal(surplus, 0, "events beyond those sent");
    });
  }
});
