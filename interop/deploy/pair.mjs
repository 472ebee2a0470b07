// SPDX-License-Identifier: MIT
//
// Two instances and a balancer before them, and how a client makes sure that its requests stay with
// one of the two.

import { randomUUID } from "node:crypto";
import http from "node:http";
import { after, before } from "node:test";

import { connect } from "../support/client.mjs";
import { startBalancer } from "../support/balancer.mjs";
import { startServer } from "../support/server.mjs";

const kPatience = 2000;

// What a client has to do for it; each call is one client.
export const kWays = {
  "nginx/cookie": () => ({ withCredentials: true }),
  "haproxy/cookie": () => ({ withCredentials: true }),
  "nginx/header": () => ({ extraHeaders: { "X-Session": randomUUID() } }),
  "haproxy/header": () => ({ extraHeaders: { "X-Session": randomUUID() } }),
};

// Whose connections come from this address of the loopback network.
export function from(address) {
  return { agent: new http.Agent({ localAddress: address, keepAlive: true }) };
}

// For use inside describe(): filled in before the first test. `start()` gives an instance.
export function usePair(what, { start, replacements } = {}) {
  const pair = { instances: [] };
  before(async () => {
    for (let i = 0; i < 2; i++) pair.instances.push(await (start ?? defaultStart)());
    pair.balancer = await startBalancer(what, pair.instances, replacements);
    pair.url = pair.balancer.url;
    pair.port = pair.balancer.port;
  });
  after(async () => {
    const stopped = pair.instances.map((instance) => instance.stop());
    await Promise.all(stopped).finally(() => pair.balancer?.stop());
  });
  return pair;
}

function defaultStart() {
  return startServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
}

// One client after the other, as in life: a balancer that counts is to see each of them.
export async function many(count, url, options) {
  const sockets = [];
  for (let i = 0; i < count; i++) sockets.push(await connect(url, options(i)));
  return sockets;
}

// For each of the clients, the process that serves it. Rejects when one loses its connection
// meanwhile.
export function processes(sockets) {
  return Promise.all(sockets.map((socket) => socket.timeout(kPatience).emitWithAck("process")));
}

// How many of them each instance has.
export async function shares(sockets, instances) {
  const all = await processes(sockets);
  return instances.map(({ pid }) => all.filter((each) => each === pid).length);
}
