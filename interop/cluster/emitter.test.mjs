// SPDX-License-Identifier: MIT
//
// Emitters towards a Patchbay server and a Node.js server, both in the same cluster.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { useRedis } from "../support/redis.mjs";
import { kKinds } from "./cluster.mjs";
import { kEmitters } from "./emitters.mjs";
import { addCases, setUp } from "./matrix.mjs";
import { kBinary, kJson } from "./payloads.mjs";

const handle = useRedis();
const kReceivers = kKinds.length === 1 ? [...kKinds, ...kKinds] : kKinds;

async function setUpEmitter(kind) {
  const context = await setUp({ redis: handle.redis, adapter: "classic", kinds: kReceivers });
  const { cluster, stop } = context;
  try {
    const driver = await kEmitters[kind].start(handle.redis, cluster.prefix);
    return { ...context, driver, stop: () => Promise.all([driver.stop(), stop()]) };
  } catch (error) {
    await stop();
    throw error;
  }
}

const kKindsOfEmitters = ["npm", ...(kKinds.includes("patchbay") ? ["patchbay"] : [])];
for (const kind of kKindsOfEmitters) {
  describe(`emitter ${kind} to ${kReceivers.join(" and ")}:`, () => {
    const context = addCases(
      () => setUpEmitter(kind),
      ({ byEmitters }) => byEmitters,
    );

    for (const nsp of ["/game", "game", "/dynamic-3"]) {
      it(`an event to ${nsp}`, async () => {
        const { cluster, driver, all } = context;
        for (const member of all) member.seen.length = 0;
        const [a, b] = await cluster.scouts(`/${nsp.replace("/", "")}`);
        await b.do("enter", { rooms: ["red"] });
        for (const args of [Object.values(kJson).flat(), kBinary.bytes]) {
          await driver.do("emit", { nsp, event: "news", args, except: ["red"] });
          await driver.do("emit", { nsp, event: "news", args, to: ["red"] });
          await driver.do("emit", { nsp, event: "last", args: [] });
          for (const member of [a, b]) {
            await member.until("last");
            assert.deepEqual(member.received("news"), [args]);
            member.seen.length = 0;
          }
        }
        await driver.do("disconnect-sockets", { nsp, to: ["red"], close: true });
        await b.gone();
        await driver.do("emit", { event: "last", args: [] });
        for (const member of all) {
          await member.until("last");
          assert.deepEqual(member.seen, [["last"]], member.name);
        }
        cluster.drop(a);
        cluster.drop(b);
      });
    }

    for (const [name, args] of Object.entries(kJson)) {
      it(`an event to the servers: ${name}`, async () => {
        const { driver, all } = context;
        for (const member of all) member.seen.length = 0;
        await driver.do("server-emit", { event: "note", args });
        await driver.do("server-emit", { event: "note", args: ["last"] });
        for (const member of all) {
          await member.until("noted", "last");
          assert.deepEqual(member.received("noted"), [args, ["last"]], member.name);
        }
      });
    }
  });
}
