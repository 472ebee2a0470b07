// SPDX-License-Identifier: MIT
//
// A selection of matrix.mjs with other options than the default ones: of the adapters, on the way to
// Redis, and with the other client of Redis' that Node.js servers use.

import { describe } from "node:test";

import { useRedis } from "../support/redis.mjs";
import { kKinds } from "./cluster.mjs";
import { addCases, isFor, setUp } from "./matrix.mjs";

// One of each sort, as "group name".
const kChosen = new Set([
  "an event to everyone",
  "an event to a room",
  "an event to rooms but those in one of them",
  "an event to a client of the other server",
  "an event to a room that only the other server has",
  "an event to clients of this server",
  "a volatile event to a room but the sender",
  "events with JSON: text",
  "events with JSON: nested",
  "events with binary: several, nested, beside text",
  "events with binary: 1 MiB",
  "events, many, in their order",
  "a broadcast with acknowledgements asks everyone",
  "a broadcast with acknowledgements asks nobody",
  "a broadcast with acknowledgements carries both ways: text",
  "a broadcast with acknowledgements carries both ways: bytes",
  "a broadcast with acknowledgements hands over what has come when the time is up",
  "a broadcast with acknowledgements does not mix up many at a time",
  "fetch_sockets finds everyone",
  "fetch_sockets tells their handshakes",
  "fetch_sockets tells their data: bytes",
  "an event between servers carries text",
  "an event between servers gets answers with nested",
  "an event between servers gets answers with bytes",
  "an event between servers does not mix up many at a time",
  "sockets_join and sockets_leave move a room",
  "sockets_join and sockets_leave move who then gets what is sent to the room",
  "disconnect_sockets sends away a room (close: true)",
  "a socket that was fetched gets what is emitted to it",
  "a socket that was fetched answers",
  "the cluster counts its servers",
  "the cluster works in /game, and only there",
  "the cluster works in /dynamic-7, and only there",
]);
// These send bytes by broadcasts, and in JSON they are {type: "Buffer", data: [...]}.
const kBinary = [/events with binary/, /only there$/, /in their order$/, /to the room$/, /to it$/];
const carriesBytes = (name) => kBinary.some((pattern) => pattern.test(name));

// `without`: what cannot work by the nature of the option. `node`: options of the Node.js server only.
// What is about the way to Redis is the same in both directions.
const kVariants = [
  {
    name: "responses on channels of their own",
    adapters: ["classic"],
    options: ["--specific-responses"],
  },
  {
    name: "no subscriptions to rooms",
    adapters: ["sharded"],
    options: ["--subscriptions", "static"],
  },
  {
    name: "subscriptions to all rooms",
    adapters: ["sharded"],
    options: ["--subscriptions", "dynamic-private"],
  },
  { name: "sharded pub/sub", adapters: ["streams"], options: ["--sharded-pubsub"] },
  // The namespaces' names are none of those for which Node.js servers count below zero: what is for
  // these they write to a stream that nobody reads.
  { name: "three streams", adapters: ["streams"], options: ["--stream-count", 3] },
  {
    name: "plain text only",
    adapters: ["streams"],
    options: ["--only-plaintext"],
    without: carriesBytes,
  },
  { name: "a password", redis: { password: "se:cr@t/é" } },
  { name: "a user", adapters: ["streams"], redis: { user: "patch", password: "bay" } },
  { name: "TLS, with a password", redis: { tls: true, password: "secret" } },
  { name: "another database", adapters: ["streams"], database: 2 },
  { name: "ioredis", node: ["--redis-client", "ioredis"] },
];

const kMixed = kKinds.length === 1 ? [[...kKinds, ...kKinds]] : [kKinds, [...kKinds].reverse()];

for (const { name, redis, database, options = [], node = [], without, ...variant } of kVariants) {
  describe(`with ${name}`, () => {
    const handle = useRedis(redis);
    const where = () => ({
      url: handle.redis.url + (database ? `/${database}` : ""),
      caFile: handle.redis.caFile,
    });
    for (const adapter of variant.adapters ?? ["classic", "sharded", "streams"]) {
      for (const kinds of options.length > 0 ? kMixed : kMixed.slice(0, 1)) {
        describe(`${adapter}, ${kinds[0]} to ${kinds[1]}:`, () => {
          addCases(
            () =>
              setUp({
                redis: where(),
                adapter,
                kinds,
                options: (kind) => [...options, ...(kind === "node" ? node : [])],
              }),
            (each, group) => {
              const full = `${group} ${each.name}`;
              return kChosen.has(full) && isFor(adapter, kinds[0], each) && !without?.(full);
            },
          );
        });
      }
    }
  });
}
