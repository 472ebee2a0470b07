// SPDX-License-Identifier: MIT
//
// From Node.js to Patchbay behind a balancer, one server at a time: the clients come along, and hear
// each other at every step.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { kTransports, useClients } from "../support/client.mjs";
import { useRedis } from "../support/redis.mjs";
import { startNodeServer, startServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";
import { kWays, many, usePair } from "./pair.mjs";

const kClients = 12;
const kPatience = 20_000;
const kAnswer = 2_000;
const kKinds = Object.values(kTransports);
const kStarters = {
  "Node.js": startNodeServer,
  Patchbay: (...options) => startServer("cluster", ...options),
};

const handle = useRedis();
let marks = 0;

// Where those are that a client's server has; an empty list while the client has none.
async function fellows(socket) {
  const command = { op: "fetch", flags: { local: true } };
  const answer = await socket.timeout(kAnswer).emitWithAck("do", command);
  return answer.value.map(({ id }) => id).sort();
}

// Resolves when all are connected, to both servers, and what each emits arrives at all.
function allTogether(sockets) {
  return eventually(
    async () => {
      if (!sockets.every(({ connected }) => connected)) return false;
      const mark = ++marks;
      const heard = new Set();
      const listeners = sockets.map((socket) => {
        const listener = (from, of) => of === mark && heard.add(`${from} at ${socket.id}`);
        socket.on("mark", listener);
        return () => socket.off("mark", listener);
      });
      try {
        const groups = await Promise.all(sockets.map(fellows));
        for (const socket of sockets) {
          const command = { op: "emit", event: "mark", args: [socket.id, mark] };
          await socket.timeout(kAnswer).emitWithAck("do", command);
        }
        const everywhere = () => heard.size === sockets.length ** 2;
        await eventually(everywhere, "everybody to hear everybody", kAnswer);
        return new Set(groups.map(String)).size === 2;
      } catch {
        return false; // somebody is on the way
      } finally {
        for (const off of listeners) off();
      }
    },
    `${sockets.length} clients to be one community at two servers`,
    kPatience,
  );
}

for (const [what, adapter] of [
  ["nginx/cookie", "streams"],
  ["nginx/header", "classic"],
  ["haproxy/cookie", "sharded"],
  ["haproxy/header", "streams"],
]) {
  describe(`${what}, ${adapter}: from Node.js to Patchbay`, () => {
    const joined = () => ["--adapter", adapter, "--redis", handle.redis.url, "--key", what];
    const pair = usePair(what, { start: () => kStarters["Node.js"](...joined()) });
    useClients();

    it("one server after the other, and back again", async () => {
      const options = (i) => ({
        ...kWays[what](),
        transports: kKinds[i % kKinds.length],
        reconnection: true,
        reconnectionDelay: 20,
        reconnectionDelayMax: 200,
      });
      let sockets = await many(kClients, pair.url, options);
      await allTogether(sockets);
      for (const [kind, place] of [
        ["Patchbay", 0],
        ["Patchbay", 1],
        ["Node.js", 0],
      ]) {
        const { port } = pair.instances[place];
        await pair.instances[place].stop();
        pair.instances[place] = await kStarters[kind](...joined(), "--port", port);
        await eventually(
          async () => {
            // Who has moved stays where it is now. Newcomers go to the new one, too.
            const newcomers = await many(kClients, pair.url, options).catch(() => []);
            const groups = await Promise.all(newcomers.map(fellows)).catch(() => []);
            if (new Set(groups.map(String)).size !== 2) return false;
            sockets = [...sockets, ...newcomers];
            return true;
          },
          `newcomers at both servers, of which one is ${kind}`,
          kPatience,
        );
        await allTogether(sockets);
      }
      assert.equal(sockets.length, 4 * kClients);
    });
  });
}
