// SPDX-License-Identifier: MIT
// The program under test: one that runs already (PATCHBAY_URL) or one started for this run.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const defaultBinary = fileURLToPath(
  new URL("../../build/release/server/patchbay", import.meta.url),
);
const startTimeoutMs = 10_000;
const stopTimeoutMs = 10_000;

async function readUrl(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/http:\/\/\S+/);
    if (url) return url[0];
  }
  throw new Error("the program ended without saying where it listens");
}

function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Returns {url, stop}; `stop` resolves to the exit code, or to 0 for a program we did not start.
export async function startProgram(...options) {
  if (process.env.PATCHBAY_URL) return { url: process.env.PATCHBAY_URL, stop: async () => 0 };

  const binary = process.env.PATCHBAY_BIN ?? defaultBinary;
  const child = spawn(binary, ["--port", "0", "--host", "127.0.0.1", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  exited.catch(() => {}); // a failed start is reported by the race below
  const failed = once(child, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  try {
    const url = await within(startTimeoutMs, "the start", Promise.race([readUrl(child), failed]));
    child.stdout.resume(); // a full pipe would block the program
    const stop = async () => {
      child.kill("SIGINT");
      try {
        const [code, signal] = await within(stopTimeoutMs, "the stop", exited);
        return code ?? signal;
      } catch (error) {
        child.kill("SIGKILL");
        throw error;
      }
    };
    return { url, stop };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
