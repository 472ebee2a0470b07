// SPDX-License-Identifier: MIT
//
// A bounded hostile load against the conformance server, while two healthy clients have to be
// answered throughout. Loopback only; ends by itself.
//
//   node hostile/soak.mjs [--seconds 60] [--connections 50] [--seed N]
//
// The seed repeats what each attacker does, not how the attackers interleave. Exit code 0 means:
// the server lived, stopped cleanly and without a sanitizer report, and each question of a healthy
// client was answered within two seconds.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

import { residentMemory } from "../support/memory.mjs";
import { startServer } from "../support/server.mjs";
import { within } from "../support/wait.mjs";
import { Random, Target, attacks } from "./attacks.mjs";
import { HealthyClient } from "./healthy.mjs";

// Short enough for timeouts to happen among the attackers, long enough for a loaded machine.
const kOptions = [
  ["--ping-interval", 1000],
  ["--ping-timeout", 5000],
  ["--connect-timeout", 500],
  ["--upgrade-timeout", 500],
  ["--max-payload", 100_000],
].flat();

function readOptions() {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      connections: { type: "string", default: "50" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
    },
  });
  const options = Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Number(text)]),
  );
  for (const [key, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${key} wants a whole number`);
  }
  return options;
}

async function attackUntil(end, random, target, counts) {
  const names = Object.keys(attacks);
  while (Date.now() < end()) {
    const name = random.pick(names);
    counts[name] = (counts[name] ?? 0) + 1;
    await attacks[name](random, target);
  }
}

async function run({ seconds, connections, seed }, server) {
  const target = new Target(server.port);
  const counts = {};
  const clients = ["websocket", "polling"].map(
    (transport) => new HealthyClient(server.url, transport),
  );
  const before = residentMemory(server.pid);
  try {
    await Promise.all(clients.map((client) => client.start()));
    let end = Date.now() + seconds * 1000;
    const seeds = new Random(seed);
    const attackers = Array.from({ length: connections }, () =>
      attackUntil(() => end, new Random(seeds.next()), target, counts),
    );
    try {
      const planned = end;
      await Promise.all(clients.map((client) => client.askUntil(() => planned)));
    } finally {
      end = 0;
      await within(Promise.all(attackers), "end of the attackers", 10_000);
    }
    // The server has to be as good as new for somebody who comes late.
    const late = new HealthyClient(server.url, "websocket");
    clients.push(late);
    await late.start();
    const enough = Date.now() + 100;
    await late.askUntil(() => enough);
  } finally {
    for (const { socket } of clients) socket.disconnect();
    for (const [name, count] of Object.entries(counts).sort())
      console.log(`${name.padEnd(20)} ${count}`);
    console.log(`connections          ${target.connections}`);
    console.log(`bytes sent           ${target.bytesSent}`);
    for (const { transport, answers, slowest } of clients) {
      console.log(
        `healthy ${transport.padEnd(12)} ${answers} answers, slowest ${Math.round(slowest)} ms`,
      );
    }
    console.log(`server memory        ${before} KiB before, ${residentMemory(server.pid)} after`);
  }
}

const options = readOptions();
console.log(`seed ${options.seed}, ${options.seconds} s, ${options.connections} attackers`);
const server = await startServer("socketio", ...kOptions);
const failures = [];
await run(options, server).catch((error) => failures.push(error));
await server.stop().catch((error) => failures.push(error));
for (const failure of failures) console.error(`FAILED: ${failure.message}`);
if (failures.length === 0) console.log("passed");
// Not left to the event loop: what a client still has open must not keep the program.
process.exit(failures.length === 0 ? 0 : 1);
