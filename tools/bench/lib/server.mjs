// SPDX-License-Identifier: MIT
//
// A server under test: started anew for each run, on a free port, on a core of its own.
import { start, stop } from "./children.mjs";

export const SERVER_CORE = 0;
const START_PATIENCE_MS = 10_000;
const KEPT_OUTPUT = 4_000;

/** Starts the command and resolves with { port, pid, stop() } when it listens. */
export async function startServer(command, { core = SERVER_CORE } = {}) {
  const child = start([...command, "--port", "0"], { core });
  try {
    const port = await listeningPort(child, command[0]);
    return { port, pid: child.pid, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

// Servers print one line when they listen, the last number of which is the port.
function listeningPort(child, name) {
  return new Promise((resolve, reject) => {
    let printed = "";
    let complaints = "";
    const timer = setTimeout(() => reject(new Error(`${name} does not listen`)), START_PATIENCE_MS);
    child.stdout.on("data", (chunk) => {
      printed = (printed + chunk).slice(-KEPT_OUTPUT);
      const found = /listening on.*?(\d+)\s*\n/.exec(printed);
      if (!found) return;
      clearTimeout(timer);
      resolve(Number(found[1]));
    });
    child.stderr.on("data", (chunk) => (complaints = (complaints + chunk).slice(-KEPT_OUTPUT)));
    child.ended.then(({ error, code, signal }) => {
      clearTimeout(timer);
      const why = error?.message ?? `it ended with ${signal ?? code}`;
      reject(new Error(`${name} does not start: ${why}\n${complaints}`.trim()));
    });
  });
}
