// SPDX-License-Identifier: MIT
//
// Measures the working tree against an earlier commit, turn by turn in one run, so that whatever
// else the machine does hits both alike. One generator, the working tree's, drives both.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { measure } from "../lib/load.mjs";
import { figureOf, findScenario } from "../lib/scenarios.mjs";
import { buildBase, buildNow, defaultBase, describeCommit, describeHead, resolve } from "./builds.mjs";
import { describe, judge } from "./verdict.mjs";

const USAGE = `usage: tools/bench/gate [options]
Is the working tree slower than an earlier commit? Exit code 1 when it is, 2 when that cannot be told.
  --base REF          the earlier commit (default: where this branch left main, or the one before)
  --only NAME,...     scenarios (default: ${defaultNames().join(",")})
  --repeat N          runs of each, at least 5 (default: 5)
  --tolerance RATIO   the most that a figure may grow (default: 1.10)
  --json              print one JSON object instead of a table`;

const MIN_REPEAT = 5;
const FAILED = 2;

function defaultNames() {
  return ["echo", "ack", "echo-d1", "echo-4k", "binary", "broadcast", "broadcast-d4", "room", "polling", "connect"];
}

class UsageError extends Error {}

function readOptions() {
  const options = {
    base: { type: "string" },
    only: { type: "string", default: defaultNames().join(",") },
    repeat: { type: "string", default: String(MIN_REPEAT) },
    tolerance: { type: "string", default: "1.10" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const settings = {
      ...values,
      repeat: Number(values.repeat),
      tolerance: Number(values.tolerance),
      scenarios: values.only.split(",").map((name) => findScenario(name)),
    };
    if (!Number.isInteger(settings.repeat) || settings.repeat < MIN_REPEAT) {
      throw new Error(`--repeat takes ${MIN_REPEAT} or more: fewer runs tell nothing`);
    }
    if (!(settings.tolerance > 0)) throw new Error("--tolerance takes a ratio such as 1.10");
    return settings;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Figures of one scenario: { now: [...], base: [...], errors: [...] }. */
async function series(load, servers, scenario, repeat) {
  const figures = { now: [], base: [], errors: [] };
  for (let turn = 0; turn < repeat; ++turn) {
    // Who goes first changes, since the second run of a pair may find a warmer machine.
    const order = turn % 2 === 0 ? ["base", "now"] : ["now", "base"];
    for (const side of order) {
      const report = await measure(load, [servers[side]], scenario);
      const figure = figureOf(report, scenario.figure);
      if (report.errors > 0 || figure === null) {
        figures.errors.push(`${side}: ${report.failure ?? JSON.stringify(report.error_kinds)}`);
      } else {
        figures[side].push(figure);
      }
    }
  }
  return figures;
}

async function main() {
  const settings = readOptions();
  if (settings.help) return console.log(USAGE);
  if (availableParallelism() < 2) throw new Error("two cores are needed: one for the server, one for the generator");
  const say = settings.json ? () => {} : console.log;
  const commit = settings.base ? await resolve(settings.base) : await defaultBase();
  say(`base: ${await describeCommit(commit)}\nnow:  ${await describeHead()}`);
  const { server: base } = await buildBase(commit);
  const { server: now, load } = await buildNow();

  say(`\n${"scenario".padEnd(14)} ${"base".padEnd(24)} ${"now".padEnd(24)}    ratio`);
  const results = [];
  for (const scenario of settings.scenarios) {
    const figures = await series(load, { base, now }, scenario, settings.repeat);
    const verdict = judge(figures, settings.tolerance);
    results.push({ scenario: scenario.name, ...verdict });
    say(describe(scenario, verdict));
    for (const error of new Set(figures.errors)) say(`  ${error}`);
  }
  if (settings.json) console.log(JSON.stringify({ base: commit, tolerance: settings.tolerance, results }, null, 2));
  process.exitCode = results.every((result) => result.outcome === "ok") ? 0 : 1;
}

main().catch((error) => {
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : `gate: ${error.message}`);
  process.exitCode = FAILED;
});
