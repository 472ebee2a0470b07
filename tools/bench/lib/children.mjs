// SPDX-License-Identifier: MIT
//
// Processes that end when this one does, however that comes about.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const STOP_PATIENCE_MS = 3_000;

const running = new Set();

// What is left at the end; kill() is synchronous.
process.on("exit", () => {
  for (const child of running) end(child, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/**
 * Starts `command` ([program, ...arguments]) on `core` of the machine (or several, "0,1"; anywhere
 * without). `group`: it starts processes of its own, which are to end with it.
 */
export function start(command, { core, group = false, ...options } = {}) {
  const [program, ...args] = core === undefined ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: group, ...options });
  child.leadsGroup = group;
  running.add(child);
  child.ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).then((end) => {
    running.delete(child);
    return end;
  });
  return child;
}

function end(child, signal) {
  if (!child.leadsGroup || child.pid === undefined) return child.kill(signal);
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Runs a command to its end; resolves with its exit code and what it has printed. */
export async function run(command, options) {
  const child = start(command, options);
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const { code, signal, error } = await child.ended;
  if (error) throw new Error(`cannot run ${command[0]}: ${error.message}`);
  return { code, signal, stdout: output.text(), stderr: errors.text() };
}

/** Ends a child and waits until it is gone. */
export async function stop(child) {
  if (!running.has(child)) return;
  end(child, "SIGTERM");
  const impatience = setTimeout(() => end(child, "SIGKILL"), STOP_PATIENCE_MS);
  await child.ended;
  clearTimeout(impatience);
}

function collect(stream) {
  const chunks = [];
  stream?.on("data", (chunk) => chunks.push(chunk));
  return { text: () => Buffer.concat(chunks).toString() };
}
