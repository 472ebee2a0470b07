// SPDX-License-Identifier: MIT
//
// A redis-server of the tests' own: on a free port of the loopback interface, with a folder that goes
// with it. It can die like one that lost its power, and come back with what it had written down.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";

import { createClient } from "redis";

import { makeCertificate } from "./tls.mjs";
import { within } from "./wait.mjs";

const kStartTimeout = 15_000;
const kStopTimeout = 10_000;
const kAttempts = 5;

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// As lines of redis.conf.
function configuration({ port, folder, durable, password, user, tls }) {
  const lines = ["bind 127.0.0.1", `dir ${folder}`, "daemonize no", 'save ""', "databases 4"];
  // "always": what was answered has been written, so that it outlives a SIGKILL.
  lines.push(...(durable ? ["appendonly yes", "appendfsync always"] : ["appendonly no"]));
  if (tls) {
    lines.push("port 0", `tls-port ${port}`, "tls-auth-clients no");
    lines.push(`tls-cert-file ${tls.certificate}`, `tls-key-file ${tls.key}`);
    lines.push(`tls-ca-cert-file ${tls.certificate}`);
  } else {
    lines.push(`port ${port}`);
  }
  if (user) {
    lines.push("user default off", `user ${user} on >${password} ~* &* +@all`);
  } else if (password) {
    lines.push(`requirepass ${password}`);
  }
  return lines.join("\n") + "\n";
}

export class Redis {
  #options;
  #child;
  #exit;
  #output = "";

  // durable: keeps its data over kill() and restart(). password, user: who may use it. tls: speaks
  // TLS with a certificate of its own, which `caFile` names.
  static async start(options = {}) {
    const redis = new Redis();
    redis.folder = mkdtempSync(join(tmpdir(), "patchbay-redis-"));
    redis.#options = { ...options, tls: options.tls ? makeCertificate() : null };
    redis.caFile = redis.#options.tls?.certificate;
    // Somebody else may take the port before redis-server does.
    for (let attempt = 1; ; attempt++) {
      redis.port = await freePort();
      try {
        await redis.#run();
        return redis;
      } catch (error) {
        if (attempt === kAttempts || !/in use/.test(error.message)) {
          redis.#forget();
          throw error;
        }
      }
    }
  }

  get url() {
    const { tls, user = "", password } = this.#options;
    const credentials = password ? `${user}:${encodeURIComponent(password)}@` : "";
    return `${tls ? "rediss" : "redis"}://${credentials}127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  async #run() {
    const file = join(this.folder, "redis.conf");
    const settings = { ...this.#options, port: this.port, folder: this.folder };
    writeFileSync(file, configuration(settings));
    this.#output = "";
    const child = spawn("redis-server", [file], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#exit = new Promise((done, fail) => {
      child.once("error", (error) => fail(new Error(`cannot run redis-server: ${error.message}`)));
      child.once("close", (code, signal) => done(signal ?? code));
    });
    const ready = new Promise((done) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text) => {
          this.#output = (this.#output + text).slice(-65536);
          if (this.#output.includes("Ready to accept connections")) done();
        });
      }
    });
    const died = this.#exit.then((how) => {
      throw new Error(`redis-server ended at once (${how})\n${this.#output}`);
    });
    died.catch(() => {});
    try {
      await within(Promise.race([ready, died]), "start of redis-server", kStartTimeout);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  #forget() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  // Resolves when it is gone.
  async kill() {
    this.#child.kill("SIGKILL");
    await within(this.#exit, "end of redis-server", kStopTimeout);
  }

  // On the same port, with the same folder.
  restart() {
    return this.#run();
  }

  async stop() {
    this.#child.kill("SIGTERM");
    try {
      await within(this.#exit, "end of redis-server", kStopTimeout);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    } finally {
      this.#forget();
    }
  }

  async client() {
    const client = createClient({ url: this.url, socket: this.#options.tls && { ca: this.ca } });
    client.on("error", () => {}); // the command that needed the connection fails as well
    await client.connect();
    return client;
  }

  get ca() {
    return this.#options.tls?.ca;
  }
}

// For use inside describe(), or for a whole file outside of one. `inspector` is to look into it with.
export function useRedis(options) {
  const handle = {};
  before(async () => {
    handle.redis = await Redis.start(options);
    handle.inspector = await handle.redis.client();
  });
  after(async () => {
    handle.inspector?.destroy();
    await handle.redis?.stop();
  });
  return handle;
}
