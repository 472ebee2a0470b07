// SPDX-License-Identifier: MIT
//
// Redis dies and comes back, five times, while all emit. Meanwhile the clients of a Patchbay server
// are served as if there was no other server; a Node.js server may wait with everything until Redis
// is back.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Redis } from "../support/redis.mjs";
import { Cluster, kAdapters, kKinds } from "./cluster.mjs";
import { Load } from "./load.mjs";

const kDeaths = 5;
// How many events of each server get to all clients between two deaths, and to its own while Redis is
// away.
const kBetween = 200;
const kMeanwhile = 200;
const kOptions = {
  patchbay: ["--redis-retry", 100],
  node: [],
};

// In the control there is nothing that Node.js servers could be held to but that it works again.
const kClusters = kKinds.includes("patchbay")
  ? kKinds.map((kind) => ["patchbay", kind])
  : [["node", "node"]];

async function outages(test, adapter, kinds, check) {
  const redis = await Redis.start({ durable: true });
  let cluster;
  let load;
  try {
    cluster = await Cluster.start({
      redis,
      adapter,
      kinds,
      options: (_, kind) => ["--block-time", 500, ...kOptions[kind]],
    });
    load = await Load.start(cluster, await cluster.scouts());
    const local = [...kinds.keys()].filter((i) => kinds[i] === "patchbay");
    for (let death = 0; death < kDeaths; death++) {
      await load.flowsEverywhere();
      await load.flowsEverywhere(kBetween);
      await redis.kill();
      await load.flowsLocally(local, kMeanwhile);
      await redis.restart();
    }
    await load.flowsEverywhere();
    await load.stop();
    const missing = check(load);
    test.diagnostic(`sent ${load.sent}, never arrived at other servers: ${missing}`);
  } finally {
    load?.abort();
    await cluster?.stop();
    await redis.stop();
  }
}

// [from, at] of each pair of different servers.
const kWays = [
  [0, 1],
  [1, 0],
];

for (const kinds of kClusters) {
  describe(`Redis dies and comes back, ${kinds.join(" and ")}:`, () => {
    for (const adapter of kAdapters) {
      // What pub/sub carries is lost while there is nobody to carry it.
      it(`${adapter}: all is as before, and nothing comes twice`, { timeout: 120_000 }, (test) =>
        outages(test, adapter, kinds, (load) => {
          for (const i of kinds.keys()) load.assertComplete(i, i);
          const missing = kWays.map(([from, at]) => load.assertAtMostOnce(from, at));
          if (adapter === "streams") {
            for (const [from, at] of kWays) {
              // What a Node.js server was about to write is lost to the others.
              if (kinds[from] === "patchbay") load.assertComplete(from, at);
            }
          }
          return missing;
        }),
      );
    }
  });
}
