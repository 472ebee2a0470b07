// SPDX-License-Identifier: MIT
//
// Starts the conformance server as a child process and ends it by its pid. A server that died, did
// not stop on SIGTERM, or printed a sanitizer report fails the tests that used it.

import { spawn } from "node:child_process";
import { after, afterEach, before, beforeEach } from "node:test";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

import { kBalancer, nextTest, startBalanced } from "./balanced.mjs";
import { destroyConnections } from "./http.mjs";
import { kOverTls, testCertificate } from "./tls.mjs";
import { within } from "./wait.mjs";

const kInteropRoot = fileURLToPath(new URL("..", import.meta.url));
const kNodeServer = resolve(kInteropRoot, "cluster/node_server.mjs");
export const kBinary = resolve(
  kInteropRoot,
  process.env.CONFORMANCE_BIN ?? "../build/release/interop/conformance-server",
);
// How many of the server's threads a run of the tests wants.
const kThreads = process.env.CONFORMANCE_THREADS
  ? ["--threads", process.env.CONFORMANCE_THREADS]
  : [];
const kSanitizerReport =
  /(ERROR|WARNING): (Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:/;
// Sanitizer builds start and stop slowly.
const kStartTimeout = 15_000;
const kStopTimeout = 15_000;
const kKeptOutput = 256 * 1024;

// Options that keep heartbeats out of the tests about other things.
export const kQuiet = ["--ping-interval", 25_000, "--ping-timeout", 20_000];

function tlsOptions() {
  if (!kOverTls) return [];
  const { certificate, key } = testCertificate();
  return ["--tls-cert", certificate, "--tls-key", key];
}

class Server {
  #child;
  #stderr = "";
  #exit;
  #killed = false;

  constructor([program, ...args]) {
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-kKeptOutput);
    });
    this.#exit = new Promise((done, fail) => {
      this.#child.once("error", (error) =>
        fail(new Error(`cannot run ${program}: ${error.message}`)),
      );
      // "close", not "exit": by then all of stderr has been read.
      this.#child.once("close", (code, signal) => done({ code, signal }));
    });
    this.#exit.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  get alive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stderr() {
    return this.#stderr;
  }

  async waitForPort() {
    const line = new Promise((done) => {
      let seen = "";
      this.#child.stdout.setEncoding("utf8").on("data", (text) => {
        if (this.port) return;
        seen += text;
        const match = /^listening on (https?:\/\/[\d.]+:(\d+))\r?\n/m.exec(seen);
        if (match) done({ url: match[1], port: Number(match[2]) });
      });
    });
    const died = this.#exit.then(({ code, signal }) => {
      throw new Error(`server ended at once (${signal ?? code})\n${this.#stderr}`);
    });
    died.catch(() => {});
    try {
      const { url, port } = await within(Promise.race([line, died]), "server start", kStartTimeout);
      this.url = url;
      this.port = port;
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
  }

  // Like a loss of power. stop() does not mind any more.
  async kill() {
    this.#killed = true;
    this.#child.kill("SIGKILL");
    await within(this.#exit, "server's end", kStopTimeout);
  }

  // Goes on existing, but does nothing until thaw().
  freeze() {
    this.#child.kill("SIGSTOP");
  }

  thaw() {
    this.#child.kill("SIGCONT");
  }

  // Fails when anything about the server's life was not as it should be.
  async stop() {
    if (this.#killed) return;
    const early = !this.alive;
    this.#child.kill("SIGTERM");
    let ending;
    try {
      ending = await within(this.#exit, "server stop after SIGTERM", kStopTimeout);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
    const verdict = `(${ending.signal ?? ending.code})\n${this.#stderr}`;
    if (early) throw new Error(`server died during the tests ${verdict}`);
    if (ending.code !== 0) throw new Error(`server did not stop cleanly ${verdict}`);
    if (kSanitizerReport.test(this.#stderr)) throw new Error(`sanitizer report\n${this.#stderr}`);
  }
}

export function startServer(mode, ...options) {
  const start = (given) => startServerBy([], mode, ...given);
  return kBalancer ? startBalanced(start, mode, options) : start(options);
}

// By a command that executes the one behind it: ["ip", "netns", "exec", "name"].
export async function startServerBy(prefix, mode, ...options) {
  const args = [`--${mode}`, "--port", "0", ...kThreads, ...tlsOptions(), ...options];
  return startCommand([...prefix, kBinary, ...args.map(String)]);
}

// The stock Node.js server that does what the fixture's mode --cluster does.
export function startNodeServer(...options) {
  return startCommand([process.execPath, kNodeServer, "--port", "0", ...options.map(String)]);
}

async function startCommand(command) {
  const server = new Server(command);
  await server.waitForPort();
  return server;
}

// For use inside describe(): the server runs while the tests of that block do. The object is filled
// in before the first of them. Raw connections last for one test.
export function useServer(mode, ...options) {
  const handle = {};
  before(async () => {
    handle.server = await startServer(mode, ...options);
    handle.port = handle.server.port;
    handle.url = handle.server.url;
  });
  beforeEach(nextTest);
  afterEach(destroyConnections);
  after(() => handle.server?.stop());
  return handle;
}
