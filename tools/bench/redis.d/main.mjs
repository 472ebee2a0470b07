// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";

import { Redis } from "../../../interop/support/redis.mjs";
import { measure } from "../lib/load.mjs";
import { startServer } from "../lib/server.mjs";
import { median } from "../lib/statistics.mjs";

const kBuild = fileURLToPath(new URL("../../../build/bench/tools/bench/", import.meta.url));
const kLoad = kBuild + "bench-load";
const kServer = kBuild + "server/bench-server";
const kScenario = { args: ["broadcast", "--seconds", 3, "--warmup", 1] };

const kVariants = [
  { name: "alone", options: [] },
  { name: "classic", options: ["--adapter", "classic"] },
  { name: "sharded", options: ["--adapter", "sharded"] },
  { name: "streams", options: ["--adapter", "streams"] },
];

async function costOf({ options }, redis) {
  const joined = options.includes("--adapter") ? [...options, "--redis", redis.url] : options;
  const other = joined === options ? null : await startServer([kServer, ...joined], { core: 1 });
  try {
    const report = await measure(kLoad, [kServer, ...joined], kScenario);
    if (report.errors > 0) throw new Error(report.failure ?? JSON.stringify(report.error_kinds));
    return report.server_cpu_us.total;
  } finally {
    await other?.stop();
  }
}

export async function main([rounds = 3]) {
  const redis = await Redis.start();
  const costs = new Map(kVariants.map(({ name }) => [name, []]));
  try {
    for (let i = 0; i < Number(rounds); ++i) {
      for (const variant of kVariants) costs.get(variant.name).push(await costOf(variant, redis));
    }
  } finally {
    await redis.stop();
  }
  console.log("| server | µs CPU / delivery | × alone |\n|---|---|---|");
  for (const { name } of kVariants) {
    const cost = median(costs.get(name));
    console.log(`| ${name} | ${cost.toFixed(3)} | ${(cost / median(costs.get("alone"))).toFixed(2)} |`);
  }
}
