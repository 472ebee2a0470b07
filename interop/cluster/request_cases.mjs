// SPDX-License-Identifier: MIT
//
// What waits for answers: of clients, of servers, and about sockets.

import assert from "node:assert/strict";

import { kBinary, kJson } from "./payloads.mjs";

// Longer than an answer ever takes; only a test that goes wrong waits for it.
const kAmple = 8000;
const kShort = 150;
const kTimedOut = "operation has timed out";

const kBytes = Buffer.from("é");

// A case about the clients' answers, where all members answer with their names.
const askCase = (name, act, by) => ({
  name,
  by,
  async run(context) {
    for (const member of context.all) {
      member.answer = (args, acknowledge) => acknowledge(member.name);
    }
    try {
      await act({
        ask: (command, timeout = kAmple) =>
          context.driver.run("ask", {
            event: "question",
            args: [],
            ...context.resolve(command),
            flags: { timeout, ...command.flags },
          }),
        ...context,
      });
    } finally {
      for (const member of context.all) member.answer = undefined;
    }
  },
});

// Whom it asks, and who has to answer.
const kAsked = [
  ["everyone", {}, "a1 a2 b1 b2 b3"],
  ["a room", { to: ["red"] }, "a1 b1"],
  ["a room that only the other server has", { to: ["black"] }, "b3"],
  ["a client of the other server", { to: ["@b2"] }, "b2"],
  ["rooms but those in another", { to: ["blue", "green"], except: ["red"] }, "a2 b2"],
  ["everyone but the sender", { from: "socket" }, "a2 b1 b2 b3"],
  // Node.js servers wait for the others nevertheless, until the time is up.
  ["clients of this server", { flags: { local: true } }, "a1 a2", "patchbay"],
  ["nobody", { to: ["nobody"] }, ""],
].map(([name, command, expected, by]) =>
  askCase(
    name,
    async ({ ask }) => {
      const { error, value } = await ask(command);
      assert.equal(error, null);
      assert.equal(value.sort().join(" "), expected);
    },
    by,
  ),
);

const kAnswers = [
  ...Object.entries({ ...kJson, ...kBinary }).map(([name, args]) =>
    askCase(`carries both ways: ${name}`, async ({ ask, all }) => {
      for (const member of all) member.answer = (got, acknowledge) => acknowledge(got);
      const { error, value } = await ask({ args, to: ["red"] });
      assert.equal(error, null);
      assert.deepEqual(value, [args, args]);
    }),
  ),
  askCase("takes the first value of an answer, and null for none", async ({ ask, members }) => {
    members.b1.answer = (args, acknowledge) => acknowledge("first", "second");
    members.b2.answer = (args, acknowledge) => acknowledge();
    members.a2.answer = (args, acknowledge) => acknowledge(null);
    const { error, value } = await ask({ except: ["@b3"] });
    assert.equal(error, null);
    assert.deepEqual(value.sort(), ["a1", "first", null, null].sort());
  }),
  askCase("hands over what has come when the time is up", async ({ ask, members }) => {
    members.a2.answer = undefined;
    members.b2.answer = undefined;
    const { error, value } = await ask({}, kShort);
    assert.equal(error, kTimedOut);
    assert.deepEqual(value.sort(), ["a1", "b1", "b3"]);
  }),
  askCase("times out when nobody answers", async ({ ask, all }) => {
    for (const member of all) member.answer = undefined;
    const { error, value } = await ask({}, kShort);
    assert.equal(error, kTimedOut);
    assert.deepEqual(value, []);
  }),
  askCase("does not mix up many at a time", async ({ ask, all }) => {
    for (const member of all) member.answer = ([n], acknowledge) => acknowledge(n);
    const asked = Array.from({ length: 30 }, (_, n) => ask({ args: [n] }));
    for (const [n, { error, value }] of (await Promise.all(asked)).entries()) {
      assert.deepEqual([error, value], [null, Array(all.length).fill(n)]);
    }
  }),
];

// Whom it selects, and who has to be found.
const kFetched = [
  ["everyone", {}, "a1 a2 b1 b2 b3"],
  ["a room", { to: ["red"] }, "a1 b1"],
  ["a room that only the other server has", { to: ["black"] }, "b3"],
  ["rooms that overlap, once each", { to: ["red", "blue"] }, "a1 a2 b1"],
  ["everyone but several rooms", { except: ["red", "@a2"] }, "b2 b3"],
  ["a client of the other server", { to: ["@b2"] }, "b2"],
  ["clients of this server", { flags: { local: true } }, "a1 a2"],
  ["nobody", { to: ["nobody"] }, ""],
].map(([name, command, expected]) => ({
  name,
  async run({ driver, all, resolve }) {
    const sockets = await driver.do("fetch", resolve(command));
    const names = sockets.map(({ id }) => all.find((member) => member.id === id)?.name);
    assert.equal(names.sort().join(" "), expected);
  },
}));

const kDetails = [
  {
    name: "their rooms",
    async run({ driver, all }) {
      const found = new Map((await driver.do("fetch")).map((socket) => [socket.id, socket]));
      for (const member of all) {
        assert.deepEqual(found.get(member.id).rooms, (await member.state()).rooms, member.name);
      }
    },
  },
  {
    name: "their handshakes",
    async run({ driver, all }) {
      const found = new Map((await driver.do("fetch")).map((socket) => [socket.id, socket]));
      for (const member of all) {
        const { handshake } = found.get(member.id);
        assert.deepEqual(handshake.auth, { name: member.name, nested: { "☃": [1] } });
        assert.equal(handshake.query.asked, member.name);
        assert.equal(handshake.query.EIO, "4");
        assert.match(handshake.headers.host, /^127\.0\.0\.1:\d+$/);
        assert.match(handshake.url, /^\/socket\.io\/\?.*EIO=4/);
        assert.equal(handshake.address, "127.0.0.1");
        assert.deepEqual([handshake.secure, handshake.xdomain], [false, false]);
        assert.ok(Math.abs(Date.now() - handshake.issued) < 600_000, `${handshake.issued}`);
        assert.ok(Math.abs(Date.parse(handshake.time) - handshake.issued) < 2000, handshake.time);
      }
    },
  },
  ...Object.entries({ ...kJson, ...kBinary }).map(([name, data]) => ({
    name: `their data: ${name}`,
    // The classic adapter answers with JSON, in which bytes become {type: "Buffer", data: [...]}.
    only: name in kJson ? undefined : ["sharded", "streams"],
    async run({ driver, members: { b1 } }) {
      await b1.do("set-data", { data });
      const [socket] = await driver.do("fetch", { to: [b1.id] });
      assert.deepEqual(socket.data, data);
    },
  })),
];

function noteCase(name, args, only) {
  return {
    name: `carries ${name}`,
    only,
    async run({ driver, members: { a2, b1, b2, b3 }, all }) {
      for (const member of all) member.seen.length = 0;
      await driver.do("server-emit", { event: "note", args });
      for (const member of [b1, b2, b3]) {
        await member.until("noted", ...args);
        assert.deepEqual(member.received("noted"), [args]);
      }
      // Had the server of a2 heard itself, a2 would have learnt of it before this.
      await b1.do("server-emit", { event: "note", args: ["back"] });
      await a2.until("noted", "back");
      assert.deepEqual(a2.received("noted"), [["back"]]);
    },
  };
}

const questionCase = (name, args, only) => ({
  name: `gets answers with ${name}`,
  only,
  async run({ driver }) {
    const answers = await driver.do("server-ask", { event: "question", args });
    assert.deepEqual(answers, [{ server: "1", args }]);
  },
});

// The classic adapter writes these in JSON, too.
const kNotes = [noteCase, questionCase].flatMap((make) => [
  ...Object.entries(kJson).map(([name, args]) => make(name, args)),
  ...Object.entries(kBinary).map(([name, args]) => make(name, args, ["sharded", "streams"])),
]);

const manyQuestions = {
  name: "does not mix up many at a time",
  async run({ driver, members: { b1 } }) {
    const asked = Array.from({ length: 30 }, (_, n) =>
      [driver, b1][n % 2].do("server-ask", { event: "question", args: [n, kBytes.toString()] }),
    );
    for (const [n, answers] of (await Promise.all(asked)).entries()) {
      assert.deepEqual(answers, [{ server: n % 2 ? "0" : "1", args: [n, kBytes.toString()] }]);
    }
  },
};

export const kRequestCases = {
  "a broadcast with acknowledgements asks": kAsked,
  "a broadcast with acknowledgements": kAnswers,
  "fetch_sockets finds": kFetched,
  "fetch_sockets tells": kDetails,
  "an event between servers": [...kNotes, manyQuestions],
};
