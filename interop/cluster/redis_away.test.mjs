// SPDX-License-Identifier: MIT
//
// Redis dies and comes back, five times, while all emit. Meanwhile the clients of a Patchbay server
// are served as if there was no other server; a Node.js server may wait with everything until Redis
// is back.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Redis, useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
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

async function outages(test, adapter, kinds, check, durable = true) {
  const redis = await Redis.start({ durable });
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

const kPatchbay = { skip: !kKinds.includes("patchbay") };
const kTwo = ["patchbay", "patchbay"];

it("a Redis that has forgotten its streams", { ...kPatchbay, timeout: 120_000 }, (test) =>
  outages(
    test,
    "streams",
    kTwo,
    (load) => {
      for (const i of kTwo.keys()) load.assertComplete(i, i);
      // What only Redis had is lost.
      return kWays.map(([from, at]) => load.assertAtMostOnce(from, at));
    },
    false,
  ),
);

async function serves(cluster, index) {
  const member = await cluster.connect(index);
  await member.do("enter", { rooms: ["r"] });
  const seen = await cluster.collect(member, [member], () =>
    member.do("emit", { to: ["r"], event: "news", args: [1] }),
  );
  assert.deepEqual(seen, [[["news", 1]]]);
  cluster.drop(member);
}

describe("a server that starts without Redis", kPatchbay, () => {
  for (const adapter of kAdapters) {
    it(`serves its clients, and meets the others when it is there: ${adapter}`, async () => {
      const redis = await Redis.start();
      await redis.kill();
      const options = ["--redis-retry", 100];
      let cluster;
      try {
        cluster = await Cluster.start({ redis, adapter, kinds: kTwo, options });
        for (const i of kTwo.keys()) await serves(cluster, i);
        await redis.restart();
        await cluster.scouts();
      } finally {
        await cluster?.stop();
        await redis.stop();
      }
    });
  }
});

describe("a server that Redis does not let in", kPatchbay, () => {
  const handle = useRedis({ password: "secret" });

  for (const adapter of kAdapters) {
    it(`serves its clients, and says why it is alone: ${adapter}`, async () => {
      const redis = { url: handle.redis.url.replace("secret", "guess") };
      const cluster = await Cluster.start({ redis, adapter, kinds: ["patchbay"] });
      try {
        await serves(cluster, 0);
        const [server] = cluster.servers;
        await eventually(() => /WRONGPASS/.test(server.stderr), "a line about the password");
        assert.doesNotMatch(server.stderr, /guess/);
      } finally {
        await cluster.stop();
      }
    });
  }
});
