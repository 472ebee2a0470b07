// SPDX-License-Identifier: MIT
//
// Who emits to the clients of a cluster (classic adapter) without being one of its servers: npm's
// emitter, and ours as a program (`conformance-server --emit`). Both do what the servers' event "do"
// does, as far as emitters can.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";

import { kBinary } from "../support/server.mjs";
import { within } from "../support/wait.mjs";

class NpmEmitter {
  name = "npm";

  static async start(redis, key) {
    const emitter = new NpmEmitter();
    emitter.client = createClient({ url: redis.url });
    emitter.client.on("error", () => {});
    await emitter.client.connect();
    emitter.emitter = new Emitter(emitter.client, { key });
    return emitter;
  }

  async do(op, { nsp, to = [], except = [], flags = {}, event, args, repeat, rooms, close } = {}) {
    const base = nsp === undefined ? this.emitter : this.emitter.of(nsp);
    if (op === "server-emit") return base.serverSideEmit(event, ...args);
    let selection = base.to(to).except(except);
    if (flags.volatile) selection = selection.volatile;
    if (flags.compress !== undefined) selection = selection.compress(flags.compress);
    if (op === "emit") {
      for (let i = 0; i < (repeat ?? 1); i++) {
        selection.emit(event, ...args, ...(repeat ? [i] : []));
      }
    } else if (op === "sockets-join") {
      selection.socketsJoin(rooms);
    } else if (op === "sockets-leave") {
      selection.socketsLeave(rooms);
    } else if (op === "disconnect-sockets") {
      selection.disconnectSockets(close);
    } else {
      throw new Error(`emitters do not ${op}`);
    }
    return undefined;
  }

  async stop() {
    await this.client.close();
  }
}

// Bytes in a line of JSON.
function written(value) {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString("base64") };
  if (Array.isArray(value)) return value.map(written);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner)]));
}

class PatchbayEmitter {
  name = "patchbay";
  #queue = Promise.resolve();

  static async start(redis, key) {
    const emitter = new PatchbayEmitter();
    const args = ["--emit", "--redis", redis.url, "--key", key];
    emitter.child = spawn(kBinary, args, { stdio: ["pipe", "pipe", "inherit"] });
    emitter.end = once(emitter.child, "close");
    emitter.lines = createInterface({ input: emitter.child.stdout })[Symbol.asyncIterator]();
    return emitter;
  }

  // One line there, one line back.
  do(op, command = {}) {
    this.#queue = this.#queue.then(async () => {
      this.child.stdin.write(`${JSON.stringify(written({ op, ...command }))}\n`);
      const { value, done } = await within(this.lines.next(), `answer to ${op}`);
      assert.ok(!done, "the emitter has ended");
      assert.equal(JSON.parse(value).error, null);
    });
    return this.#queue;
  }

  async stop() {
    this.child.stdin.end();
    try {
      const [code, signal] = await within(this.end, "end of the emitter");
      assert.deepEqual([code, signal], [0, null]);
    } finally {
      this.child.kill("SIGKILL");
    }
  }
}

export const kEmitters = { npm: NpmEmitter, patchbay: PatchbayEmitter };
