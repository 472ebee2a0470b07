#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The proxy as a program. See --help.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

import { FaultProxy } from "./fault_proxy.mjs";

const kHelp = `fault-proxy: a TCP proxy that behaves like a bad network

  tools/fault-proxy/main.mjs --to [HOST:]PORT [--listen PORT] [--seed N] [faults]

  --to [HOST:]PORT        where connections go
  --listen PORT           where they come, on 127.0.0.1; 0, the default, takes a free one
  --seed N                repeats the decisions; one that is printed when none is given

Faults; times are in ms, "every" is on average and for each connection:
  --delay MS --jitter MS  each piece is late by MS, and up to MS more; the order is kept
  --rate BYTES            a second, in each direction
  --split BYTES           pieces of 1 to BYTES, each written by itself
  --stall-every MS        nothing passes for --stall-for MS (200)
  --reset-every MS        both sides get a reset
  --half-open-every MS    nothing passes any more, neither side is told; --half-open-for MS (5000)
  --refuse PERCENT        of the connections are reset at once

Serves until SIGINT or SIGTERM, then prints what it has done. Loopback only.
`;

const kNumbers = {
  listen: "listen",
  seed: "seed",
  delay: "delay",
  jitter: "jitter",
  rate: "rate",
  split: "split",
  "stall-every": "stallEvery",
  "stall-for": "stallFor",
  "reset-every": "resetEvery",
  "half-open-every": "halfOpenEvery",
  "half-open-for": "halfOpenFor",
  refuse: "refuse",
};

function readOptions() {
  const options = { help: { type: "boolean", short: "h" }, to: { type: "string" } };
  for (const name of Object.keys(kNumbers)) options[name] = { type: "string" };
  const { values } = parseArgs({ options });
  if (values.help) return { help: true };
  const target = /^(?:(.+):)?(\d+)$/.exec(values.to ?? "");
  if (!target) throw new Error("--to wants [HOST:]PORT");
  const result = { host: target[1] ?? "127.0.0.1", port: Number(target[2]), faults: {} };
  result.seed = randomInt(2 ** 31);
  for (const [name, key] of Object.entries(kNumbers)) {
    if (values[name] === undefined) continue;
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} wants a whole number`);
    if (key === "listen" || key === "seed") result[key] = number;
    else result.faults[key] = number;
  }
  return result;
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(kHelp);
    return;
  }
  const proxy = await FaultProxy.start(options);
  console.log(`127.0.0.1:${proxy.port} -> ${options.host}:${options.port}, seed ${options.seed}`);
  const stop = async () => {
    await proxy.stop();
    console.log(JSON.stringify(proxy.stats));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
}

main().catch((error) => {
  console.error(`fault-proxy: ${error.message}\n${kHelp}`);
  process.exitCode = 2;
});
