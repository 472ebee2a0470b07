// SPDX-License-Identifier: MIT
//
// The configurations of tools/deploy without stickiness.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  call,
  connect,
  connected,
  createSocket,
  upgraded,
  useClients,
} from "../support/client.mjs";
import { request } from "../support/http.mjs";
import { eventually } from "../support/wait.mjs";
import { many, processes, shares, usePair } from "./pair.mjs";

const kClients = 50;
const kUnknown = '{"code":0,"message":"Transport unknown"}';

for (const what of ["nginx/websocket", "haproxy/websocket"]) {
  describe(`${what}: without stickiness`, () => {
    const pair = usePair(what);
    useClients();

    it("clients over WebSocket spread evenly, and stay", async () => {
      const options = () => ({ transports: ["websocket"] });
      const sockets = await many(kClients, pair.url, options);
      const lost = [];
      for (const socket of sockets) socket.on("disconnect", (reason) => lost.push(reason));
      const bytes = Buffer.alloc(900_000, "0123456789");
      assert.deepEqual(await call(sockets[0], "message-with-ack", bytes), bytes);
      assert.deepEqual(await shares(sockets, pair.instances), [kClients / 2, kClients / 2]);
      assert.deepEqual(lost, []);
    });

    it("who has the fewest gets the next ones", async () => {
      const options = () => ({ transports: ["websocket"] });
      const sockets = await many(10, pair.url, options);
      const at = await processes(sockets);
      const [emptied] = pair.instances;
      for (const [i, socket] of sockets.entries()) if (at[i] === emptied.pid) socket.disconnect();
      // The balancer knows when the instance does.
      const observer = await connect(emptied.url);
      const alone = async () => (await call(observer, "fetch", null)).length === 1;
      await eventually(alone, "the end of its clients");
      const next = await many(5, pair.url, options);
      assert.deepEqual(await shares(next, pair.instances), [5, 0]);
    });

    it("polling is not offered, and who insists is told so", async () => {
      const answer = await request(pair.port, "GET", "/socket.io/?EIO=4&transport=polling");
      assert.deepEqual(
        [answer.status, answer.headers["content-type"], answer.text],
        [400, "application/json", kUnknown],
      );
      const socket = createSocket(pair.url, { transports: ["polling"] });
      await assert.rejects(connected(socket), { message: "xhr poll error", description: 400 });
    });

    it("a client that may try all transports goes on to WebSocket", async () => {
      const transports = ["polling", "websocket"];
      const socket = createSocket(pair.url, { transports, tryAllTransports: true });
      await connected(socket);
      await upgraded(socket);
      assert.equal(await call(socket, "message-with-ack", 1), 1);
    });
  });
}
