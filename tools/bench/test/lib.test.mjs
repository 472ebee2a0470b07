// SPDX-License-Identifier: MIT
//
// What lib/ calculates, and that what it starts ends with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { readReport } from "../lib/load.mjs";
import { figureOf, findScenario, quick, SCENARIOS } from "../lib/scenarios.mjs";
import { format, median, ratio, summarise } from "../lib/statistics.mjs";

test("the median is the middle, whatever the order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([10, 9, 100, 1]), 9.5);
  assert.equal(median([7]), 7);
  assert.throws(() => median([]), RangeError);
});

test("the numbers that were handed in stay as they were", () => {
  const numbers = [3, 1, 2];
  median(numbers);
  assert.deepEqual(numbers, [3, 1, 2]);
});

test("a summary has the median and the range", () => {
  assert.deepEqual(summarise([2, 30, 1]), { median: 2, min: 1, max: 30, count: 3 });
  assert.equal(summarise([]), null);
});

test("a ratio needs two numbers and a positive divisor", () => {
  assert.equal(ratio(3, 2), 1.5);
  assert.equal(ratio(3, 0), null);
  assert.equal(ratio(3, -1), null);
  assert.equal(ratio(undefined, 2), null);
  assert.equal(ratio(2, null), null);
});

test("numbers are printed with three digits, and thousands apart", () => {
  assert.deepEqual(
    [0, 0.01234, 0.9996, 1.234, 12.34, 999.6, 1234, 1234567, -1.5, NaN, undefined].map(format),
    ["0", "0.0123", "1.00", "1.23", "12.3", "1 000", "1 230", "1 230 000", "-1.50", "–", "–"],
  );
});

test("a report is one JSON object with a count of errors", () => {
  assert.deepEqual(readReport('{"errors":0}\n'), { errors: 0 });
  for (const text of ["", "null", "{}", '{"errors":"0"}', '{"errors":0'] ) assert.equal(readReport(text), null);
});

test("a figure that is not there is none", () => {
  const report = { server_cpu_us: { total: 1.5 }, rss_kib: { per_connection: null } };
  assert.equal(figureOf(report, ["server_cpu_us", "total"]), 1.5);
  assert.equal(figureOf(report, ["rss_kib", "per_connection"]), null);
  assert.equal(figureOf({}, ["server_cpu_us", "total"]), null);
});

test("scenarios are found by name, and a wrong name says which there are", () => {
  assert.equal(findScenario("echo").args[0], "echo");
  assert.throws(() => findScenario("eco"), /no such scenario: eco \(there are echo, ack/);
  assert.equal(new Set(SCENARIOS.map((scenario) => scenario.name)).size, SCENARIOS.length);
});

test("a quick run changes times only", () => {
  const echo = findScenario("echo-4k");
  assert.deepEqual(quick(echo).args, ["echo", "--payload", 4096, "--seconds", 0.5, "--warmup", 0.25]);
  assert.ok(echo.args.includes(3));
  assert.deepEqual(quick(findScenario("connect")).args, ["connect"]);
});

// A shell that has a child of its own; both would outlive the test.
const kFamily = ["sh", "-c", "sleep 60 & echo started; wait"];

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`after ${signal} nothing is left of what was started`, { timeout: 20_000 }, async () => {
    const program = `
      import { start } from ${JSON.stringify(new URL("../lib/children.mjs", import.meta.url).href)};
      start(${JSON.stringify(kFamily)}, { group: true, stdio: "inherit" });`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program]);
    await once(parent.stdout, "data");
    parent.kill(signal);
    await once(parent, "close");  // when the last of the family, which have the same pipe, has ended
    assert.equal(parent.exitCode, signal === "SIGINT" ? 130 : 143);
  });
}
