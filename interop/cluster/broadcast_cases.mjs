// SPDX-License-Identifier: MIT
//
// Events to many. The members and their rooms are those of matrix.mjs; "@b1" is the id of b1.

import assert from "node:assert/strict";

import { kBinary, kJson } from "./payloads.mjs";

// What is selected, and who has to get it; all that are not named must not.
const kSelections = [
  ["everyone", {}, "a1 a2 b1 b2 b3"],
  ["a room", { to: ["red"] }, "a1 b1"],
  ["a room that only the other server has", { to: ["black"] }, "b3"],
  ["a room that only this server has", { to: ["white"] }, "a2"],
  ["rooms that overlap, once each", { to: ["red", "blue"] }, "a1 a2 b1"],
  ["many rooms", { to: ["red", "green", "black", "nobody"] }, "a1 a2 b1 b2 b3"],
  ["a room without members", { to: ["nobody"] }, ""],
  ["a client of the other server", { to: ["@b2"] }, "b2"],
  ["a client of this server", { to: ["@a2"] }, "a2"],
  ["clients of both", { to: ["@a2", "@b1"] }, "a2 b1"],
  ["a room with a name of twenty characters", { to: ["abcdefghijklmnopqrst"] }, "b1"],
  ["a room with a name like a pattern", { to: ["r*[a-z]?#é ☃"] }, "b1"],
  ["a room with a name like a number", { to: ["42"] }, "b1"],
  ["everyone but a room", { except: ["red"] }, "a2 b2 b3"],
  ["everyone but several rooms", { except: ["red", "green"] }, "b3"],
  ["everyone but a client", { except: ["@b1"] }, "a1 a2 b2 b3"],
  ["a room but those in another", { to: ["blue"], except: ["red"] }, "a2"],
  ["rooms but those in one of them", { to: ["blue", "green"], except: ["green"] }, "b1"],
  ["a room but a client", { to: ["red"], except: ["@b1"] }, "a1"],
  ["clients of this server", { flags: { local: true } }, "a1 a2"],
  ["a room, of this server", { to: ["red"], flags: { local: true } }, "a1"],
  ["a room, not compressed", { to: ["red"], flags: { compress: false } }, "a1 b1"],
  ["everyone but the sender", { from: "socket" }, "a2 b1 b2 b3"],
  ["a room but the sender", { from: "socket", to: ["red"] }, "b1"],
  [
    "rooms but the sender and others",
    { from: "socket", to: ["red", "green"], except: ["blue"] },
    "b2",
  ],
  ["clients of this server but the sender", { from: "socket", flags: { local: true } }, "a2"],
];

// b3 polls: between two polls it would not be sent what is volatile.
const kVolatile = [
  ["everyone", { except: ["@b3"] }, "a1 a2 b1 b2"],
  ["a room", { to: ["red"] }, "a1 b1"],
  ["a room but the sender", { from: "socket", to: ["red"] }, "b1"],
];

function selectionCase([name, command, expected], flags = {}) {
  return {
    name,
    // Emitters are no servers: they have no clients of their own, and none who asks them to emit.
    byEmitters: !command.from && !command.flags?.local,
    async run({ cluster, driver, all, resolve }) {
      const args = ["x", 1, { y: [null] }];
      const seen = await cluster.collect(driver, all, () =>
        driver.do("emit", {
          ...resolve(command),
          flags: { ...command.flags, ...flags },
          event: "news",
          args,
        }),
      );
      const got = all.filter((_, i) => seen[i].length > 0).map(({ name }) => name);
      assert.equal(got.join(" "), expected);
      for (const events of seen) {
        if (events.length > 0) assert.deepEqual(events, [["news", ...args]]);
      }
    },
  };
}

const payloadCase =
  (kind) =>
  ([name, args]) => ({
    name: `${kind}: ${name}`,
    byEmitters: true,
    async run({ cluster, driver, all }) {
      const seen = await cluster.collect(driver, all, () =>
        driver.do("emit", { event: "news", args }),
      );
      for (const [i, events] of seen.entries()) {
        assert.deepEqual(events, [["news", ...args]], `at ${all[i].name}`);
      }
    },
  });

// What one server emits, whoever it is for, arrives in that order.
const orderCase = {
  name: "many, in their order",
  byEmitters: true,
  async run({ cluster, driver, all }) {
    const rounds = Array.from({ length: 40 }, (_, i) => i);
    const seen = await cluster.collect(driver, all, () =>
      Promise.all(
        rounds.flatMap((i) => [
          driver.do("emit", { event: "n", args: [3 * i] }),
          driver.do("emit", { event: "n", args: [3 * i + 1], to: ["red"] }),
          driver.do("emit", { event: "n", args: [3 * i + 2, Buffer.from("é")], except: ["none"] }),
        ]),
      ),
    );
    const wanted = (inRoom) =>
      rounds.flatMap((i) => (inRoom ? [3 * i, 3 * i + 1, 3 * i + 2] : [3 * i, 3 * i + 2]));
    for (const [i, events] of seen.entries()) {
      const numbers = events.map(([, n]) => n);
      assert.deepEqual(numbers, wanted(["a1", "b1"].includes(all[i].name)), `at ${all[i].name}`);
    }
  },
};

const burstCase = {
  name: "five hundred at once",
  byEmitters: true,
  async run({ cluster, driver, all }) {
    const count = 500;
    const seen = await cluster.collect(driver, all, () =>
      driver.do("emit", { event: "n", args: [], repeat: count }),
    );
    for (const [i, events] of seen.entries()) {
      const numbers = events.map(([, n]) => n);
      assert.deepEqual(
        numbers,
        Array.from({ length: count }, (_, n) => n),
        `at ${all[i].name}`,
      );
    }
  },
};

export const kBroadcastCases = {
  "an event to": kSelections.map((selection) => selectionCase(selection)),
  "a volatile event to": kVolatile.map((selection) => selectionCase(selection, { volatile: true })),
  "events with": [
    ...Object.entries(kJson).map(payloadCase("JSON")),
    ...Object.entries(kBinary).map(payloadCase("binary")),
  ],
  "events,": [orderCase, burstCase],
};
