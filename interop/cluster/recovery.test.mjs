// SPDX-License-Identifier: MIT
//
// Clients that lose the connection with one server and recover on another, by way of Redis Streams.
// Stock clients that come back by themselves; what they connect to is a proxy that leads elsewhere.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
import { Cluster, kKinds, kPairs } from "./cluster.mjs";
import { kData, travelling } from "./traveller.mjs";

const kLong = 60_000;
const kBytes = Buffer.from("é");

const handle = useRedis();
// The tests of a block get a cluster with one scout on each server.
function useCluster(kinds, options = []) {
  const context = {};
  before(async () => {
    context.cluster = await Cluster.start({
      redis: handle.redis,
      adapter: "streams",
      kinds,
      options: ["--recovery", kLong, ...options],
    });
    context.cluster.inspector = handle.inspector;
    context.scouts = await context.cluster.scouts();
  });
  after(() => context.cluster?.stop());
  return context;
}

for (const kinds of kPairs) {
  describe(`from ${kinds[0]} to ${kinds[1]}`, () => {
    const context = useCluster(kinds);

    it("a client gets back its id, rooms and data", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        await traveller.leave(scouts[0]);
        await traveller.arrive(1);
        await traveller.hasRecovered();
        const [found] = await scouts[0].do("fetch", { to: [traveller.id] });
        assert.deepEqual([found.rooms, found.data], [traveller.rooms, kData]);
      });
    });

    it("it gets what it has missed, of both servers, once each, in order", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        const emit = async (scout, command) => {
          await scout.do("emit", { event: "news", ...command });
          // Behind it in the stream, so that what comes next has a place behind both.
          await scouts[0].do("emit", { event: "done", args: [JSON.stringify(command)] });
          await scouts[1].until("done", JSON.stringify(command));
        };
        await emit(scouts[0], { to: ["r"], args: ["before"] });
        await traveller.member.until("news", "before");
        await traveller.leave(scouts[0]);

        await emit(scouts[0], { to: ["r"], args: [1, "text"] });
        await emit(scouts[1], { to: ["r"], args: [2, { bin: [kBytes, kBytes] }] });
        await emit(scouts[1], { to: ["other"], args: ["in a room where it is not"] });
        await emit(scouts[0], { except: ["r"], args: ["but for its room"] });
        await emit(scouts[1], { except: [traveller.id], args: ["but for it"] });
        await emit(scouts[0], { to: ["other", "r"], args: [3] });
        await emit(scouts[1], { args: [4, kBytes] });
        await emit(scouts[0], { to: [traveller.id], args: [5] });
        await emit(scouts[1], { except: ["other"], args: [6, null] });

        await traveller.arrive(1);
        await traveller.hasRecovered();
        await emit(scouts[0], { to: ["r"], args: ["after"] });
        await traveller.member.until("news", "after");
        assert.deepEqual(traveller.news(), [
          ["before"],
          [1, "text"],
          [2, { bin: [kBytes, kBytes] }],
          [3],
          [4, kBytes],
          [5],
          [6, null],
          ["after"],
        ]);
      });
    });

    it("it gets hundreds of them", async () => {
      const { cluster, scouts } = context;
      const count = 350;
      await travelling(cluster, 0, async (traveller) => {
        await traveller.leave(scouts[0]);
        await Promise.all(
          scouts.map((scout, i) =>
            scout.do("emit", { event: "news", args: [i], to: ["r"], repeat: count }),
          ),
        );
        for (const [i, scout] of scouts.entries()) {
          await scout.do("emit", { event: "end", args: [i, traveller.id] });
          await scouts[1 - i].until("end", i, traveller.id);
        }
        await traveller.arrive(1);
        await traveller.hasRecovered();
        const numbers = Array.from({ length: count }, (_, n) => n);
        for (const i of [0, 1]) {
          const from = traveller.news().filter(([sender]) => sender === i);
          assert.deepEqual(
            from.map(([, n]) => n),
            numbers,
            `of server ${i}`,
          );
        }
      });
    });

    it("it travels to and fro under way with what is emitted", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        let sent = 0;
        for (let trip = 0; trip < 4; trip++) {
          const [here, there] = trip % 2 ? [1, 0] : [0, 1];
          await traveller.leave(scouts[here]);
          const news = () => scouts[there].do("emit", { event: "news", args: [sent++], to: ["r"] });
          const pace = [];
          for (let i = 0; i < 10; i++) pace.push(news());
          // Some are on their way while it comes back.
          const arrival = traveller.arrive(there);
          for (let i = 0; i < 30; i++) pace.push(news());
          await Promise.all([...pace, arrival]);
          await traveller.hasRecovered();
          await traveller.member.until("news", sent - 1);
        }
        assert.deepEqual(
          traveller.news(),
          Array.from({ length: sent }, (_, n) => [n]),
        );
      });
    });

    it("in another namespace it gets what was sent there", async () => {
      const { cluster, scouts } = context;
      const inside = await cluster.scouts("/game");
      await travelling(
        cluster,
        0,
        async (traveller) => {
          await traveller.leave(inside[0]);
          await scouts[0].do("emit", { to: ["r"], event: "news", args: ["elsewhere"] });
          await inside[0].do("emit", { to: ["r"], event: "news", args: ["here"] });
          await inside[0].do("emit", { event: "done", args: [traveller.id] });
          await inside[1].until("done", traveller.id);
          await traveller.arrive(1);
          await traveller.hasRecovered();
          await inside[1].do("emit", { to: ["r"], event: "news", args: ["after"] });
          await traveller.member.until("news", "after");
          assert.deepEqual(traveller.news(), [["here"], ["after"]]);
        },
        { nsp: "/game" },
      );
      for (const scout of inside) cluster.drop(scout);
    });

    it("a session serves once, on either server", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        const { pid, offset, id } = traveller;
        await traveller.leave(scouts[0]);
        await traveller.arrive(1);
        await traveller.hasRecovered();
        for (const index of [0, 1]) {
          const other = await cluster.connect(index, "impostor", { auth: { pid, offset } });
          assert.notEqual(other.id, id);
          assert.equal((await other.state()).recovered, false);
          cluster.drop(other);
        }
        await traveller.member.state();
      });
    });

    it("of several who ask at the same moment, one gets it", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        const { pid, offset, id } = traveller;
        await traveller.leave(scouts[0]);
        const others = await Promise.all(
          [0, 1, 0, 1].map((i) => cluster.connect(i, "impostor", { auth: { pid, offset } })),
        );
        assert.equal(others.filter((other) => other.id === id).length, 1);
        assert.equal(new Set(others.map((other) => other.id)).size, others.length);
        for (const other of others) cluster.drop(other);
      });
    });

    for (const [what, offset] of [
      ["that was never in the stream", "1-1"],
      ["that is none", "Q8Biydk"],
      ["that is not all of one", "1764-"],
    ]) {
      it(`with an offset ${what} a client begins anew`, async () => {
        const { cluster, scouts } = context;
        await travelling(cluster, 0, async (traveller) => {
          const { pid, id } = traveller;
          await traveller.leave(scouts[0]);
          const other = await cluster.connect(1, "lost", { auth: { pid, offset } });
          assert.notEqual(other.id, id);
          const { recovered, rooms } = await other.state();
          assert.deepEqual([recovered, rooms], [false, [other.id]]);
          cluster.drop(other);
        });
      });
    }

    it("who left by intent begins anew", async () => {
      const { cluster } = context;
      await travelling(cluster, 0, async (traveller) => {
        const { socket } = traveller.member;
        socket.disconnect();
        traveller.proxy.target = { port: cluster.servers[1].port };
        const back = new Promise((done) => socket.once("connect", done));
        socket.connect();
        await back;
        await traveller.isNew();
        assert.equal(await traveller.isKept(), false);
      });
    });
  });

  describe(`too late, from ${kinds[0]} to ${kinds[1]}`, () => {
    const context = useCluster(kinds, ["--recovery", 200]);

    it("a client begins anew", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        await traveller.leave(scouts[0]);
        await scouts[1].do("emit", { event: "news", args: ["missed"] });
        await scouts[0].until("news", "missed");
        await eventually(async () => !(await traveller.isKept()), "expiry");
        await traveller.arrive(1);
        await traveller.isNew();
        assert.deepEqual(traveller.news(), []);
      });
    });
  });
}

// Redis cuts streams where that is cheap, which is at every hundredth entry.
for (const kinds of kPairs) {
  describe(`what the stream has forgotten, from ${kinds[0]} to ${kinds[1]}`, () => {
    const context = useCluster(kinds, ["--max-len", 100]);

    it("is not missed by halves: a client begins anew", async () => {
      const { cluster, scouts } = context;
      await travelling(cluster, 0, async (traveller) => {
        await traveller.leave(scouts[0]);
        // Not more at a time than the stream can hold until all have read it.
        for (let i = 0; i < 20; i++) {
          await scouts[i % 2].do("emit", { event: "news", args: [i], to: ["r"], repeat: 30 });
          await scouts[i % 2].do("emit", { event: "done", args: [traveller.id, i] });
          for (const scout of scouts) await scout.until("done", traveller.id, i);
        }
        assert.ok((await handle.inspector.xLen(cluster.prefix)) < 300);
        await traveller.arrive(1);
        await traveller.isNew();
        assert.deepEqual(traveller.news(), []);
      });
    });
  });
}

// What is kept of a session is written by the server that goes.
if (kKinds.includes("patchbay")) {
  describe("a server that drains", () => {
    for (const kind of kKinds) {
      it(`leaves its clients to others (${kind})`, async () => {
        const cluster = await Cluster.start({
          redis: handle.redis,
          adapter: "streams",
          kinds: ["patchbay", kind],
          options: (i) => ["--recovery", kLong, ...(i === 0 ? ["--drain", 100] : [])],
        });
        try {
          cluster.inspector = handle.inspector;
          const scouts = await cluster.scouts();
          await travelling(cluster, 0, async (traveller) => {
            cluster.drop(scouts[0]);
            traveller.proxy.faults = { refuse: 100 };
            await cluster.servers.shift().stop();
            assert.equal(await traveller.isKept(), true);
            await scouts[1].do("emit", { event: "news", args: ["missed"], to: ["r"] });
            await traveller.arrive(0);
            await traveller.hasRecovered();
            await traveller.member.until("news", "missed");
            assert.deepEqual(traveller.news(), [["missed"]]);
          });
        } finally {
          await cluster.stop();
        }
      });
    }
  });
}
