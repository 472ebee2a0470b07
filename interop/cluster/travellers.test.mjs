// SPDX-License-Identifier: MIT
//
// Many clients lose their connections again and again, under load, and come back to one server or the
// other, at times before theirs has noticed. Whoever has recovered has missed nothing and has nothing
// twice; the others begin anew. Node.js servers take part as those who emit: between the end of what a
// client is sent of the past and the beginning of what comes now they have a gap.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, it } from "node:test";

import { Random } from "../../tools/fault-proxy/random.mjs";
import { useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
import { Cluster, kKinds } from "./cluster.mjs";
import { Load } from "./load.mjs";
import { Traveller } from "./traveller.mjs";

const kTravellers = 8;
const kTrips = 12;
const kPatchbay = 2; // servers to travel between
const kDeaths = 5;
const kBetween = 60; // events

// What a traveller was sent, in stretches between two losses of its connection.
class Diary {
  stretches = [{ recovered: false, events: [] }];

  constructor({ member: { socket } }) {
    socket.on("n", (server, number) => this.stretches.at(-1).events.push([server, number]));
    socket.on("disconnect", () => this.stretches.push({ recovered: false, events: [] }));
    // What it has missed comes before this event.
    socket.on("connect", () => {
      this.stretches.at(-1).recovered = socket.recovered;
    });
  }

  get count() {
    return this.stretches.at(-1).events.length;
  }

  // Gives the number of recoveries.
  check(strict) {
    let last = new Map();
    let recoveries = 0;
    for (const { recovered, events } of this.stretches) {
      if (recovered) recoveries++;
      else last = new Map();
      for (const [server, number] of events) {
        if (server >= kPatchbay && !strict) continue; // a Node.js server may lose what it writes then
        const expected = last.has(server) ? last.get(server) + 1 : number;
        assert.equal(number, expected, `of server ${server}, after ${last.get(server)}`);
        last.set(server, number);
      }
    }
    return recoveries;
  }
}

async function travel(traveller, scouts, at, blind, random) {
  const diary = new Diary(traveller);
  for (let trip = 0; trip < kTrips; trip++) {
    const some = random.below(30);
    await eventually(() => diary.count >= some, `${some} events`, 10_000);
    // Redis cannot be asked what it knows while it is away.
    if (blind || random.chance(30)) traveller.lose();
    else await traveller.leave(scouts[at]);
    at = random.below(kPatchbay);
    await traveller.arrive(at);
  }
  return diary;
}

describe("travellers under load", { skip: !kKinds.includes("patchbay") }, () => {
  const handle = useRedis({ durable: true });

  async function lives(redis, load, deaths, enough) {
    for (let i = 0; i < deaths && !enough(); i++) {
      await load.flowsLocally([0, 1], kBetween);
      await redis.kill();
      await load.flowsLocally([0, 1], kBetween);
      await redis.restart();
      await load.flows(0, 1);
    }
  }

  for (const deaths of [0, kDeaths]) {
    it(
      `miss nothing and get nothing twice when they recover (Redis dies ${deaths} times)`,
      { timeout: 120_000 },
      async (test) => {
        const seed = randomInt(2 ** 31);
        test.diagnostic(`seed ${seed}`);
        const random = new Random(seed);
        const cluster = await Cluster.start({
          redis: handle.redis,
          adapter: "streams",
          kinds: [
            ...Array(kPatchbay).fill("patchbay"),
            ...kKinds.filter((kind) => kind === "node"),
          ],
          options: (_, kind) => [
            ...["--recovery", 60_000, "--block-time", 300],
            ...(kind === "patchbay" ? ["--redis-retry", 100] : []),
          ],
        });
        let load;
        const travellers = [];
        try {
          cluster.inspector = handle.inspector;
          const scouts = await cluster.scouts();
          load = await Load.start(cluster, scouts);
          for (let i = 0; i < kTravellers; i++) {
            travellers.push(await Traveller.start(cluster, i % kPatchbay));
          }
          let done = false;
          const redisLives = lives(handle.redis, load, deaths, () => done);
          redisLives.catch(() => {});
          const diaries = await Promise.all(
            travellers.map((traveller, i) =>
              travel(traveller, scouts, i % kPatchbay, deaths > 0, new Random(random.next())),
            ),
          );
          done = true;
          await redisLives;
          await load.flowsEverywhere();
          await load.stop();
          const recoveries = diaries.map((diary) => diary.check(deaths === 0));
          const total = recoveries.reduce((sum, n) => sum + n);
          test.diagnostic(`sent ${load.sent}, ${kTravellers * kTrips} trips, ${total} recoveries`);
          assert.ok(
            deaths > 0 || total >= (kTravellers * kTrips) / 2,
            "hardly anybody has recovered",
          );
        } finally {
          load?.abort();
          for (const traveller of travellers) await traveller.stop();
          await cluster.stop();
        }
      },
    );
  }
});
