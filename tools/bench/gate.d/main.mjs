// SPDX-License-Identifier: MIT
//
// The working tree against an earlier commit, in turn (base, now, base, now) in one run: what else
// the machine does hits both alike. The working tree's generator drives both.
import { availableParallelism } from "node:os";

import { load } from "../compare.d/machine.mjs";
import { measure } from "../compare.d/measure.mjs";
import { endOnSignals } from "../compare.d/processes.mjs";
import { Results } from "../compare.d/results.mjs";
import { buildBase, buildNow, defaultBase, describeCommit, describeTree, resolve } from "./builds.mjs";
import { HELP, parseCommandLine } from "./command_line.mjs";
import { HEAD, describe, judge } from "./verdict.mjs";

const kCannotTell = 2;

async function compare({ base, cases, repeat, tolerance, seconds }, say) {
  if (availableParallelism() < 2) throw new Error("needs two cores: one for the server, one for the generator");
  const commit = base === undefined ? defaultBase() : resolve(base);
  say(`base: ${describeCommit(commit)}\nnow:  ${describeTree()}\n`);
  const servers = [
    { name: "base", command: [buildBase(commit)] },
    { name: "now", command: [buildNow()] },
  ];
  const generator = ["--seconds", String(seconds), "--warmup", String(seconds / 3)];
  const settings = { repeat, serverCpu: "0", loadCpu: "1", generator };

  say(HEAD);
  const verdicts = [];
  const before = load()[0];
  for (const each of cases) {
    const runs = await measure([{ ...each, repeat: undefined, servers: ["base", "now"] }], servers, settings, () => {});
    verdicts.push(judge(new Results(runs), each, tolerance));
    say(describe(verdicts.at(-1)));
  }
  const loadAverage = [before, load()[0]];
  say(`\nload average ${loadAverage.join(" to ")}`);
  return { base: commit, tolerance, load_average: loadAverage, verdicts };
}

/** Returns the exit code. */
export async function main(args) {
  endOnSignals();
  try {
    const options = parseCommandLine(args);
    if (options.help) {
      console.log(HELP);
      return 0;
    }
    const outcome = await compare(options, options.json ? () => {} : console.log);
    if (options.json) console.log(JSON.stringify(outcome, null, 1));
    return outcome.verdicts.every((verdict) => verdict.outcome === "ok") ? 0 : 1;
  } catch (error) {
    console.error(`tools/bench/gate: ${error.message}`);
    return kCannotTell;
  }
}
