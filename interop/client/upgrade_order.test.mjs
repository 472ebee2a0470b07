// SPDX-License-Identifier: MIT
//
// Events in both directions while the connection moves from polling to WebSocket: each of them
// arrives exactly once and in its place. Every tenth carries an attachment, which must stay with it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NodeWebSocket, NodeXHR } from "engine.io-client";

import { connect, upgraded, useClients } from "../support/client.mjs";
import { useServer } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

const kEvents = 500;
const kRounds = 20;

// What the server is asked for at a time, 500 in all. It numbers the events of each order from 0;
// since no two are of the same size, also whole orders that swapped places would be noticed.
const kOrders = [41, 43, 45, 47, 49, 51, 53, 55, 57, 59];

const attachment = (i) => Buffer.from(String(i));
const turn = () => new Promise(setImmediate);

// The stock client upgrades before its first event leaves. This one waits to be told.
function gatedTransports() {
  let open;
  const gate = new Promise((done) => (open = done));
  class GatedWebSocket extends NodeWebSocket {
    doOpen() {
      gate.then(() => super.doOpen());
    }
  }
  return { transports: [NodeXHR, GatedWebSocket], open };
}

// Lets the upgrade begin before event `opening`. A turn of the event loop after every tenth spreads
// the events over it; the last hundred follow when it is complete.
async function sendNumbered(socket, { opening, open, moved }) {
  for (let i = 0; i < kEvents; i++) {
    if (i === opening) open();
    if (i === kEvents - 100) await moved;
    socket.emit("count", i, ...(i % 10 === 0 ? [attachment(i)] : []));
    if (i % 50 === 0) socket.emit("flood", kOrders[i / 50]);
    if (i % 10 === 9) await turn();
  }
}

function expectedTicks() {
  const numbered = (i) => [i, i % 10 === 0 ? String(i) : undefined];
  return kOrders.flatMap((size) => Array.from({ length: size }, (_, i) => numbered(i)));
}

function receiveNumbered(socket, ticks) {
  const all = new Promise((done) => {
    socket.on("tick", (i, bytes) => {
      ticks.push([i, bytes?.toString()]);
      if (ticks.length === kEvents) done();
    });
  });
  return within(all, `${kEvents} events from the server`, 15_000);
}

describe("order across an upgrade", () => {
  const server = useServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
  useClients();

  for (let round = 1; round <= kRounds; round++) {
    it(`round ${round} of ${kRounds}`, async () => {
      const { transports, open } = gatedTransports();
      const socket = await connect(server.url, { transports });
      assert.equal(socket.io.engine.transport.name, "polling");
      const moved = upgraded(socket);
      const ticks = [];
      const received = receiveNumbered(socket, ticks);
      await sendNumbered(socket, { opening: round * 10, open, moved });
      await Promise.all([received, moved]);

      const last = await within(socket.emitWithAck("count", kEvents), "answer to the last event");
      assert.deepEqual(last, { received: kEvents + 1, inOrder: true });
      assert.deepEqual(ticks, expectedTicks());
    });
  }
});
