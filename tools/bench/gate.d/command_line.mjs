// SPDX-License-Identifier: MIT
import { parseArgs } from "node:util";

import { CASES } from "../compare.d/cases.mjs";

const kMinRepeat = 5;

const kDefault = ["echo", "ack", "echo-d1", "echo-4k", "binary", "polling", "broadcast", "broadcast-d4", "room", "connect"];

/** Cases of compare that are about one server thread, with what counts in them. */
export const GATE_CASES = CASES.filter(({ cores, repeat }) => !cores && !repeat).map((each) => ({
  ...each,
  figure: (each.figure ?? ["server_cpu_us", "total"]).join("."),
}));

const kOptions = {
  base: { type: "string" },
  only: { type: "string", default: kDefault.join(",") },
  repeat: { type: "string", default: String(kMinRepeat) },
  tolerance: { type: "string", default: "1.10" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

export const HELP = `tools/bench/gate: is the working tree slower than an earlier commit?

  --base REF          the earlier commit (where this branch left main, or else the commit before)
  --only CASES        comma-separated: ${GATE_CASES.map(({ name }) => name).join(", ")}
                      (${kDefault.join(",")})
  --repeat N          rounds of which the median counts, at least ${kMinRepeat} (${kMinRepeat})
  --tolerance RATIO   the most that a figure may have grown (1.10)
  --json              one JSON object instead of a table

Exit code 0: no; 1: yes, or a run failed; 2: it could not be measured.`;

function findCase(name) {
  const found = GATE_CASES.find((each) => each.name === name);
  if (!found) throw new Error(`no such case: ${name}; there are ${GATE_CASES.map((each) => each.name).join(", ")}`);
  return found;
}

/** Throws an Error with a text for people. */
export function parseCommandLine(args) {
  const { values } = parseArgs({ args, options: kOptions });
  const [repeat, tolerance] = [values.repeat, values.tolerance].map(Number);
  if (!Number.isInteger(repeat) || repeat < kMinRepeat) {
    throw new Error(`--repeat takes ${kMinRepeat} or more: fewer rounds tell nothing`);
  }
  if (!(tolerance > 0)) throw new Error("--tolerance takes a ratio such as 1.10");
  return { ...values, cases: values.only.split(",").map(findCase), repeat, tolerance };
}
