// SPDX-License-Identifier: MIT
//
// Single connections with Redis are lost under load, sometimes those that listen and sometimes those
// that speak, while the others are as they were.

import { describe, it } from "node:test";

import { Redis } from "../support/redis.mjs";
import { Cluster, kAdapters, kKinds } from "./cluster.mjs";
import { Load } from "./load.mjs";

const kRounds = 8;
const kEvents = 100; // of each server, that everybody gets between two losses
// As Redis divides them: those that have subscribed to something, and all others.
const kTypes = ["pubsub", "normal"];

const kWays = [
  [0, 1],
  [1, 0],
];

const kClusters = kKinds.includes("patchbay")
  ? kKinds.map((kind) => ["patchbay", kind])
  : [["node", "node"]];

async function losses(test, adapter, kinds) {
  const redis = await Redis.start();
  let cluster;
  let load;
  let killer;
  try {
    cluster = await Cluster.start({
      redis,
      adapter,
      kinds,
      options: (_, kind) => [
        ...["--block-time", 500],
        ...(kind === "patchbay" ? ["--redis-retry", 100] : []),
      ],
    });
    load = await Load.start(cluster, await cluster.scouts());
    killer = await redis.client();
    let killed = 0;
    for (let round = 0; round < kRounds; round++) {
      await load.flowsEverywhere();
      await load.flowsEverywhere(kEvents);
      const type = kTypes[round % kTypes.length];
      killed += await killer.sendCommand(["CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"]);
    }
    await load.flowsEverywhere();
    await load.stop();
    for (const i of kinds.keys()) load.assertComplete(i, i);
    const missing = kWays.map(([from, at]) => {
      if (adapter === "streams" && kinds[from] === "patchbay") load.assertComplete(from, at);
      return load.assertAtMostOnce(from, at);
    });
    test.diagnostic(`${killed} killed, sent ${load.sent}, missing at the other server: ${missing}`);
  } finally {
    load?.abort();
    killer?.destroy();
    await cluster?.stop();
    await redis.stop();
  }
}

for (const kinds of kClusters) {
  describe(`connections with Redis are lost, ${kinds.join(" and ")}:`, () => {
    for (const adapter of kAdapters) {
      it(adapter, { timeout: 120_000 }, (test) => losses(test, adapter, kinds));
    }
  });
}
