// SPDX-License-Identifier: MIT
//
// A server is replaced under load: the old one drains, the new one takes its port. Stock clients
// come back by themselves; nothing that was acknowledged is lost, and they do not come all at once.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";

import { io } from "socket.io-client";

import { kQuiet, startServer } from "../support/server.mjs";
import { sleep, within } from "../support/wait.mjs";

const kClients = 60;
const kMessages = 6000;
const kDrain = 3000;
const kPace = 60; // each client posts for six seconds
const kWindow = 500;

// The port is free as soon as the old server has stopped listening.
async function startOn(port, options) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startServer("socketio", ...options, "--port", port);
    } catch (error) {
      if (attempt === 40 || !/in use/.test(error.message)) throw error;
      await sleep(50);
    }
  }
}

// The most that fall into any window.
function mostWithin(times, window) {
  times.sort((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last] - times[first] > window) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function connect(url, index, returns) {
  const socket = io(`${url}/once`, {
    transports: index % 2 === 0 ? ["websocket"] : ["polling", "websocket"],
    forceNew: true,
    retries: 1000,
    ackTimeout: 2000,
    reconnectionDelay: 10,
    reconnectionDelayMax: 100,
  });
  socket.on("connect", () => returns.push(performance.now()));
  return socket;
}

// Resolves when each post has been acknowledged.
async function post(socket, room) {
  const posts = [];
  for (let i = 0; i < kMessages / kClients; i++) {
    posts.push(new Promise((done, fail) => {
      socket.emit("post", room, `${room}.${i}`, (error) => (error ? fail(error) : done()));
    }));
    await sleep(kPace);
  }
  await Promise.all(posts);
}

it("clients are back, and what was acknowledged was handled once", { timeout: 120_000 }, async (test) => {
  const directory = mkdtempSync(join(tmpdir(), "patchbay-restart-"));
  const journal = join(directory, "journal");
  const options = ["--journal", journal, "--drain", kDrain, ...kQuiet];
  const old = await startServer("socketio", ...options);
  const returns = [];
  const clients = Array.from({ length: kClients }, (_, i) => connect(old.url, i, returns));
  let stopped;
  let fresh;
  try {
    const posts = within(Promise.all(clients.map((socket, i) => post(socket, `client${i}`))), "posts", 60_000);
    posts.catch(() => {});
    await sleep(1500);
    assert.equal(returns.length, kClients);
    returns.length = 0;
    stopped = old.stop();
    fresh = await startOn(old.port, options);
    await stopped;
    await posts;
    const handled = readFileSync(journal, "utf8").trimEnd().split("\n");
    assert.equal(handled.length, kMessages);
    assert.equal(new Set(handled).size, kMessages);
    const most = mostWithin(returns, kWindow);
    test.diagnostic(JSON.stringify({ messages: kMessages, returns: returns.length, mostIn500ms: most }));
    assert.equal(returns.length, kClients, "each client came back once");
    // An even spread has this many in a window; clients wait up to a tenth of a second more.
    assert.ok(most <= ((kClients * kWindow) / kDrain) * 1.5 + 2, `${most} within ${kWindow} ms`);
  } finally {
    for (const socket of clients) socket.disconnect();
    await (stopped ?? old.stop());
    await fresh?.stop();
    rmSync(directory, { recursive: true });
  }
});
