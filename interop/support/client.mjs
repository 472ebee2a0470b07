// SPDX-License-Identifier: MIT
//
// The stock JavaScript client, with deadlines.

import assert from "node:assert/strict";
import { afterEach } from "node:test";

import { io } from "socket.io-client";

import { clientRoute, kBalancer, routeOf, settled } from "./balanced.mjs";
import { kOverTls, testCertificate } from "./tls.mjs";
import { eventually, within } from "./wait.mjs";

// The three ways to connect, as values of the option `transports`.
export const kTransports = {
  polling: ["polling"],
  websocket: ["websocket"],
  "polling, then websocket": ["polling", "websocket"],
};

const opened = new Set();

// Inside describe(): what the tests of that block open lives for one test.
export function useClients() {
  afterEach(() => {
    for (const socket of [...opened]) closeSocket(socket);
  });
}

// With all that shares its connection, for good.
export function closeSocket(socket) {
  opened.delete(socket);
  socket.io.reconnection(false);
  socket.disconnect();
  // The name changed in 3.0.
  if (socket.io._close) socket.io._close();
  else socket.io.close();
}

// A socket that has not begun to connect, on a connection of its own. `client` is the io() of
// another version.
export function createSocket(url, { client = io, ...options } = {}) {
  const base = { autoConnect: false, forceNew: true, reconnection: false };
  if (kOverTls) base.ca = testCertificate().ca;
  const socket = client(url, { ...base, ...clientRoute(client, options), ...options });
  opened.add(socket);
  return socket;
}

// A socket for another namespace, on the connection of `socket`. Not connected either.
export function sibling(socket, namespace, options) {
  const other = socket.io.socket(namespace, options);
  opened.add(other);
  return other;
}

export async function connect(url, options) {
  const socket = createSocket(url, options);
  await connected(socket);
  return socket;
}

// Options by which another client gets to the same server as this one, also behind a balancer: for
// what one server knows and the others do not.
export function beside(socket) {
  return routeOf(socket);
}

// Fails with what the client is told when it is refused: an Error, or before 3.0 whatever came.
export async function connected(socket) {
  const outcome = new Promise((done, fail) => {
    socket.once("connect", done).once("connect_error", fail).once("error", fail);
  });
  socket.connect();
  await within(outcome, "connect");
}

// Arguments of the next such event.
export function next(emitter, event, ms) {
  return within(new Promise((done) => emitter.once(event, (...args) => done(args))), event, ms);
}

export function call(socket, event, ...args) {
  const answer = new Promise((done) => socket.emit(event, ...args, done));
  return within(answer, `answer to ${event}`);
}

// Resolves when everything that the server sent this socket earlier has been received; of two
// servers, what either did.
export async function barrier(socket) {
  if (kBalancer) {
    await call(socket, "who");
    await settled();
  }
  await call(socket, "who");
}

export async function upgraded(socket) {
  if (socket.io.engine.transport.name !== "websocket") await next(socket.io.engine, "upgrade");
  assert.equal(socket.io.engine.transport.name, "websocket");
}

// The arguments of all such events from now on.
export function record(socket, event) {
  const seen = [];
  socket.on(event, (...args) => seen.push(args));
  return seen;
}

// What the server's log says about the ends of sockets that had this id; asked for by `observer`.
export async function departures(observer, id) {
  const log = await call(observer, "last-disconnect");
  return log.filter((entry) => entry.id === id && entry.event === "disconnect");
}

// The first of them, once there is one.
export function departure(observer, id) {
  return eventually(async () => (await departures(observer, id))[0], `disconnect of ${id}`);
}

// One client per way to connect, each of them connected.
export function oneOfEach(url, options) {
  return Promise.all(
    Object.values(kTransports).map((transports) => connect(url, { ...options, transports })),
  );
}
