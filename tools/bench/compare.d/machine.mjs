// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

function distribution() {
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"));
  return name?.[1] ?? type();
}

/** What the figures depend on; not which machine it was. */
export function describeMachine() {
  const processors = cpus();
  return {
    processor: processors[0].model.trim(),
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: distribution(),
    // The numbers of the version; what a builder appends to them says nothing about speed.
    kernel: `${type()} ${/^[\d.]+\d/.exec(release())}`,
  };
}

export const loadAverage = () => loadavg().map((value) => Number(value.toFixed(2)));

/** How many files a process may have open, at most: connections are files. */
export function openFiles() {
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return hard === "unlimited" ? Infinity : Number(hard);
}
