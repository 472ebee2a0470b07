// SPDX-License-Identifier: MIT
//
// One of server/examples as a child process.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { within } from "../support/wait.mjs";

const kFolder =
  process.env.EXAMPLES_DIR ??
  fileURLToPath(new URL("../../build/release/server/examples", import.meta.url));
// Sanitizer builds start and stop slowly.
const kPatience = 15_000;

// Resolves to {url, stop} once the example listens. stop() sends SIGTERM and fails unless that ends
// the program with code 0 and nothing on its standard error stream.
export async function startExample(name, ...args) {
  const binary = resolve(kFolder, `example-${name}`);
  const child = spawn(binary, ["0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  const ended = once(child, "close");
  ended.catch(() => {}); // reported by the race below
  try {
    const url = await within(Promise.race([urlOf(child), ended.then(tooEarly)]), name, kPatience);
    return { url, stop };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }

  function tooEarly([code, signal]) {
    throw new Error(`${binary} ended at once (${signal ?? code})\n${complaints}`);
  }
  async function stop() {
    child.kill("SIGTERM");
    try {
      const [code, signal] = await within(ended, `end of ${name} after SIGTERM`, kPatience);
      assert.deepEqual([code, signal, complaints], [0, null, ""]);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }
}

// Reads on to the end: a full pipe would block the program.
function urlOf(child) {
  return new Promise((found) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
      if (match) found(match[1]);
    });
  });
}
