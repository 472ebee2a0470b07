// SPDX-License-Identifier: MIT
//
// Runs the tests of socket.io-client or engine.io-client, as they are in a checkout of
// https://github.com/socketio/socket.io, with the published build of that client against the
// fixture. Only the files that would start a Node.js server are left out.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { startServer } from "../support/server.mjs";

const kHere = dirname(fileURLToPath(import.meta.url));
const kModules = join(kHere, "node_modules");
const kScratch = resolve(kHere, "../../build/suites");

const kSuites = {
  "socket.io-client": {
    mode: "socketio-client-suite",
    port: 3210,
    leftOut: ["support/hooks.ts", "support/server.ts"],
    mocha: ["--import=tsx", "test/index.ts"],
  },
  "engine.io-client": {
    mode: "engineio-client-suite",
    port: 3000,
    leftOut: ["support/hooks.js", "support/server.js", "webtransport.mjs"],
    mocha: ["test/index.js"],
  },
};

const kNames = Object.keys(kSuites).join("|");
const kUsage = `usage: node run.mjs CHECKOUT ${kNames} [options] [-- MOCHA_OPTIONS]
  --times N      how often (default 1)
  --no-fixture   a server is running already, on the suite's port`;

function parseCommandLine() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { times: { type: "string", default: "1" }, "no-fixture": { type: "boolean" } },
  });
  const [checkout, name, ...mochaOptions] = positionals;
  if (!(name in kSuites)) throw new Error(kUsage);
  const times = Number(values.times);
  return { checkout, name, times, fixture: !values["no-fixture"], mochaOptions };
}

// The tests expect to lie in the client's package: its entry point above them, its build beside.
function prepare(checkout, name, { leftOut }) {
  const root = join(kScratch, name);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  cpSync(join(checkout, "packages", name, "test"), join(root, "test"), { recursive: true });
  for (const file of leftOut) rmSync(join(root, "test", file));
  symlinkSync(kModules, join(root, "node_modules"));
  symlinkSync(join(kModules, name, "build"), join(root, "build"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, type: "commonjs" }));
  writeFileSync(join(root, "index.js"), 'module.exports = require("./build/cjs/index.js");\n');
  return root;
}

function runMocha(root, options) {
  const mocha = join(kModules, "mocha/bin/mocha.js");
  const child = spawn(process.execPath, [mocha, "--exit", ...options], {
    cwd: root,
    stdio: "inherit",
  });
  return new Promise((done, fail) => child.once("error", fail).once("close", done));
}

async function runOnce(root, suite, { fixture, mochaOptions }) {
  const server = fixture && (await startServer(suite.mode, "--port", suite.port));
  try {
    return await runMocha(root, [...suite.mocha, ...mochaOptions]);
  } finally {
    if (server) await server.stop();
  }
}

try {
  const choice = parseCommandLine();
  const suite = kSuites[choice.name];
  const root = prepare(choice.checkout, choice.name, suite);
  for (let i = 0; i < choice.times; i++) {
    if ((await runOnce(root, suite, choice)) !== 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
