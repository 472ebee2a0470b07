// SPDX-License-Identifier: MIT
//
// Numbered events that each server of a cluster emits to all clients of all servers, and an account of
// what arrived where.

import assert from "node:assert/strict";

import { eventually, sleep } from "../support/wait.mjs";

const kPatience = 30_000;
const kPace = 4; // ms between two bursts of a server, about
const kBurst = 5; // on their way at the same time
const kTransports = [["websocket"], ["websocket"], ["polling"]];

export class Load {
  #scouts;
  #stopped = false;
  #runs;
  sent = []; // by server
  clients = []; // by server, of each several

  // scouts: one member of each server.
  static async start(cluster, scouts) {
    const load = new Load();
    load.#scouts = scouts;
    load.sent = scouts.map(() => 0);
    load.clients = await Promise.all(
      scouts.map((_, i) =>
        Promise.all(
          kTransports.map((transports, n) => cluster.connect(i, `${i}.${n}`, { transports })),
        ),
      ),
    );
    for (const client of load.clients.flat()) {
      client.got = scouts.map(() => []);
      client.socket.on("n", (server, number) => client.got[server].push(number));
    }
    load.#runs = scouts.map((_, i) => load.#emit(i));
    for (const run of load.#runs) run.catch(() => {}); // stop() tells
    return load;
  }

  async #emit(server) {
    while (!this.#stopped) {
      const burst = Array.from({ length: kBurst }, () =>
        this.#scouts[server].do("emit", { event: "n", args: [server, this.sent[server]++] }),
      );
      await Promise.all(burst);
      await sleep(kPace);
    }
  }

  // The least that all clients of `at` have had of what the server emits: all up to this number.
  #reached(server, at) {
    return Math.min(...this.clients[at].map(({ got }) => got[server].at(-1) ?? -1));
  }

  // Resolves when what `server` emits from now on arrives at the clients of `at`, so many of them.
  async flows(server, at, count = 1) {
    const goal = this.sent[server] + count - 1;
    await eventually(
      () => this.#reached(server, at) >= goal,
      `event ${goal} of server ${server} at clients of server ${at}`,
      kPatience,
    );
  }

  flowsEverywhere(count) {
    const servers = [...this.sent.keys()];
    return Promise.all(servers.flatMap((from) => servers.map((at) => this.flows(from, at, count))));
  }

  flowsLocally(servers, count) {
    return Promise.all(servers.map((server) => this.flows(server, server, count)));
  }

  // How many events of `server` the clients of `at` lack by now.
  behind(server, at) {
    return this.sent[server] - 1 - this.#reached(server, at);
  }

  // For when something has failed.
  abort() {
    this.#stopped = true;
  }

  // Stops emitting. The last of what each server has emitted arrives everywhere.
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#runs);
    const servers = [...this.sent.keys()];
    for (const from of servers) {
      for (const at of servers) {
        await eventually(
          () => this.#reached(from, at) === this.sent[from] - 1,
          `the last of server ${from} at clients of server ${at}`,
          kPatience,
        );
      }
    }
  }

  // Each event of the server has arrived exactly once, and in order, at each client of `at`.
  assertComplete(server, at) {
    const all = Array.from({ length: this.sent[server] }, (_, n) => n);
    for (const { name, got } of this.clients[at]) {
      const { lost, repeated } = account(got[server], this.sent[server]);
      const text = `of ${server} at ${name}: lost ${lost}, repeated ${repeated}`;
      assert.ok(lost.length === 0 && repeated.length === 0, text);
      assert.deepEqual(got[server], all, `order of ${server} at ${name}`);
    }
  }

  // None has arrived twice, and those that have come are in order. Gives how many are missing.
  assertAtMostOnce(server, at) {
    let missing = 0;
    for (const { name, got } of this.clients[at]) {
      const { lost, repeated } = account(got[server], this.sent[server]);
      assert.deepEqual(repeated, [], `repeated of ${server} at ${name}`);
      assert.deepEqual(
        got[server],
        [...got[server]].sort((a, b) => a - b),
        `order at ${name}`,
      );
      missing = Math.max(missing, lost.length);
    }
    return missing;
  }
}

function account(numbers, sent) {
  const seen = new Set();
  const repeated = numbers.filter((n) => seen.size === seen.add(n).size);
  return { repeated, lost: Array.from({ length: sent }, (_, n) => n).filter((n) => !seen.has(n)) };
}
