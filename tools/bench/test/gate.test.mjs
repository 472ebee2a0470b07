// SPDX-License-Identifier: MIT
//
// What the gate and the comparison calculate, without servers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { describe as line, judge } from "../gate.d/verdict.mjs";
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

const figures = (now, base, errors = []) => ({ now, base, errors });

test("the gate lets pass what grew within the tolerance", () => {
  assert.equal(judge(figures([1.1, 9, 0], [1, 1, 1]), 1.1).outcome, "ok");
  assert.equal(judge(figures([0.5], [1]), 1.1).ratio, 0.5);
});

test("the gate stops what grew beyond it", () => {
  const verdict = judge(figures([1.2, 1.2, 0.1], [1, 1, 9]), 1.1);
  assert.equal(verdict.outcome, "slower");
  assert.match(line(findScenario("echo"), verdict), /1\.00 \(1\.00–9\.00\) .* 1\.20 \(0\.100–1\.20\) .* 1\.200 × slower/);
});

test("a machine that becomes slower half-way does not count", () => {
  assert.equal(judge(figures([1, 1, 1, 3, 3], [1, 1, 3, 3, 3]), 1.1).ratio, 1);
  assert.equal(judge(figures([1, 1, 4, 4, 4], [1, 1, 1, 4, 4]), 1.1).ratio, 1);
});

test("a failed run does not pass, however good the others are", () => {
  assert.equal(judge(figures([1], [1], ["now: wrong order"]), 1.1).outcome, "failed");
  assert.equal(judge(figures([], [1]), 1.1).outcome, "failed");
  assert.equal(judge(figures([1], []), 1.1).outcome, "failed");
  assert.equal(judge(figures([1], [1, 1]), 1.1).outcome, "failed");
  assert.match(line(findScenario("echo"), judge(figures([1], []), 1.1)), /no figures .*failed/);
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
