// SPDX-License-Identifier: MIT
//
// Recovery over Redis Streams where Redis is away at times: who has recovered has been sent all there
// was, once, also what its server gave it while nobody else could know of it; or it begins anew.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
import { Cluster, kKinds } from "./cluster.mjs";
import { travelling } from "./traveller.mjs";

const kLong = 60_000;

describe("recovery when Redis was away", { skip: !kKinds.includes("patchbay") }, () => {
  const handle = useRedis({ durable: true });
  let cluster;
  let scouts;

  before(async () => {
    cluster = await Cluster.start({
      redis: handle.redis,
      adapter: "streams",
      kinds: ["patchbay", "patchbay"],
      options: ["--recovery", kLong, "--redis-retry", 100, "--block-time", 500],
    });
    cluster.inspector = handle.inspector;
    scouts = await cluster.scouts();
  });
  after(() => cluster?.stop());

  let sent = 0;
  const news = () => scouts[0].do("emit", { event: "news", args: [sent++], to: ["r"] });
  const numbers = ({ member }) => member.received("news").map(([n]) => n);
  const sequence = (from) => Array.from({ length: sent - from }, (_, i) => from + i);

  // Emits while Redis is away; resolves when it is back and has what was emitted.
  async function outage(traveller, meanwhile = () => {}) {
    await handle.redis.kill();
    await eventually(async () => {
      const { error } = await scouts[0].run("server-count");
      return error !== null;
    }, "the server has noticed");
    for (let i = 0; i < 5; i++) await news();
    await eventually(() => numbers(traveller).at(-1) === sent - 1, "local delivery");
    await meanwhile();
    await handle.redis.restart();
    await cluster.settled(scouts);
  }

  for (const to of [0, 1]) {
    it(`what came then does not come again (to server ${to})`, async () => {
      await travelling(cluster, 0, async (traveller) => {
        const from = sent;
        await news();
        await outage(traveller);
        await traveller.leave(scouts[0]);
        await news();
        await traveller.arrive(to);
        await traveller.hasRecovered();
        await eventually(() => numbers(traveller).at(-1) === sent - 1, "the last");
        assert.deepEqual(numbers(traveller), sequence(from));
      });
    });

    it(`who goes while Redis is away recovers with all, or begins anew (to server ${to})`, async () => {
      await travelling(cluster, 0, async (traveller) => {
        const from = sent;
        await news();
        await outage(traveller, async () => {
          traveller.lose();
          await eventually(
            async () =>
              (await scouts[0].run("fetch", { to: [traveller.id], flags: { local: true } })).value
                .length === 0,
            "its server has noticed",
          );
          for (let i = 0; i < 5; i++) await news();
        });
        await traveller.arrive(to);
        await news();
        if (traveller.member.socket.recovered) {
          await traveller.hasRecovered();
          await eventually(() => numbers(traveller).at(-1) === sent - 1, "the last");
          assert.deepEqual(numbers(traveller), sequence(from));
        } else {
          await traveller.isNew();
        }
      });
    });
  }
});
