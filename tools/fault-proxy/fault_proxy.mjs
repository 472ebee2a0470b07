// SPDX-License-Identifier: MIT
//
// A TCP proxy that behaves like a bad network, by a seed. For tests:
//
//   const proxy = await FaultProxy.start({ port, faults: { delay: 5, resetEvery: 500 }, seed: 7 });
//   ... connect to proxy.port ...
//   proxy.faults = {};        // a good network from now on, for living connections too
//   proxy.resetAll();         // and what else a test wants to happen now
//   proxy.target = { port: other };  // where later connections go
//   await proxy.stop();
//
// Faults, all off by default; times in milliseconds, "every" on average and for each connection:
//   delay, jitter    each piece is late by delay, and up to jitter more; the order is kept
//   rate             bytes a second, in each direction
//   split            pieces of 1 to so many bytes, each written by itself
//   stallEvery       nothing passes for stallFor (200), in both directions; then what has waited
//   resetEvery       both sides get a reset
//   halfOpenEvery    nothing passes any more, and neither side is told; after halfOpenFor (5000)
//                    both get a reset
//   refuse           percent of the connections that are reset at once
//
// The same seed makes the same decisions, connection by connection, in the order in which they are
// asked for. When they are asked for is up to who sends what when.

import net from "node:net";

import { Lane } from "./lane.mjs";
import { Random } from "./random.mjs";

class Link {
  #proxy;
  #client;
  #server;
  #lanes;
  #timers = new Set(); // of what is planned
  #deadline = null; // of a half-open connection
  #dead = false;

  constructor(proxy, client, server, random) {
    this.#proxy = proxy;
    this.#client = client;
    this.#server = server;
    const faults = () => proxy.faults;
    this.#lanes = [
      new Lane(client, server, faults, random),
      new Lane(server, client, faults, random),
    ];
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => {}); // "close" follows
      socket.on("close", (failed) => this.#onClose(failed));
    }
    this.random = random;
    this.plan();
  }

  // What is to happen to this connection, by the faults of now.
  plan() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (this.#dead) return;
    const {
      resetEvery,
      halfOpenEvery,
      stallEvery,
      stallFor = 200,
      halfOpenFor = 5000,
    } = this.#proxy.faults;
    if (resetEvery) this.#after(this.random.interval(resetEvery), () => this.reset());
    if (halfOpenEvery) {
      this.#after(this.random.interval(halfOpenEvery), () => this.freeze(halfOpenFor));
    }
    const stall = () => {
      this.stall(stallFor);
      this.#after(stallFor + this.random.interval(stallEvery), stall);
    };
    if (stallEvery) this.#after(this.random.interval(stallEvery), stall);
  }

  #after(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  stall(ms) {
    this.#proxy.stats.stalls++;
    for (const lane of this.#lanes) lane.hold(ms);
  }

  resume() {
    for (const lane of this.#lanes) lane.release();
  }

  freeze(ms) {
    this.#proxy.stats.halfOpen++;
    for (const lane of this.#lanes) lane.hold(Infinity);
    if (ms !== Infinity) this.#deadline = setTimeout(() => this.reset(), ms);
  }

  reset() {
    if (!this.#dead) this.#proxy.stats.resets++;
    this.#end((socket) => socket.resetAndDestroy());
  }

  destroy() {
    this.#end((socket) => socket.destroy());
  }

  // One side is gone for good: so is the other, once it has what was sent before.
  #onClose(failed) {
    if (failed) this.#end((socket) => socket.resetAndDestroy());
    else if (this.#client.destroyed && this.#server.destroyed) this.destroy();
  }

  #end(close) {
    if (this.#dead) return;
    this.#dead = true;
    for (const timer of [...this.#timers, this.#deadline]) clearTimeout(timer);
    for (const lane of this.#lanes) lane.stop();
    this.#proxy.stats.bytesUp += this.#lanes[0].passed;
    this.#proxy.stats.bytesDown += this.#lanes[1].passed;
    close(this.#client);
    close(this.#server);
    this.#proxy.links.delete(this);
  }
}

export class FaultProxy {
  links = new Set();
  stats = {
    connections: 0,
    refused: 0,
    resets: 0,
    stalls: 0,
    halfOpen: 0,
    bytesUp: 0,
    bytesDown: 0,
  };
  #faults;
  #target;
  #seeds;
  #server;

  // Listens on 127.0.0.1, on any free port by default, for connections to `port`.
  static async start({ port, host = "127.0.0.1", listen = 0, faults = {}, seed = 1 }) {
    const proxy = new FaultProxy();
    proxy.target = { port, host };
    proxy.#faults = faults;
    proxy.#seeds = new Random(seed);
    proxy.#server = net.createServer({ allowHalfOpen: true }, (client) => proxy.#connect(client));
    await new Promise((done, fail) => {
      proxy.#server.once("error", fail).listen(listen, "127.0.0.1", done);
    });
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  get faults() {
    return this.#faults;
  }

  set faults(faults) {
    this.#faults = faults;
    for (const link of this.links) link.plan();
  }

  set target({ port, host = "127.0.0.1" }) {
    this.#target = { port, host };
  }

  resetAll() {
    for (const link of [...this.links]) link.reset();
  }

  stallAll(ms) {
    for (const link of this.links) link.stall(ms);
  }

  // Ends it earlier.
  resumeAll() {
    for (const link of this.links) link.resume();
  }

  // Neither side learns that the other is gone.
  freezeAll(ms = Infinity) {
    for (const link of this.links) link.freeze(ms);
  }

  async stop() {
    for (const link of [...this.links]) link.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #connect(client) {
    this.stats.connections++;
    const random = new Random(this.#seeds.next());
    if (random.chance(this.#faults.refuse ?? 0)) {
      this.stats.refused++;
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const server = net.connect({ ...this.#target, allowHalfOpen: true });
    this.links.add(new Link(this, client, server, random));
  }
}
