// SPDX-License-Identifier: MIT
//
// Processes that end when this one does, however that comes about.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const STOP_PATIENCE_MS = 3_000;

const running = new Set();

// What is left at the end; kill() is synchronous.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Starts `command` ([program, ...arguments]) on one core of the machine; no core, no pinning. */
export function start(command, { core, ...options } = {}) {
  const [program, ...args] = core === undefined ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
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
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
  await child.ended;
  clearTimeout(impatience);
}

function collect(stream) {
  const chunks = [];
  stream?.on("data", (chunk) => chunks.push(chunk));
  return { text: () => Buffer.concat(chunks).toString() };
}
