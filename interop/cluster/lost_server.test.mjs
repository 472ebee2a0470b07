// SPDX-License-Identifier: MIT
//
// One of three servers stops answering, and then dies, while the first waits for answers of all. The
// first, a Patchbay server, gives what the others have said, and an error; and does not wait for the
// dead one again. (Node.js servers give nothing of it, so they are not asked here; in the control it
// is only looked at that they do not wait for the dead one again.)

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
import { Cluster, kAdapters, kKinds } from "./cluster.mjs";

const kPartial = kKinds.includes("patchbay");
const kAsker = kPartial ? "patchbay" : "node";
const kRequestsTimeout = 1500;

const handle = useRedis();

for (const adapter of kAdapters) {
  for (const dying of kKinds) {
    describe(`${adapter}: of ${kAsker}, ${kAsker} and ${dying} the last dies:`, () => {
      let cluster;
      let members;

      before(async () => {
        cluster = await Cluster.start({
          redis: handle.redis,
          adapter,
          kinds: [kAsker, kAsker, dying],
          // Known to both kinds; the sharded and the streams adapter of npm have no such option.
          options: ["--requests-timeout", kRequestsTimeout],
        });
        members = await cluster.scouts();
        for (const member of members) {
          member.answer = (args, acknowledge) => acknowledge(member.name);
        }
      });
      after(() => cluster?.stop());

      const ask = (timeout) =>
        members[0].run("ask", { event: "question", args: [], flags: { timeout } });
      const ids = (sockets) => sockets.map(({ id }) => id).sort();
      const server = (name) => ({ server: name, args: [1] });

      it("all answer before", async () => {
        const { error, value } = await ask(8000);
        assert.deepEqual([error, value.sort()], [null, members.map(({ name }) => name).sort()]);
        assert.deepEqual(ids(await members[0].do("fetch")), members.map(({ id }) => id).sort());
        const answers = await members[0].do("server-ask", { event: "question", args: [1] });
        assert.deepEqual(
          answers.sort((a, b) => a.server - b.server),
          [server("1"), server("2")],
        );
      });

      it("what is under way ends with what is known", async () => {
        const [asker] = members;
        cluster.servers[2].freeze();
        let pending = 3;
        const requests = [
          ask(kRequestsTimeout),
          asker.run("fetch"),
          asker.run("server-ask", { event: "question", args: [1] }),
        ].map((request) => request.finally(() => pending--));
        const outcomes = Promise.allSettled(requests);
        // The others have answered by then, and the asker has heard of it.
        for (let i = 0; i < 20; i++) await Promise.all(members.slice(0, 2).map((m) => m.state()));
        assert.equal(pending, 3);
        await cluster.servers[2].kill();
        const [asked, fetched, answered] = (await outcomes).map(({ value }) => value);
        if (!kPartial) return;
        assert.notEqual(asked.error, null);
        assert.deepEqual(asked.value.sort(), ["scout 0", "scout 1"]);
        assert.notEqual(fetched.error, null);
        assert.deepEqual(ids(fetched.value), ids(members.slice(0, 2)));
        assert.notEqual(answered.error, null);
        assert.deepEqual(answered.value, [server("1")]);
      });

      it("nobody waits for it again", async () => {
        const rest = members.slice(0, 2);
        for (const member of rest) {
          await eventually(async () => (await member.do("server-count")) === 2, "two servers");
        }
        const { error, value } = await ask(8000);
        assert.deepEqual([error, value.sort()], [null, ["scout 0", "scout 1"]]);
        assert.deepEqual(ids(await members[0].do("fetch")), ids(rest));
        const answers = await members[0].do("server-ask", { event: "question", args: [1] });
        assert.deepEqual(answers, [server("1")]);
        const seen = await cluster.collect(members[0], rest, () =>
          members[0].do("emit", { event: "news", args: [1] }),
        );
        assert.deepEqual(seen, [[["news", 1]], [["news", 1]]]);
      });
    });
  }
}
