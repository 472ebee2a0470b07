// SPDX-License-Identifier: MIT
//
// A few servers that share a Redis, some of them Patchbay and some Node.js, and stock clients on them.

import assert from "node:assert/strict";

import { call, closeSocket, connected, createSocket } from "../support/client.mjs";
import { startNodeServer, startServer } from "../support/server.mjs";
import { eventually, within } from "../support/wait.mjs";

// Who takes part. CLUSTER_SERVERS=node is the control: what passes there is what Node.js does.
export const kKinds = (process.env.CLUSTER_SERVERS ?? "patchbay,node").split(",");
export const kAdapters = ["classic", "sharded", "streams"];
export const kPairs = kKinds.flatMap((first) => kKinds.map((second) => [first, second]));

const kPatience = 10_000;
// Between two tries to reach everyone.
const kRetry = 100;

const kStarters = {
  patchbay: (...options) =>
    startServer("cluster", "--ping-interval", 25_000, "--ping-timeout", 20_000, ...options),
  node: startNodeServer,
};

let prefixes = 0;

// A client that keeps all that it is sent.
export class Member {
  seen = []; // [event, ...args]
  answer = undefined; // function (args, acknowledge) for "question"; without one it stays silent

  constructor(socket, name) {
    this.socket = socket;
    this.name = name;
    socket.onAny((event, ...args) => {
      if (typeof args.at(-1) === "function") args.pop();
      this.seen.push([event, ...args]);
    });
    socket.on("question", (...args) => {
      const acknowledge = args.pop();
      this.answer?.(args, acknowledge);
    });
  }

  get id() {
    return this.socket.id;
  }

  // What the member's server is to do; gives {error, value}.
  run(op, command = {}) {
    return call(this.socket, "do", { op, ...command });
  }

  // The same, where there is nothing that could go wrong.
  async do(op, command) {
    const { error, value } = await this.run(op, command);
    assert.equal(error, null, `${op} at ${this.name}`);
    return value;
  }

  state() {
    return this.do("state");
  }

  received(event) {
    return this.seen.filter(([name]) => name === event).map(([, ...args]) => args);
  }

  // There may be more arguments: with recovery, the offset comes behind them.
  until(event, ...args) {
    const wanted = JSON.stringify([event, ...args]);
    const is = (entry) => JSON.stringify(entry.slice(0, 1 + args.length)) === wanted;
    return eventually(
      () => this.seen.some((entry) => entry[0] === event && is(entry)),
      `${wanted} at ${this.name}`,
      kPatience,
    );
  }

  // The reason for which it was disconnected.
  async gone() {
    if (!this.socket.connected) return;
    const reason = new Promise((done) => this.socket.once("disconnect", done));
    assert.equal(await within(reason, `end of ${this.name}`), "io server disconnect");
  }
}

export class Cluster {
  servers = [];
  #members = [];
  #marks = 0;

  // kinds: of each server. options: of all of them, or a function that gives those of one.
  static async start({ redis, adapter, kinds, options = [] }) {
    const cluster = new Cluster();
    cluster.adapter = adapter;
    cluster.prefix = `t${process.pid}-${++prefixes}`;
    const own = typeof options === "function" ? options : () => options;
    const starts = await Promise.allSettled(
      kinds.map((kind, i) =>
        kStarters[kind](
          ...["--adapter", adapter, "--redis", redis.url, "--key", cluster.prefix],
          ...["--name", String(i), ...(redis.caFile ? ["--redis-ca", redis.caFile] : [])],
          ...own(i, kind),
        ),
      ),
    );
    cluster.servers = starts.flatMap(({ value }) => value ?? []);
    const failed = starts.find(({ reason }) => reason);
    if (failed) {
      await cluster.stop();
      throw failed.reason;
    }
    return cluster;
  }

  // A member named like "b2" for the second server. Its way there may be another one than the
  // straight one.
  async connect(index, name = `on ${index}`, { nsp = "/", url, ...options } = {}) {
    url ??= this.servers[index].url;
    const socket = createSocket(url + nsp, { transports: ["websocket"], ...options });
    const member = new Member(socket, name);
    this.#members.push(member);
    await connected(socket);
    return member;
  }

  // One member of each server, after all servers have heard from all.
  async scouts(nsp = "/", servers = this.servers.keys()) {
    const scouts = await Promise.all(
      [...servers].map((index) => this.connect(index, `scout ${index}`, { nsp })),
    );
    await this.settled(scouts);
    return scouts;
  }

  // That all count as many servers is not all of it: some subscribe to more than what is counted, and
  // readers of a stream begin at its end.
  async settled(scouts) {
    for (const scout of scouts) {
      const counts = async () => {
        const { error, value } = await scout.run("server-count"); // an error while Redis is not there
        return error === null && value === scouts.length;
      };
      await eventually(counts, `${scouts.length} servers known to ${scout.name}`, kPatience);
    }
    await this.reachable(scouts, scouts);
  }

  // Resolves when what each of the scouts has its server emit reaches all members: in `room`, or all.
  async reachable(scouts, members, room) {
    const to = room === undefined ? [] : [room];
    for (const scout of scouts) {
      const probe = `${scout.name}, ${++this.#marks}`;
      let due = 0;
      await eventually(
        async () => {
          if (members.every(({ seen }) => seen.some((e) => e[0] === "probe" && e[1] === probe))) {
            return true;
          }
          if (Date.now() >= due) {
            due = Date.now() + kRetry;
            await scout.do("emit", { event: "probe", args: [probe], to });
          }
          return false;
        },
        `${probe} in ${room ?? "all rooms"} at ${members.map(({ name }) => name)}`,
        kPatience,
      );
    }
  }

  // What each member is sent while `driver` acts, and until what it emits after that has arrived
  // everywhere: what has not come by then never will.
  async collect(driver, members, act) {
    for (const member of members) member.seen.length = 0;
    await act();
    const mark = ++this.#marks;
    await driver.do("emit", { event: "mark", args: [mark] });
    await Promise.all(members.map((member) => member.until("mark", mark)));
    return members.map(({ seen }) =>
      seen.filter(([event]) => event !== "mark" && event !== "probe"),
    );
  }

  // Closes the connection of a member, with all its namespaces.
  drop(member) {
    closeSocket(member.socket);
    this.#members.splice(this.#members.indexOf(member), 1);
  }

  async stop() {
    for (const { socket } of this.#members) closeSocket(socket);
    const stops = await Promise.allSettled(this.servers.map((server) => server.stop()));
    const failed = stops.find(({ reason }) => reason);
    if (failed) throw failed.reason;
  }
}
