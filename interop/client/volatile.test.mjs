// SPDX-License-Identifier: MIT
//
// Events that may be lost when the connection is not ready for them, but do not harm others.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  barrier,
  call,
  connect,
  kTransports,
  next,
  record,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { useServer } from "../support/server.mjs";

const kBurst = 200;

for (const [name, transports] of Object.entries(kTransports)) {
  describe(`volatile events over ${name}`, () => {
    const server = useServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
    useClients();

    async function ready() {
      const socket = await connect(server.url, { transports });
      if (transports.includes("websocket")) await upgraded(socket);
      return socket;
    }

    it("arrive when the connection is idle", async () => {
      const sender = await connect(server.url, { transports: ["websocket"] });
      const receiver = await ready();
      await call(receiver, "join", "r");
      // A poll may be on its way, so not each one has to arrive; one of them does.
      const got = next(receiver, "v");
      const again = setInterval(() => sender.emit("volatile-to", "r", Buffer.from("é")), 50);
      try {
        assert.deepEqual(await got, [Buffer.from("é")]);
      } finally {
        clearInterval(again);
      }
    });

    it("of a burst are dropped but for the first, attachments and all", async () => {
      const socket = await ready();
      const seen = record(socket, "v");
      const bytes = Buffer.alloc(20_000, "x");
      socket.emit("volatile-burst", kBurst, bytes);
      await barrier(socket);
      assert.ok(seen.length < kBurst / 2, `${seen.length} of ${kBurst} arrived`);
      for (const [, attachment] of seen) assert.deepEqual(attachment, bytes);
      const order = seen.map(([i]) => i);
      assert.deepEqual(order, [...order].sort((a, b) => a - b));
      if (order.length > 0 && transports.includes("websocket")) assert.equal(order[0], 0);
    });

    it("never delay or drop what is not volatile", async () => {
      const socket = await ready();
      const ticks = record(socket, "tick");
      socket.emit("volatile-burst", kBurst, Buffer.alloc(1000));
      socket.emit("flood", 100);
      socket.emit("volatile-burst", kBurst, null);
      await barrier(socket);
      assert.deepEqual(
        ticks.map(([i]) => i),
        Array.from({ length: 100 }, (_, i) => i),
      );
    });
  });
}
