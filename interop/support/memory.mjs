// SPDX-License-Identifier: MIT
//
// How much memory a process has, by what Linux says. In KiB.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

function statusOf(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(status)?.[1]);
}

export function residentMemory(pid) {
  return statusOf(pid, "VmRSS");
}

// Forgets the peak of before.
function resetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

// Sanitizers keep freed memory to find uses of it, and their own notes beside all of it.
const kMeasurable = process.env.CONFORMANCE_SANITIZED === undefined;

// Fails when the process has had more than `limit` KiB above what it had before, at any time during
// the work. What it had at most is written down with the test.
export async function withinMemory(test, pid, limit, work) {
  const before = residentMemory(pid);
  resetPeak(pid);
  const result = await work();
  const grown = statusOf(pid, "VmHWM") - before;
  test.diagnostic(`memory: ${before} KiB, ${grown} more at the peak, ${limit} allowed`);
  if (kMeasurable) assert.ok(grown <= limit, `${grown} KiB more at the peak; ${limit} allowed`);
  return result;
}
