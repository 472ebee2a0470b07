// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { parseArgs } from "node:util";

import { CASES } from "./cases.mjs";
import { ROOT, SERVERS } from "./servers.mjs";

const kOptions = {
  only: { type: "string" },
  servers: { type: "string" },
  repeat: { type: "string" },
  seconds: { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "string", default: join(ROOT, "build/bench/compare.json") },
  from: { type: "string" },
  "no-build": { type: "boolean", default: false },
  "write-readme": { type: "boolean", default: false },
  strict: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const names = (list) => list.map(({ name }) => name);

const kHelp = `tools/bench/compare: measures Patchbay beside other Socket.IO servers, and prints tables in Markdown.

  --only CASES      comma-separated: ${names(CASES).join(", ")}
  --servers NAMES   comma-separated: ${names(SERVERS).join(", ")}
  --repeat N        rounds of which the median counts (3)
  --seconds S       per run (3)
  --quick           one short round of each case that does not take minutes: to see that all works
  --json FILE       where everything that was measured goes (build/bench/compare.json)
  --from FILE       tables from such a file, without measuring
  --no-build        with the programs as they are
  --write-readme    puts the tables into README.md and tools/bench/README.md
  --strict          exit code 1 also when a requirement is missed, not only when a run fails`;

function fail(message) {
  console.error(`tools/bench/compare: ${message}`);
  process.exit(2);
}

function chosen(text, all, what) {
  if (text === undefined) return all;
  const list = text.split(",");
  const unknown = list.find((name) => !all.includes(name));
  if (unknown !== undefined) fail(`no such ${what}: ${unknown}; there are ${all.join(", ")}`);
  return list;
}

function number(text, name, minimum) {
  const value = Number(text);
  if (!(value >= minimum)) fail(`--${name} must be a number from ${minimum} on`);
  return value;
}

function parse(args) {
  try {
    return parseArgs({ args, options: kOptions }).values;
  } catch (error) {
    return fail(error.message);
  }
}

export function parseCommandLine(args) {
  const values = parse(args);
  if (values.help) {
    console.log(kHelp);
    process.exit(0);
  }
  const short = values.quick;
  const cases = short ? CASES.filter(({ long }) => !long) : CASES;
  const seconds = values.seconds ?? (short ? "1" : undefined);
  return {
    cases: values.only === undefined ? names(cases) : chosen(values.only, names(CASES), "case"),
    servers: chosen(values.servers, names(SERVERS), "server"),
    repeat: Math.floor(number(values.repeat ?? (short ? "1" : "3"), "repeat", 1)),
    seconds: seconds && number(seconds, "seconds", 0.1),
    json: values.json,
    from: values.from,
    build: !values["no-build"],
    writeReadme: values["write-readme"],
    strict: values.strict,
  };
}
