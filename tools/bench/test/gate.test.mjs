// SPDX-License-Identifier: MIT
//
// What the gate concludes from what was measured, without servers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Results } from "../compare.d/results.mjs";
import { GATE_CASES, parseCommandLine } from "../gate.d/command_line.mjs";
import { describe as line, judge } from "../gate.d/verdict.mjs";

const echo = GATE_CASES.find(({ name }) => name === "echo");
const run = (total) => (typeof total === "number" ? { errors: 0, server_cpu_us: { total } } : total);
const results = (now, base) => new Results({ echo: { now: now.map(run), base: base.map(run) } });
const verdict = (now, base, tolerance = 1.1) => judge(results(now, base), echo, tolerance);

test("what grew within the tolerance passes, and what shrank", () => {
  assert.equal(verdict([1.1, 9, 0.1], [1, 1, 1]).outcome, "ok");
  assert.equal(verdict([0.5], [1]).ratio, 0.5);
  assert.equal(verdict([1.2], [1], 1.25).outcome, "ok");
});

test("what grew beyond it does not", () => {
  const slower = verdict([1.2, 1.2, 0.1], [1, 1, 9]);
  assert.equal(slower.outcome, "slower");
  assert.match(line(slower), /^echo +1\.0+ \(1\.0+–9\.0+\) +1\.20? \(0\.10*–1\.20?\) +1\.200 slower$/);
});

test("a machine that becomes slower half-way does both alike", () => {
  assert.equal(verdict([1, 1, 4, 4, 4], [1, 1, 1, 4, 4]).ratio, 1);
  assert.equal(verdict([1, 1, 1, 3, 3], [1, 1, 3, 3, 3]).ratio, 1);
});

test("with a run that failed a case does not pass, however good the others are", () => {
  const wrong = { errors: 3, error_kinds: { "wrong order": 3 }, server_cpu_us: { total: 1 } };
  assert.equal(verdict([1, wrong, 1], [1, 1, 1]).outcome, "failed");
  assert.match(line(verdict([1], [wrong])), /no figure .* failed\n  base: wrong order: 3$/);
  assert.equal(verdict([1], [{ failure: "it did not start" }]).outcome, "failed");
});

test("without a figure there is no passing", () => {
  assert.equal(verdict([], []).outcome, "failed");
  assert.equal(verdict([{ errors: 0 }], [1]).outcome, "failed");
});

test("the command line has sensible values, and says what is wrong with others", () => {
  const { repeat, tolerance, cases } = parseCommandLine([]);
  assert.deepEqual([repeat, tolerance], [5, 1.1]);
  assert.ok(cases.includes(echo));
  assert.deepEqual(parseCommandLine(["--only", "idle"]).cases[0].figure, "rss_kib.per_connection");
  for (const [args, text] of [
    [["--repeat", "4"], /--repeat takes 5 or more/],
    [["--repeat", "5.5"], /--repeat/],
    [["--tolerance", "no"], /--tolerance/],
    [["--only", "eco"], /no such case: eco; there are echo, ack/],
    [["--unknown"], /unknown/],
  ]) {
    assert.throws(() => parseCommandLine(args), text);
  }
});
