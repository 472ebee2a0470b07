// SPDX-License-Identifier: MIT
//
// Starting programs on cores of their own, and ending them whatever happens.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const kStartMs = 20_000;
const kStopMs = 10_000;
const kDescriptors = 300_000;  // 100,000 connections, with room
const kListening = /listening on (?:port )?(\d+)/;

const running = new Set();

// Also when this process ends by an exception, or by a signal (endOnSignals).
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Ends everything that was started, then this process, on Ctrl-C and the like. */
export function endOnSignals() {
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]]) {
    process.on(signal, () => process.exit(128 + number));
  }
}

let launcher;

// Both exec what they start, so that the pid is the program's. Raising the hard limit of descriptors
// takes privileges: without, the large cases fail by themselves.
function launcherFor(cpus) {
  if (launcher === undefined) {
    const raise = ["prlimit", `--nofile=${kDescriptors}:${kDescriptors}`];
    launcher = spawnSync(raise[0], [...raise.slice(1), "true"]).status === 0 ? raise : [];
  }
  return [...launcher, "taskset", "-c", cpus];
}

function start(command, cpus) {
  const [program, ...args] = [...launcherFor(cpus), ...command];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.exited = once(child, "close").finally(() => running.delete(child));
  child.exited.catch(() => {});
  child.said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (child.said = (child.said + text).slice(-2000)));
  return child;
}

async function stop(child) {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), kStopMs);
  await child.exited;
  clearTimeout(timer);
}

async function portOf(child) {
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const port = kListening.exec(line)?.[1];
    if (port) return Number(port);
  }
  throw new Error(`the server ended at once: ${child.said.trim()}`);
}

/** Runs `use({port, pid})` against a fresh server on a free port, and ends the server. */
export async function withServer(command, cpus, use) {
  const child = start([...command, "--port", "0"], cpus);
  try {
    const late = delay(kStartMs, undefined, { ref: false }).then(() => {
      throw new Error("the server does not say that it listens");
    });
    const port = await Promise.race([portOf(child), late]);
    child.stdout.resume();
    return await use({ port, pid: child.pid });
  } finally {
    await stop(child);
  }
}

/** What the program wrote to its standard output. Fails when it takes longer than `limitMs`, or when
 * it wrote nothing. */
export async function output(command, cpus, limitMs) {
  const child = start(command, cpus);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  await child.exited;
  clearTimeout(timer);
  if (child.signalCode) throw new Error(`${command[0]} was ended by ${child.signalCode}`);
  if (!text) throw new Error(child.said.trim() || `${command[0]} said nothing`);
  return text;
}
