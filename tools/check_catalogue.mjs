#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// Fails when PARITY.md or the behaviour catalogue (tests/catalogue/) names a test that does not
// exist or leaves a row without a verdict, or when their counts are not those of the rows.

import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const kRoot = join(dirname(fileURLToPath(import.meta.url)), "..");
const kSuites = ["engine.io", "socket.io", "adapter", "parser"];
const kReferences = /([\w./-]+\.(?:cpp|mjs)) ("[^"]+"(?:, "[^"]+")*)/g;

const failures = [];
const fail = (file, line, text) => failures.push(`${file}:${line}: ${text}`);
const read = (path) => readFileSync(join(kRoot, path), "utf8");

function* filesBelow(directory) {
  for (const entry of readdirSync(join(kRoot, directory), { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules") yield* filesBelow(path);
    if (entry.isFile()) yield path;
  }
}

// The names in a file, by its path or just its last part: of test cases and subcases; in JavaScript
// also the first words of the rows of tables that tests are made from.
function namesOfTests() {
  const names = new Map();
  const add = (path, found) => {
    for (const key of [path, basename(path)]) {
      names.set(key, new Set([...(names.get(key) ?? []), ...found]));
    }
  };
  for (const path of filesBelow("tests")) {
    if (!path.endsWith("_test.cpp")) continue;
    const found = read(path).matchAll(
      /\b(?:TEST_CASE|TEST_CASE_FIXTURE|TEST_CASE_TEMPLATE|SUBCASE)\(\s*(?:\w+,\s*)?"([^"]+)"/g,
    );
    add(path, Array.from(found, (match) => match[1]));
  }
  for (const path of filesBelow("interop")) {
    if (!path.endsWith(".test.mjs")) continue;
    const found = read(path).matchAll(
      /(?:\b(?:it|test|describe)\(|\bname:|\[)\s*(["'`])((?:(?!\1).)+)\1/g,
    );
    add(path, Array.from(found, (match) => match[2]));
  }
  return names;
}

// The cells of each row of the tables, with the number of the line and the headings above it.
function* tableRows(text) {
  let heading = "";
  let header = null;
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
    if (!line.startsWith("|")) {
      header = null;
      continue;
    }
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (header === null) {
      header = cells;
    } else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) {
      yield { number, heading, header, cells };
    }
  }
}

const names = namesOfTests();

// True when the cell names at least one test. Every name in it must exist.
function checkReferences(file, number, cell) {
  let count = 0;
  for (const [, path, list] of cell.matchAll(kReferences)) {
    for (const [, name] of list.matchAll(/"([^"]+)"/g)) {
      count += 1;
      if (!names.has(path)) fail(file, number, `no test file ${path}`);
      else if (!names.get(path).has(name)) fail(file, number, `no test "${name}" in ${path}`);
    }
  }
  return count > 0;
}

function readReasons() {
  const file = "tests/catalogue/README.md";
  const rows = [...tableRows(read(file))].filter(({ header }) => header[0] === "reason");
  return new Map(rows.map(({ cells }) => [cells[0], 0]));
}

const reasons = readReasons();

// Counts the verdicts of one suite; the headings say how many cases each upstream file has.
function countSuite(suite) {
  const file = `tests/catalogue/${suite}.md`;
  const text = read(file);
  const totals = { declared: 0, covered: 0, "not applicable": 0, open: 0 };
  const perHeading = new Map();
  for (const { number, heading, cells } of tableRows(text)) {
    const verdict = cells[2] ?? "";
    const place = `${heading} ${cells[0]}`;
    if (perHeading.has(place)) fail(file, number, `case ${cells[0]} comes twice`);
    perHeading.set(place, heading);
    totals.declared += 1;
    if (verdict.startsWith("n/a: ")) {
      const reason = verdict.slice("n/a: ".length);
      if (!reasons.has(reason)) fail(file, number, `unknown reason "${reason}"`);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      totals["not applicable"] += 1;
    } else if (verdict.startsWith("open: ")) {
      totals.open += 1;
    } else if (checkReferences(file, number, verdict)) {
      totals.covered += 1;
    } else {
      fail(file, number, `case ${cells[0]} has no verdict`);
    }
  }
  for (const [, heading, count] of text.matchAll(/^## (.*\((\d+)\))$/gm)) {
    const rows = [...perHeading.values()].filter((other) => other === heading).length;
    if (rows !== Number(count)) fail(file, 1, `"${heading}" has ${rows} rows`);
  }
  return totals;
}

function checkCounts(file, row, expected) {
  const found = row.cells.slice(1).join(" | ");
  const wanted = expected.join(" | ");
  if (found === wanted) return;
  fail(file, row.number, `"${row.cells[0]}" says ${found}, the rows say ${wanted}`);
}

function checkParity() {
  const file = "PARITY.md";
  const totals = new Map(kSuites.map((suite) => [suite, Object.values(countSuite(suite))]));
  const sum = (column) => [...totals.values()].reduce((all, row) => all + row[column], 0);
  totals.set("all", [0, 1, 2, 3].map(sum));
  const wanted = new Map([...totals, ...[...reasons].map(([reason, count]) => [reason, [count]])]);
  for (const row of tableRows(read(file))) {
    const [first] = row.header;
    if (first === "suite" || first === "reason") {
      const name = row.cells[0];
      if (wanted.has(name)) checkCounts(file, row, wanted.get(name));
      else fail(file, row.number, `nothing is known of "${name}"`);
      wanted.delete(name);
    } else if (first === "upstream") {
      const shown = row.cells[2] ?? "";
      const explained = /^(?:differs|open): ./.test(shown);
      if (!checkReferences(file, row.number, shown) && !explained) {
        fail(file, row.number, `"${row.cells[0]}" names neither a test nor a reason`);
      }
    }
  }
  for (const missing of wanted.keys()) fail(file, 1, `the counts of "${missing}" are missing`);
}

checkParity();
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
