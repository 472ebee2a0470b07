// SPDX-License-Identifier: MIT
//
// The working tree against an earlier commit, in turn (base, now, base, now) in one run: what else
// the machine does hits both alike. The working tree's generator drives both.
import { availableParallelism } from "node:os";

import { fitted } from "../compare.d/cases.mjs";
import { loadAverage, openFiles } from "../compare.d/machine.mjs";
import { measureAll } from "../compare.d/measure.mjs";
import { Results } from "../compare.d/results.mjs";
import { buildBase, buildNow, defaultBase, describeCommit, describeTree, resolve } from "./builds.mjs";
import { HELP, parseCommandLine } from "./command_line.mjs";
import { HEAD, describe, judge } from "./verdict.mjs";

const kCannotTell = 2;

async function compare({ base, cases, repeat, tolerance }, say) {
  if (availableParallelism() < 2) throw new Error("needs two cores: one for the server, one for the generator");
  const commit = base === undefined ? defaultBase() : resolve(base);
  say(`base: ${describeCommit(commit)}\nnow:  ${describeTree()}\n`);
  const servers = [
    { name: "base", command: [await buildBase(commit)] },
    { name: "now", command: [await buildNow()] },
  ];

  say(HEAD);
  const verdicts = [];
  const before = loadAverage()[0];
  for (const each of cases) {
    const pair = { ...fitted(each, openFiles()), servers: ["base", "now"] };
    const runs = await measureAll([pair], servers, repeat, () => {});
    verdicts.push(judge(new Results(runs), each, tolerance));
    say(describe(verdicts.at(-1)));
  }
  const after = loadAverage()[0];
  say(`\nload average ${before} to ${after}`);
  return { base: commit, tolerance, load_average: [before, after], verdicts };
}

/** Returns the exit code. */
export async function main(args) {
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
