// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { quick } from "../lib/scenarios.mjs";
import { format } from "../lib/statistics.mjs";
import { CASES, fitted } from "./cases.mjs";
import { parseCommandLine } from "./command_line.mjs";
import { describeMachine, loadAverage, openFiles } from "./machine.mjs";
import { measureAll } from "./measure.mjs";
import { briefReport, fullReport, replaceBlock } from "./report.mjs";
import { judge } from "./requirements.mjs";
import { Results, failureOf } from "./results.mjs";
import { ROOT, SERVERS, versions, whyMissing } from "./servers.mjs";

const kTargets = ["bench-load", "bench-limit", "bench-server"];
const kOurs = ["limit", "patchbay", "patchbay-2-threads"];

function build() {
  const run = (...args) => {
    const { status, error, stdout } = spawnSync("cmake", args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    if (status === 0) return;
    process.stderr.write(stdout ?? "");
    throw new Error(`cmake ${args.join(" ")}: ${error?.message ?? "failed"}`);
  };
  run("--preset", "bench");
  run("--build", "--preset", "bench", "--target", ...kTargets);
}

function tell(each, server, report) {
  const cpu = report.server_cpu_us?.total;
  const figures = [
    cpu && `${format(cpu)} µs`,
    report.latency_us && `p99 ${format(report.latency_us.p99)} µs`,
    report.rss_kib?.per_connection && `${format(report.rss_kib.per_connection)} KiB a connection`,
  ].filter(Boolean);
  console.error(`${each.name}, ${server.title}: ${failureOf(report) ?? figures.join(", ")}`);
}

function chosenCases({ cases, seconds }) {
  const limit = openFiles();
  return CASES.filter(({ name }) => cases.includes(name))
    .map((each) => fitted(each, limit))
    .map((each) => (seconds === undefined ? each : quick(each, seconds)));
}

// What a report says about its cases and servers; how they are started is no one's business later.
const named = ({ name, title }) => ({ name, title });

async function take(options) {
  const wanted = SERVERS.filter(({ name }) => options.servers.includes(name));
  const cases = chosenCases(options);
  const leftOut = wanted.flatMap((server) => {
    const why = whyMissing(server);
    return why ? [{ ...named(server), why: why.replace(`${ROOT}/`, "") }] : [];
  });
  const servers = wanted.filter((server) => !whyMissing(server));
  for (const { title, why } of leftOut) console.error(`left out: ${title}: ${why}`);

  // Of what has just been built: the tree may change meanwhile.
  const measured = versions(servers);
  const before = loadAverage()[0];
  const runs = await measureAll(cases, servers, options.repeat, tell);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    versions: measured,
    repeat: options.repeat,
    load_average: [before, loadAverage()[0]],
    left_out: leftOut,
    cases: cases.filter(({ name }) => name in runs).map(named),
    servers: servers.map(named),
    runs,
  };
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeReadmes(report) {
  for (const [path, block] of [["README.md", briefReport(report)], ["tools/bench/README.md", fullReport(report)]]) {
    const file = join(ROOT, path);
    writeFileSync(file, replaceBlock(readFileSync(file, "utf8"), block));
  }
}

/** Returns the exit code. */
export async function main(args) {
  const options = parseCommandLine(args);
  if (options.build && !options.from) build();
  const report = options.from ? JSON.parse(readFileSync(options.from, "utf8")) : await take(options);
  if (!options.from) write(options.json, JSON.stringify(report, null, 1) + "\n");
  process.stdout.write(fullReport(report));
  if (options.writeReadme) writeReadmes(report);

  const results = new Results(report.runs);
  const failed = report.cases.some(({ name }) => kOurs.some((server) => results.failures(name, server).length > 0));
  const missed = options.strict && judge(results).some(({ met }) => !met);
  return failed || missed ? 1 : 0;
}
