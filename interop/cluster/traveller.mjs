// SPDX-License-Identifier: MIT
//
// A stock client that loses its server and comes back by itself to another: what it connects to is a
// proxy that leads elsewhere then.

import assert from "node:assert/strict";

import { FaultProxy } from "../../tools/fault-proxy/fault_proxy.mjs";
import { eventually, within } from "../support/wait.mjs";

const kOffset = /^\d+-\d+$/;
const kPatience = 10_000;

export const kData = { name: "☃", list: [1, { bin: Buffer.from("é") }] };

// The cluster has a client of Redis as its `inspector`.
export class Traveller {
  #lost; // its id before

  static async start(cluster, index, { rooms = ["r"], data = kData, nsp = "/" } = {}) {
    const traveller = new Traveller();
    traveller.cluster = cluster;
    traveller.proxy = await FaultProxy.start({ port: cluster.servers[index].port });
    traveller.member = await cluster.connect(index, "traveller", {
      url: `http://127.0.0.1:${traveller.proxy.port}`,
      nsp,
      reconnection: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 50,
    });
    const { member } = traveller;
    await member.do("enter", { rooms });
    await member.do("set-data", { data });
    // Who has not received anything cannot say what it has missed.
    await member.do("reply", { event: "welcome", args: [] });
    await member.until("welcome");
    traveller.id = member.id;
    traveller.rooms = [member.id, ...rooms].sort();
    member.seen.length = 0;
    return traveller;
  }

  get pid() {
    return this.member.socket._pid;
  }

  get offset() {
    return this.member.socket._lastOffset;
  }

  get key() {
    return `${this.cluster.prefix}:session:${this.pid}`;
  }

  async isKept() {
    return (await this.cluster.inspector.exists(this.key)) === 1;
  }

  // Loses its connection, and does not get another one for now.
  lose() {
    this.#lost = this.member.id;
    this.proxy.faults = { refuse: 100 };
    this.proxy.resetAll();
  }

  // The same. Resolves when its server has written down what is to be known of it.
  async leave(observer) {
    this.lose();
    await eventually(() => this.isKept(), "session in Redis");
    const found = await observer.do("fetch", { to: [this.#lost], flags: { local: true } });
    assert.deepEqual(found, []);
  }

  async arrive(index) {
    this.proxy.target = { port: this.cluster.servers[index].port };
    const { socket } = this.member;
    const back = new Promise((done) => socket.once("connect", done));
    this.proxy.faults = {};
    await within(back, "return of the traveller", kPatience);
  }

  async hasRecovered() {
    const { member } = this;
    assert.deepEqual([member.socket.recovered, member.id], [true, this.id]);
    assert.deepEqual(await member.state(), {
      id: this.id,
      rooms: this.rooms,
      data: kData,
      recovered: true,
    });
  }

  async isNew() {
    const { member } = this;
    assert.ok(!member.socket.recovered);
    assert.notEqual(member.id, this.id);
    const { recovered, rooms } = await member.state();
    assert.deepEqual([recovered, rooms], [false, [member.id]]);
  }

  // What it was sent, without the offsets.
  news() {
    return this.member.received("news").map((args) => {
      assert.match(args.at(-1), kOffset);
      return args.slice(0, -1);
    });
  }

  async stop() {
    this.cluster.drop(this.member);
    await this.proxy.stop();
  }
}

export async function travelling(cluster, index, act, options) {
  const traveller = await Traveller.start(cluster, index, options);
  try {
    await act(traveller);
  } finally {
    await traveller.stop();
  }
}
