// SPDX-License-Identifier: MIT
//
// What the comparison calculates and writes, without servers.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { CASES, fitted } from "../compare.d/cases.mjs";
import { schedule } from "../compare.d/measure.mjs";
import { briefReport, fullReport, replaceBlock, table } from "../compare.d/report.mjs";
import { judge } from "../compare.d/requirements.mjs";
import { Results, failureOf } from "../compare.d/results.mjs";
import { SERVERS } from "../compare.d/servers.mjs";

const run = (cpu, more = {}) => ({ errors: 0, error_kinds: {}, server_cpu_us: { total: cpu }, ...more });
const broken = { errors: 3, error_kinds: { "wrong order": 2, "missing answer": 1 } };

const kCpu = "server_cpu_us.total";

function reportOf(runs) {
  const chosen = (all, keep) => all.filter(({ name }) => keep(name)).map(({ name, title }) => ({ name, title }));
  return {
    date: "2026-01-02",
    machine: { processor: "Z80", cores: 2, memory_gib: 1, system: "CP/M", kernel: "BDOS 2.2" },
    versions: { Patchbay: "0.1.0" },
    repeat: 3,
    load_average: [0.5, 1],
    left_out: [{ name: "bun", title: "Bun", why: "not installed" }],
    cases: chosen(CASES, (name) => name in runs),
    servers: chosen(SERVERS, (name) => Object.values(runs).some((each) => name in each)),
    runs,
  };
}

describe("figures", () => {
  test("are the median of the rounds and their range", () => {
    const results = new Results({ echo: { limit: [run(3), run(1), run(2)] } });
    assert.deepEqual(results.figure("echo", "limit", kCpu), { median: 2, min: 1, max: 3, count: 3 });
    assert.equal(results.figure("echo", "bun", kCpu), null);
    assert.equal(results.figure("echo", "limit", "rss_kib.before"), null);
  });

  test("leave out rounds with errors, which are told", () => {
    const results = new Results({ echo: { limit: [run(1), { ...run(100), ...broken }, { errors: 1, failure: "gone" }] } });
    assert.equal(results.figure("echo", "limit", kCpu).median, 1);
    assert.deepEqual(results.failures("echo", "limit"), ["wrong order: 2, missing answer: 1", "gone"]);
    assert.equal(failureOf(run(1)), null);
  });

  test("are divided round by round", () => {
    // A machine at half its speed in the last two rounds: medians by themselves would say 4.
    const runs = { echo: { limit: [run(1), run(1), run(1), run(2), run(2)], patchbay: [run(2), run(2), run(4), run(4), run(4)] } };
    const above = ["echo", "patchbay", kCpu];
    assert.deepEqual(new Results(runs).ratio(above, ["echo", "limit", kCpu]), { median: 2, min: 2, max: 4, count: 5 });
  });

  test("a round that one of two lacks is in no ratio", () => {
    const runs = { echo: { limit: [broken, run(1)], patchbay: [run(9), run(2), run(9)] } };
    const ratio = new Results(runs).ratio(["echo", "patchbay", kCpu], ["echo", "limit", kCpu]);
    assert.deepEqual(ratio, { median: 2, min: 2, max: 2, count: 1 });
  });
});

describe("verdicts", () => {
  const verdicts = (runs) => judge(new Results(runs)).map(({ what, met }) => [what, met]);

  test("compare with the limit, with Node.js and with Bun", () => {
    const echo = (cpu) => verdicts({ echo: { limit: [run(1)], patchbay: [run(cpu)], "node-ws": [run(14)], bun: [run(1.45)] } });
    const names = ["CPU, × the limit", "CPU, × better than Node.js with ws", "CPU, × better than Bun"];
    assert.deepEqual(echo(1.4), names.map((name) => [name, true]));
    assert.deepEqual(echo(1.6), names.map((name) => [name, false]));
  });

  test("say nothing about what was not measured", () => {
    assert.deepEqual(verdicts({ echo: { limit: [run(1)] } }), []);
  });

  test("a case of Patchbay's that failed is a miss", () => {
    const storm = verdicts({ "storm-20k": { patchbay: [broken] } });
    assert.deepEqual(storm.map(([, met]) => met), [false, false]);
  });

  test("know cases only that there are", () => {
    const everything = Object.fromEntries(
      CASES.map(({ name, servers }) => [name, Object.fromEntries(servers.map((server) => [server, [broken]]))]),
    );
    const judged = judge(new Results(everything));
    assert.ok(judged.every(({ name, met }) => name in everything && !met));
    assert.equal(judged.length, 33 + 1 + 3 + 2 + 3 + 4);
  });
});

describe("cases", () => {
  test("have names of their own and servers that exist", () => {
    const servers = SERVERS.map(({ name }) => name);
    assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
    assert.ok(CASES.every((each) => each.servers.every((server) => servers.includes(server))));
  });

  test("have as many connections as there can be open files, and say so", () => {
    const storm = CASES.find(({ name }) => name === "storm-20k");
    const roomy = fitted(storm, 1_000_000);
    assert.deepEqual([roomy.title, roomy.args.slice(-2)], [storm.title, ["--connections", 20_000]]);
    const tight = fitted(storm, 5_100);
    assert.deepEqual([tight.title, tight.args.slice(-2)], [`${storm.title} (here 5,000)`, ["--connections", 5_000]]);
    const echo = CASES.find(({ name }) => name === "echo");
    assert.equal(fitted(echo, 50), echo);
  });

  test("are measured in turn, those of a group in the same rounds", () => {
    const servers = [{ name: "a" }, { name: "b" }];
    const cases = [
      { name: "1", group: "x", servers: ["a", "b"] },
      { name: "2", group: "y", servers: ["b"], repeat: 1 },
      { name: "3", group: "x", servers: ["a"] },
    ];
    const order = [...schedule(cases, servers, 2)].map(([each, server]) => each.name + server.name);
    assert.deepEqual(order, ["1a", "1b", "3a", "1a", "1b", "3a", "2b"]);
  });
});

describe("tables", () => {
  test("have words on the left and numbers on the right", () => {
    assert.equal(table(["", "n"], [["a", "1"]]), "|  | n |\n| --- | ---: |\n| a | 1 |");
    assert.match(table(["", "what", "n"], [], 2), /\| --- \| --- \| ---: \|$/);
  });

  const runs = {
    echo: { limit: [run(1), run(1), run(1)], patchbay: [run(1.2), run(1.25), run(1.3)], "node-ws": [run(15), broken, run(15)] },
  };

  test("show median and range, ratios, verdicts and what went wrong", () => {
    const text = fullReport(reportOf(runs));
    const row = /\| echo, 100 connections, depth 16 \| 1\.00 \| 1\.25 \(1\.20–1\.30\) \| 15\.0 failed \| 1\.25 \| 12\.0 \|/;
    assert.match(text, row);
    assert.match(text, /\| CPU, × the limit \| ≤ 1\.5 \| 1\.25 \| met \|/);
    assert.match(text, /- echo.*, Node\.js, ws: wrong order: 2, missing answer: 1/);
    assert.match(text, /2026-01-02, Z80, 2 cores, 1 GiB, CP\/M, BDOS 2\.2; medians of 3; load average 0\.5 to 1\.0/);
    assert.match(text, /Left out: Bun \(not installed\)/);
  });

  test("have no column for a server that was not measured, and no table without rows", () => {
    const text = fullReport(reportOf(runs));
    assert.doesNotMatch(text, /eiows/);
    assert.doesNotMatch(text, /KiB per connection/);
  });

  test("are shorter in the README", () => {
    const text = briefReport(reportOf({ ...runs, "threads-echo": { "patchbay-2-threads": [run(1)] } }));
    assert.match(text, /\| echo, 100 connections, depth 16 \| 1\.00 \| 1\.25 \|/);
    assert.doesNotMatch(text, /2 threads|both cores/);
  });
});

describe("a block in a document", () => {
  const document = "# Title\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nrest\n";

  test("is replaced, and nothing else", () => {
    const once = replaceBlock(document, "new $& text\n");
    assert.equal(once, "# Title\n<!-- bench:begin -->\nnew $& text\n<!-- bench:end -->\nrest\n");
    assert.equal(replaceBlock(once, "new $& text\n"), once);
  });

  test("has to be there", () => {
    assert.throws(() => replaceBlock("nothing", "x"), /bench:begin/);
    assert.throws(() => replaceBlock("<!-- bench:end --><!-- bench:begin -->", "x"), /to write between/);
  });
});
