// SPDX-License-Identifier: MIT
//
// What servers do to sockets of others: move them, send them away, speak to one of them; and all of
// this in other namespaces.

import assert from "node:assert/strict";

import { call, connected, sibling } from "../support/client.mjs";
import { eventually } from "../support/wait.mjs";

const kBytes = Buffer.from("é");

// Resolves when these members are in these rooms beyond those that they had, and in no others.
// Servers of the classic adapter carry out what they asked for when Redis sends it back to them.
async function areIn(rooms, members) {
  for (const [name, member] of Object.entries(members)) {
    const wanted = [...member.rooms, ...(rooms[name] ?? [])].sort();
    await eventually(async () => {
      const { rooms: now } = await member.state();
      return JSON.stringify(now) === JSON.stringify(wanted);
    }, `${name} in ${wanted}`);
  }
}

// Whom it selects, what they join, and who that has to be. There is somebody of each server, so that
// the last look at the others is behind all that could have happened.
const kMoves = [
  ["everyone", {}, ["x"], "a1 a2 b1 b2 b3"],
  ["a room", { to: ["red"] }, ["x", "y", "☃"], "a1 b1"],
  ["rooms but a client", { to: ["blue", "green"], except: ["@b2"] }, ["x"], "a2 b1"],
  ["clients by id", { to: ["@a2", "@b3"] }, ["x"], "a2 b3"],
].map(([name, command, rooms, names]) => ({
  name,
  byEmitters: true,
  async run({ driver, members, resolve }) {
    const moved = Object.fromEntries(names.split(" ").map((who) => [who, rooms]));
    await driver.do("sockets-join", { ...resolve(command), rooms });
    await areIn(moved, members);
    await driver.do("sockets-leave", { ...resolve(command), rooms: [...rooms, "never joined"] });
    await areIn({}, members);
  },
}));

const localMove = {
  name: "clients of this server",
  async run({ driver, members }) {
    const flags = { local: true };
    await driver.do("sockets-join", { flags, rooms: ["x"] });
    // Behind the first, for whoever gets both.
    await driver.do("sockets-join", { to: [members.b1.id], rooms: ["y"] });
    await areIn({ a1: ["x"], a2: ["x"], b1: ["y"] }, members);
    await driver.do("sockets-leave", { flags, rooms: ["x"] });
    await driver.do("sockets-leave", { rooms: ["y"] });
    await areIn({}, members);
  },
};

// The room it joined is one that what is emitted anywhere reaches it in.
const moveAndEmit = {
  name: "who then gets what is sent to the room",
  byEmitters: true,
  async run({ cluster, driver, members: { b1, b2 }, all }) {
    await driver.do("sockets-join", { to: [b2.id], rooms: ["new"] });
    await cluster.reachable([driver, b1], [b2], "new");
    const seen = await cluster.collect(driver, all, () =>
      driver.do("emit", { to: ["new"], event: "news", args: [kBytes] }),
    );
    assert.deepEqual(
      seen.map((events) => events.length),
      all.map((member) => (member === b2 ? 1 : 0)),
    );
    await driver.do("sockets-leave", { to: ["new"], rooms: ["new"] });
    await eventually(async () => !(await b2.state()).rooms.includes("new"), "b2 has left");
  },
};

// At the other server, what one server does happens in its order. (Its own clients may not have been
// moved yet where it waits for its own message to come back.) Two rooms, so that servers that subscribe
// to single rooms do not have to have done so.
const inOrder = {
  name: "in the order of what else is emitted",
  byEmitters: true,
  async run({ cluster, driver, members: { b1, b2, b3 } }) {
    const here = [b1, b2, b3];
    const to = ["brief", "nobody"];
    const seen = await cluster.collect(driver, here, () =>
      Promise.all(
        [1, 2, 3].flatMap((n) => [
          driver.do("emit", { to, event: "news", args: [n, "too early"] }),
          driver.do("sockets-join", { to: [b1.id, b3.id], rooms: ["brief"] }),
          driver.do("emit", { to, event: "news", args: [n, kBytes] }),
          driver.do("sockets-leave", { to: [b1.id, b3.id], rooms: ["brief"] }),
          driver.do("emit", { to, event: "news", args: [n, "too late"] }),
        ]),
      ),
    );
    const all = [1, 2, 3].map((n) => ["news", n, kBytes]);
    assert.deepEqual(seen, [all, [], all]);
  },
};

// A passenger on each server who is to go, with a sibling in another namespace, and who stays.
const disconnectCase = (what, close, act, farewell = false) => ({
  name: `${what} (close: ${close})`,
  byEmitters: true,
  async run({ cluster, driver, members: { a1, b1 } }) {
    const leaving = await Promise.all([0, 1].map((i) => cluster.connect(i, `leaving ${i}`)));
    const siblings = leaving.map(({ socket }) => sibling(socket, "/game"));
    await Promise.all(siblings.map(connected));
    for (const member of leaving) await member.do("enter", { rooms: ["leaving"] });
    const gone = Promise.all(leaving.map((member) => member.gone()));
    await act(driver, leaving, close);
    await gone;
    assert.deepEqual(leaving[1].received("farewell"), farewell ? [["é"]] : []);
    for (const socket of siblings) {
      if (close) await eventually(() => socket.disconnected, "end of the other namespace");
      else await call(socket, "do", { op: "state" });
    }
    for (const member of leaving) cluster.drop(member);
    await Promise.all([a1.state(), b1.state()]);
  },
});

const kDisconnections = [false, true].flatMap((close) => [
  disconnectCase("a room", close, (driver) =>
    driver.do("disconnect-sockets", { to: ["leaving"], close }),
  ),
  disconnectCase(
    "a room that was told so before",
    close,
    (driver) =>
      Promise.all([
        driver.do("emit", { to: ["leaving", "nobody"], event: "farewell", args: ["é"] }),
        driver.do("disconnect-sockets", { to: ["leaving"], close }),
      ]),
    true,
  ),
  disconnectCase("everyone but some", close, (driver) =>
    driver.do("disconnect-sockets", { except: ["red", "blue", "green", "black"], close }),
  ),
]);

const remote = (name, run) => ({ name, run });
const speak = (driver, what, member, command) =>
  driver.run("remote", { what, id: member.id, ...command });

const kRemote = [
  remote("gets what is emitted to it", async ({ cluster, driver, members: { a2, b1 }, all }) => {
    for (const member of [a2, b1]) {
      const args = ["é", { bin: kBytes }];
      const seen = await cluster.collect(driver, all, () =>
        speak(driver, "emit", member, { event: "news", args }),
      );
      for (const [i, events] of seen.entries()) {
        assert.deepEqual(events, all[i] === member ? [["news", ...args]] : [], all[i].name);
      }
    }
  }),
  remote("answers", async ({ driver, members: { a2, b1 } }) => {
    for (const member of [a2, b1]) {
      member.answer = (args, acknowledge) => acknowledge({ back: args });
      const args = [1, kBytes];
      const command = { event: "question", args, timeout: 8000 };
      const { error, value } = await speak(driver, "ask", member, command);
      member.answer = undefined;
      assert.deepEqual([error, value], [null, { back: args }]);
    }
  }),
  remote("does not answer in time", async ({ driver, members: { a2, b1 } }) => {
    for (const member of [a2, b1]) {
      const command = { event: "question", args: [], timeout: 100 };
      const { error, value } = await speak(driver, "ask", member, command);
      assert.deepEqual([error, value ?? null], ["operation has timed out", null]);
    }
  }),
  remote("joins and leaves", async ({ driver, members }) => {
    for (const name of ["a2", "b1"]) {
      await speak(driver, "join", members[name], { rooms: ["x", "y"] });
      await areIn({ [name]: ["x", "y"] }, members);
      await speak(driver, "leave", members[name], { rooms: ["y"] });
      await areIn({ [name]: ["x"] }, members);
      await speak(driver, "leave", members[name], { rooms: ["x"] });
      await areIn({}, members);
    }
  }),
  ...[false, true].map((close) => ({
    ...disconnectCase("goes", close, async (driver, leaving) => {
      for (const member of leaving) await speak(driver, "disconnect", member, { close });
    }),
    byEmitters: false,
  })),
];

const countCase = {
  name: "counts its servers",
  async run({ driver, members: { b1 } }) {
    assert.equal(await driver.do("server-count"), 2);
    assert.equal(await b1.do("server-count"), 2);
  },
};

const namespaceCase = (nsp) => ({
  name: `works in ${nsp}, and only there`,
  async run({ cluster, members: { a2, b1 } }) {
    const [a, b] = await cluster.scouts(nsp);
    const inside = [a.id, b.id].sort();
    const found = async () => (await a.do("fetch")).map(({ id }) => id).sort();
    await eventually(
      async () => `${await found()}` === `${inside}`,
      "end of those of earlier tests",
    );
    await b.do("enter", { rooms: ["red"] });
    await cluster.reachable([a], [b], "red");
    const others = [a2, b1];
    for (const member of others) member.seen.length = 0;
    for (const to of [[], ["red"], [b.id]]) {
      for (const args of [["☃"], [{ bin: kBytes }]]) {
        const [atA, atB] = await cluster.collect(a, [a, b], () =>
          a.do("emit", { to, event: "news", args }),
        );
        assert.deepEqual(atA, to.length === 0 ? [["news", ...args]] : []);
        assert.deepEqual(atB, [["news", ...args]]);
      }
    }
    for (const member of [a, b]) {
      member.answer = (args, acknowledge) => acknowledge(args);
    }
    const flags = { timeout: 8000 };
    const answers = await a.do("ask", { event: "question", args: [kBytes], flags });
    assert.deepEqual(answers, [[kBytes], [kBytes]]);
    assert.deepEqual(await found(), inside);
    if (nsp === "/game") {
      assert.deepEqual(await a.do("server-ask", { event: "question", args: [1] }), [
        { server: "1", args: [1] },
      ]);
    }
    await a.do("disconnect-sockets", { to: ["red"] });
    await b.gone();
    for (const { name, seen } of others) assert.deepEqual(seen, [], name);
    for (const member of [a, b]) cluster.drop(member);
  },
});

export const kControlCases = {
  "sockets_join and sockets_leave move": [...kMoves, localMove, moveAndEmit, inOrder],
  "disconnect_sockets sends away": kDisconnections,
  "a socket that was fetched": kRemote,
  "the cluster": [countCase, ...["/game", "/dynamic-7"].map(namespaceCase)],
};
