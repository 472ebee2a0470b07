// SPDX-License-Identifier: MIT
//
// Stock clients with connection state recovery and `retries`, over a network that fails: every
// message has to be handled exactly once, both ways, in order in each room.
//
//   node faults/exactly_once.mjs [--messages 10000] [--seed N] [--runs 1] [--clients 10]
//   node faults/exactly_once.mjs --url URL [--messages 10000] [--clients 10] [--pace MS]
//
// Runs beyond the first have the seeds behind it. With a URL the server is there already, and the
// network is as bad as somebody else makes it; each client posts one message every so many ms.
// Exit code 0 means that all was as it has to be.
// The fixture's namespace /once does the server's part, and says how.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

import { io } from "socket.io-client";

import { FaultProxy } from "../../tools/fault-proxy/fault_proxy.mjs";
import { startServer } from "../support/server.mjs";
import { sleep, within } from "../support/wait.mjs";

// Bad enough for each connection to live for seconds only, good enough for it to get something done.
export const kBadNetwork = {
  delay: 1,
  jitter: 4,
  split: 700,
  rate: 4_000_000,
  stallEvery: 3000,
  stallFor: 300,
  resetEvery: 2000,
  halfOpenEvery: 8000,
  halfOpenFor: 3000,
  refuse: 5,
};

export const kServerOptions = [
  ["--recovery", 60_000],
  ["--ping-interval", 500],
  ["--ping-timeout", 500],
  ["--connect-timeout", 5000],
].flat();

const kClientsPerRoom = 2;
const kPatience = 300_000;

// Posts its numbers one after the other, and handles what its room is told.
export class Member {
  handled = []; // ids, in the order of their numbers
  repeated = 0;
  connections = 0;
  recovered = 0;

  constructor(url, name, room, transports) {
    this.name = name;
    this.room = room;
    this.socket = io(`${url}/once`, {
      transports,
      forceNew: true,
      retries: 10_000,
      ackTimeout: 400,
      reconnectionDelay: 10,
      reconnectionDelayMax: 100,
      timeout: 1000,
      // Asked for at each connection: what the room has had since is sent when nothing is recovered.
      auth: (give) => give({ room, known: this.handled.length }),
    });
    this.finished = new Promise((done, fail) => {
      this.finish = done;
      this.fail = fail;
    });
    this.finished.catch(() => {});
    this.socket.on("connect", () => {
      this.connections++;
      if (this.socket.recovered) this.recovered++;
    });
    this.socket.on("posted", (to, number, id) => this.#handle(to, number, id));
  }

  // A number that is known already comes when a recovery and a reply overlap: it is dropped.
  #handle(room, number, id) {
    if (room !== this.room) this.fail(new Error(`${this.name} got a message for ${room}`));
    if (number <= this.handled.length) {
      this.repeated++;
      return;
    }
    if (number !== this.handled.length + 1) {
      this.fail(new Error(`${this.name}: ${number} behind ${this.handled.length}`));
    }
    this.handled.push(id);
    if (this.handled.length === this.expected) this.finish();
  }

  // The client library repeats each of them until it is acknowledged, and keeps their order.
  async post(count, expected, pace) {
    this.expected = expected;
    const posts = [this.finished];
    for (let i = 0; i < count; i++) {
      const acknowledged = new Promise((done, fail) => {
        const id = `${this.name}.${i}`;
        this.socket.emit("post", this.room, id, (error) => (error ? fail(error) : done()));
      });
      posts.push(acknowledged);
      if (pace > 0) await sleep(pace);
    }
    await Promise.all(posts);
  }
}

// Each id once, and those of one client in the order in which it posted them.
function checkOrder(ids, members, each) {
  const nextOf = new Map(members.map(({ name }) => [name, 0]));
  for (const id of ids) {
    const [name, number] = id.split(".");
    assert.equal(Number(number), nextOf.get(name), `${id} is out of order, or there twice`);
    nextOf.set(name, Number(number) + 1);
  }
  for (const [name, count] of nextOf) assert.equal(count, each, `messages of ${name}`);
}

async function report(url) {
  const socket = io(`${url}/once`, { transports: ["websocket"], forceNew: true });
  try {
    return await within(socket.emitWithAck("report"), "report", 20_000);
  } finally {
    socket.disconnect();
  }
}

// Half of the members live on WebSockets, the others begin with polling and upgrade.
export function makeMembers(url, count) {
  return Array.from({ length: count }, (_, i) => {
    const transports = i % 2 === 0 ? ["websocket"] : ["polling", "websocket"];
    return new Member(url, `client${i}`, `room${Math.floor(i / kClientsPerRoom)}`, transports);
  });
}

// Posts `messages` in all, over `url`, and compares with what the server says at `reportUrl`.
export async function runMembers(members, { messages, reportUrl, pace = 0 }) {
  const each = Math.ceil(messages / members.length);
  try {
    const posts = members.map((member) => member.post(each, each * kClientsPerRoom, pace));
    await within(Promise.all(posts), "all messages", kPatience);
    const server = await report(reportUrl);
    for (const room of Object.keys(server.rooms)) {
      const inRoom = members.filter((member) => member.room === room);
      checkOrder(server.rooms[room], inRoom, each);
      for (const member of inRoom) assert.deepEqual(member.handled, server.rooms[room]);
    }
    const sum = (key) => members.reduce((total, member) => total + member[key], 0);
    return {
      up: each * members.length,
      down: each * members.length * kClientsPerRoom,
      repeatedPosts: server.repeated,
      repeatedDeliveries: sum("repeated"),
      connections: sum("connections"),
      recovered: sum("recovered"),
    };
  } finally {
    for (const { socket } of members) socket.disconnect();
  }
}

export async function runExactlyOnce({ messages, seed, clients = 10, faults = kBadNetwork }) {
  const started = performance.now();
  const server = await startServer("socketio", ...kServerOptions);
  const proxy = await FaultProxy.start({ port: server.port, faults, seed });
  try {
    const members = makeMembers(`http://127.0.0.1:${proxy.port}`, clients);
    const result = await runMembers(members, { messages, reportUrl: server.url });
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    return { seed, seconds, ...result, network: proxy.stats };
  } finally {
    await proxy.stop();
    await server.stop();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      messages: { type: "string", default: "10000" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
      runs: { type: "string", default: "1" },
      clients: { type: "string", default: "10" },
      pace: { type: "string", default: "0" },
      url: { type: "string" },
    },
  });
  if (values.url) {
    const members = makeMembers(values.url, Number(values.clients));
    const options = { messages: Number(values.messages), pace: Number(values.pace) };
    console.log(JSON.stringify(await runMembers(members, { ...options, reportUrl: values.url })));
    return;
  }
  for (let run = 0; run < Number(values.runs); run++) {
    const seed = Number(values.seed) + run;
    console.log(`seed ${seed}`);
    const options = { messages: Number(values.messages), clients: Number(values.clients), seed };
    console.log(JSON.stringify(await runExactlyOnce(options)));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().then(
    () => process.exit(0),
    (error) => {
      console.error(`FAILED: ${error.stack}`);
      process.exit(1);
    },
  );
}
