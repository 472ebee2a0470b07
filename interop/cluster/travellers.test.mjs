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
  check() {
    let last = new Map();
    let recoveries = 0;
    for (const { recovered, events } of this.stretches) {
      if (recovered) recoveries++;
      else last = new Map();
      for (const [server, number] of events) {
        const expected = last.has(server) ? last.get(server) + 1 : number;
        assert.equal(number, expected, `of server ${server}, after ${last.get(server)}`);
        last.set(server, number);
      }
    }
    return recoveries;
  }
}

async function travel(traveller, scouts, at, random) {
  const diary = new Diary(traveller);
  for (let trip = 0; trip < kTrips; trip++) {
    const some = random.below(30);
    await eventually(() => diary.count >= some, `${some} events`, 10_000);
    if (random.chance(30)) traveller.lose();
    else await traveller.leave(scouts[at]);
    at = random.below(kPatchbay);
    await traveller.arrive(at);
  }
  return diary;
}

describe("travellers under load", { skip: !kKinds.includes("patchbay") }, () => {
  const handle = useRedis();

  it("miss nothing when they recover", { timeout: 120_000 }, async (test) => {
    const seed = randomInt(2 ** 31);
    test.diagnostic(`seed ${seed}`);
    const random = new Random(seed);
    const cluster = await Cluster.start({
      redis: handle.redis,
      adapter: "streams",
      kinds: [...Array(kPatchbay).fill("patchbay"), ...kKinds.filter((kind) => kind === "node")],
      options: ["--recovery", 60_000],
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
      const diaries = await Promise.all(
        travellers.map((traveller, i) =>
          travel(traveller, scouts, i % kPatchbay, new Random(random.next())),
        ),
      );
      await load.flowsEverywhere();
      await load.stop();
      const recoveries = diaries.map((diary) => diary.check());
      const total = recoveries.reduce((sum, n) => sum + n);
      test.diagnostic(`sent ${load.sent}, ${kTravellers * kTrips} trips, ${total} recoveries`);
      assert.ok(total >= (kTravellers * kTrips) / 2, "hardly anybody has recovered");
    } finally {
      load?.abort();
      for (const traveller of travellers) await traveller.stop();
      await cluster.stop();
    }
  });
});
