#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// A Node.js server with the npm packages and nothing of ours: the other member of the clusters. Takes
// the options of `conformance-server --cluster` and does what that does; README.md lists both.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { createAdapter as classicAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as streamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis as IoRedis } from "ioredis";
import { createClient } from "redis";
import { Server } from "socket.io";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    name: { type: "string", default: "node" },
    adapter: { type: "string" },
    redis: { type: "string" },
    "redis-ca": { type: "string" },
    "redis-client": { type: "string", default: "redis" },
    key: { type: "string", default: "socket.io" },
    recovery: { type: "string" },
    "max-payload": { type: "string", default: "1000000" },
    "max-len": { type: "string", default: "10000" },
    "block-time": { type: "string", default: "5000" },
    "requests-timeout": { type: "string", default: "5000" },
    "specific-responses": { type: "boolean", default: false },
    subscriptions: { type: "string", default: "dynamic" },
    "sharded-pubsub": { type: "boolean", default: false },
    "stream-count": { type: "string", default: "1" },
    "only-plaintext": { type: "boolean", default: false },
  },
});

async function connectToRedis() {
  const ca = options["redis-ca"] && readFileSync(options["redis-ca"]);
  let client;
  if (options["redis-client"] === "ioredis") {
    client = new IoRedis(options.redis, { tls: ca && { ca } });
  } else {
    client = createClient({ url: options.redis, socket: ca && { ca, tls: true } });
  }
  // It comes back by itself; the adapters want to know that somebody listens.
  client.on("error", () => {});
  if (options["redis-client"] !== "ioredis") await client.connect();
  return client;
}

async function makeAdapter() {
  const { key } = options;
  const publisher = await connectToRedis();
  if (options.adapter === "streams") {
    return streamsAdapter(publisher, {
      streamName: key,
      streamCount: Number(options["stream-count"]),
      channelPrefix: key,
      useShardedPubSub: options["sharded-pubsub"],
      maxLen: Number(options["max-len"]),
      blockTimeInMs: Number(options["block-time"]),
      sessionKeyPrefix: `${key}:session:`,
      onlyPlaintext: options["only-plaintext"],
    });
  }
  const subscriber = await connectToRedis();
  if (options.adapter === "sharded") {
    return createShardedAdapter(publisher, subscriber, {
      channelPrefix: key,
      subscriptionMode: options.subscriptions,
    });
  }
  if (options.adapter !== "classic") throw new Error(`unknown adapter: ${options.adapter}`);
  return classicAdapter(publisher, subscriber, {
    key,
    requestsTimeout: Number(options["requests-timeout"]),
    publishOnSpecificResponseChannel: options["specific-responses"],
  });
}

// The adapters do not wait for what they publish: that Redis went meanwhile would end the process.
process.on("unhandledRejection", () => {});

const httpServer = createServer();
const io = new Server(httpServer, {
  adapter: await makeAdapter(),
  maxHttpBufferSize: Number(options["max-payload"]),
  pingInterval: 25_000,
  pingTimeout: 20_000,
  connectionStateRecovery: options.recovery && {
    maxDisconnectionDuration: Number(options.recovery),
    skipMiddlewares: true,
  },
});

// Whom a command is about, and how.
function target(socket, { from, to = [], except = [], flags = {} }) {
  let selection = from === "socket" ? socket : socket.nsp;
  selection = selection.to(to).except(except);
  if (flags.volatile) selection = selection.volatile;
  if (flags.local) selection = selection.local;
  if (flags.compress !== undefined) selection = selection.compress(flags.compress);
  if (flags.timeout) selection = selection.timeout(flags.timeout);
  return selection;
}

const outcome = (error, value) => ({ error: error ? error.message : null, value });

function described({ id, rooms, data, handshake }) {
  return { id, rooms: [...rooms].sort(), data, handshake };
}

async function withRemote(socket, id, act) {
  const [remote] = await socket.nsp.in(id).fetchSockets();
  return remote ? act(remote) : outcome(new Error("no such socket"));
}

const remoteOperations = {
  emit: (remote, { event, args }) => outcome(null, remote.emit(event, ...args)),
  ask: (remote, { event, args, timeout }) =>
    new Promise((done) => {
      remote.timeout(timeout).emit(event, ...args, (error, value) => {
        done(outcome(error, value));
      });
    }),
  join: (remote, { rooms }) => outcome(null, void remote.join(rooms)),
  leave: (remote, { rooms }) =>
    outcome(
      null,
      rooms.forEach((room) => remote.leave(room)),
    ),
  disconnect: (remote, { close }) => outcome(null, void remote.disconnect(close)),
};

const operations = {
  // To a selection of sockets.
  emit(socket, command) {
    const selection = target(socket, command);
    for (let i = 0; i < (command.repeat ?? 1); i++) {
      selection.emit(command.event, ...command.args, ...(command.repeat ? [i] : []));
    }
    return outcome(null);
  },
  ask: (socket, command) =>
    new Promise((done) => {
      target(socket, command).emit(command.event, ...command.args, (error, answers) => {
        done(outcome(error, answers));
      });
    }),
  async fetch(socket, command) {
    const sockets = await target(socket, command).fetchSockets();
    return outcome(null, sockets.map(described));
  },
  "sockets-join": (socket, command) =>
    outcome(null, target(socket, command).socketsJoin(command.rooms)),
  "sockets-leave": (socket, command) =>
    outcome(null, target(socket, command).socketsLeave(command.rooms)),
  "disconnect-sockets": (socket, command) =>
    outcome(null, target(socket, command).disconnectSockets(command.close)),

  // To a socket that was fetched.
  remote: (socket, command) =>
    withRemote(socket, command.id, (remote) => remoteOperations[command.what](remote, command)),

  // To the other servers.
  "server-emit": (socket, { event, args }) =>
    outcome(null, void socket.nsp.serverSideEmit(event, ...args)),
  "server-ask": (socket, { event, args }) =>
    new Promise((done) => {
      socket.nsp.serverSideEmit(event, ...args, (error, answers) => done(outcome(error, answers)));
    }),
  "server-count": async (socket) => outcome(null, await socket.nsp.adapter.serverCount()),

  // With the socket that asks.
  async enter(socket, { rooms }) {
    await socket.join(rooms);
    return outcome(null);
  },
  "set-data": (socket, { data }) => outcome(null, void (socket.data = data)),
  state: ({ id, rooms, data, recovered }) =>
    outcome(null, { id, rooms: [...rooms].sort(), data, recovered }),
  reply: (socket, { event, args }) => outcome(null, socket.emit(event, ...args)),
};

function onConnection(socket) {
  socket.on("do", async (command, answer) => {
    try {
      answer(await operations[command.op](socket, command));
    } catch (error) {
      answer(outcome(error));
    }
  });
}

for (const name of ["/", "/game"]) {
  const nsp = io.of(name);
  nsp.on("connection", onConnection);
  // What another server emitted shows at this one's clients.
  nsp.on("note", (...args) => nsp.local.emit("noted", ...args));
  nsp.on("question", (...args) => args.pop()({ server: options.name, args }));
}
io.of(/^\/dynamic-\d+$/).on("connection", onConnection);

httpServer.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${httpServer.address().port}`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await io.close();
    // Connections to Redis that the adapters have made for themselves would keep it alive.
    process.exit(0);
  });
}
