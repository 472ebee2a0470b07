// SPDX-License-Identifier: MIT
//
// The network between a Patchbay server, one of two, and Redis fails, while both emit: connections that
// stall and go on, and connections that are dead without anybody being told. Meanwhile the clients of
// both servers are served; later all is as before.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { FaultProxy } from "../../tools/fault-proxy/fault_proxy.mjs";
import { Redis } from "../support/redis.mjs";
import { Cluster, kAdapters, kKinds } from "./cluster.mjs";
import { Load } from "./load.mjs";

// Events of each server while the network is good, and while it is not.
const kGood = 200;
const kBad = 300;
const kSplits = 3;

// How the network fails and is mended. `patience` is for how long a server waits for an answer of
// Redis' before it gives up the connection.
const kFailures = {
  "stalls, and goes on": {
    patience: 20_000,
    fail: (proxy) => proxy.stallAll(Infinity),
    mend: (proxy) => proxy.resumeAll(),
    complete: () => true,
    // What goes through a stream reaches all clients when it has gone through, those of this server
    // as well; it has not noticed that Redis is away.
    served: (adapter) => (adapter === "streams" ? [0] : [0, 1]),
  },
  "dies without a word": {
    patience: 600,
    fail(proxy) {
      proxy.faults = { refuse: 100 };
      proxy.freezeAll();
    },
    mend(proxy) {
      proxy.faults = {};
    },
    // What pub/sub carries is lost while there is nobody to carry it.
    complete: (adapter) => adapter === "streams",
    served: () => [0, 1],
  },
};

async function run(test, adapter, peer, { patience, fail, mend, complete, served }) {
  const redis = await Redis.start();
  let proxy;
  let cluster;
  let load;
  try {
    proxy = await FaultProxy.start({ port: redis.port });
    cluster = await Cluster.start({
      redis,
      adapter,
      kinds: [peer, "patchbay"],
      options: (i, kind) => [
        ...["--block-time", 200],
        ...(kind === "patchbay" ? ["--redis-timeout", patience, "--redis-retry", 100] : []),
        ...(i === 1 ? ["--redis", `redis://127.0.0.1:${proxy.port}`] : []),
      ],
    });
    load = await Load.start(cluster, await cluster.scouts());
    for (let i = 0; i < kSplits; i++) {
      await load.flowsEverywhere();
      await load.flowsEverywhere(kGood);
      fail(proxy);
      await load.flowsLocally(served(adapter), kBad);
      // It has been a split.
      for (const from of served(adapter)) assert.ok(load.behind(from, 1 - from) > kBad / 2);
      mend(proxy);
    }
    await load.flowsEverywhere(kGood);
    await load.stop();
    for (const i of [0, 1]) load.assertComplete(i, i);
    const missing = kWays.map(([from, at]) => {
      if (complete(adapter)) load.assertComplete(from, at);
      return load.assertAtMostOnce(from, at);
    });
    const { resets, stalls, halfOpen } = proxy.stats;
    test.diagnostic(
      `sent ${load.sent}, missing at the other server: ${missing}; connections stalled ${stalls}, ` +
        `dead ${halfOpen}, reset ${resets}`,
    );
  } finally {
    load?.abort();
    await cluster?.stop();
    await proxy?.stop();
    await redis.stop();
  }
}

const kWays = [
  [0, 1],
  [1, 0],
];

// A Node.js server of these adapters may wait with everything until Redis is back.
describe("the network between one server and Redis", { skip: !kKinds.includes("patchbay") }, () => {
  for (const [name, failure] of Object.entries(kFailures)) {
    for (const adapter of kAdapters) {
      // With streams a Node.js server, too, must not miss anything.
      for (const peer of adapter === "streams" ? kKinds : ["patchbay"]) {
        it(`${name}: ${adapter}, beside ${peer}`, { timeout: 120_000 }, (test) =>
          run(test, adapter, peer, failure),
        );
      }
    }
  }
});
