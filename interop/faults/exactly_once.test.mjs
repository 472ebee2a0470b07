// SPDX-License-Identifier: MIT
//
// Short runs of exactly_once.mjs; README.md says how to do the whole. Each is a process of its own, which
// is ended when it has told its result: after thousands of connections Node.js 20 at times does not come
// to its end by itself, when all is done and nothing is open any more.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const kScript = fileURLToPath(new URL("exactly_once.mjs", import.meta.url));

async function resultOf(signal, ...args) {
  const child = spawn(process.execPath, [kScript, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  const told = new Promise((done) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) done(JSON.parse(line));
    });
  });
  const ended = new Promise((_, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => fail(new Error(`ended (${signal ?? code}): ${complaints}`)));
  });
  ended.catch(() => {});
  try {
    return await Promise.race([told, ended]);
  } finally {
    child.kill("SIGKILL");
  }
}

for (const seed of [1, 2, 3]) {
  it(
    `2000 messages each way are handled once and in order, seed ${seed}`,
    { timeout: 60_000 },
    async (test) => {
      const result = await resultOf(test.signal, "--messages", 2000, "--seed", seed);
      test.diagnostic(JSON.stringify(result));
      // Otherwise the network was none to speak of.
      assert.ok(result.network.resets > 0 && result.connections > 10);
    },
  );
}
