// SPDX-License-Identifier: MIT
//
// Many who begin requests and never finish them. They must not keep others from being served, must
// not cost much memory, and must be gone in time.

import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";

import { withinMemory } from "../support/memory.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { sleep } from "../support/wait.mjs";
import { upgradeRequest } from "../support/ws.mjs";
import { besideHealthy } from "./healthy.mjs";

const kMany = 2000;
const kTimeout = 2000;
// How late the end may come, for a busy machine.
const kLateness = 4000;
const kPath = "/socket.io/?EIO=4&transport=polling";

// Opens connections, a few at a time; each `begins`, and is then left alone but for what `drip` does.
class Crowd {
  members = [];

  constructor(port) {
    this.port = port;
  }

  async gather(count, begin) {
    while (this.members.length < count) {
      const few = Array.from({ length: 50 }, () => this.#join(begin));
      await Promise.all(few);
    }
  }

  async #join(begin) {
    const socket = net.connect({ port: this.port, host: "127.0.0.1", noDelay: true });
    const member = { socket, answer: "", started: performance.now() };
    this.members.push(member);
    socket.setEncoding("latin1").on("data", (text) => (member.answer += text));
    socket.on("error", () => {});
    socket.on("close", () => (member.lasted = performance.now() - member.started));
    await new Promise((done, fail) => socket.once("connect", done).once("error", fail));
    if (begin) socket.write(begin);
  }

  get living() {
    return this.members.filter(({ lasted }) => lasted === undefined).length;
  }

  async drip(bytes, ms) {
    for (let i = 0; this.living > 0 && i < 1000; i++) {
      for (const { socket } of this.members) if (socket.writable) socket.write(bytes);
      await sleep(ms);
    }
  }

  async ended(ms) {
    const end = Date.now() + ms;
    while (this.living > 0 && Date.now() < end) await sleep(20);
    assert.equal(this.living, 0, "still connected");
  }

  // How each ended: its status, or "" for none, with a count.
  outcomes() {
    const counts = {};
    for (const { answer } of this.members) {
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "";
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  checkLives(least) {
    for (const { lasted } of this.members) assert.ok(lasted >= least, `ended after ${lasted} ms`);
  }
}

// KiB for each of them, beside what a turn needs.
const limitFor = (each) => kMany * each + 4096;

describe("requests that are never finished", () => {
  const server = useServer("socketio", "--head-timeout", kTimeout, "--body-timeout", kTimeout, ...kQuiet);

  const kinds = [
    ["connections that say nothing", "", 6],
    ["request lines without an end", "GET /socket.io/?EIO=4&tran", 6],
    ["heads without an end", `GET ${kPath} HTTP/1.1\r\nHost: a\r\nX-A: `, 8],
    [
      "heads of 15 KiB without an end",
      `GET ${kPath} HTTP/1.1\r\nHost: a\r\nX-A: ${"a".repeat(15_000)}`,
      48,
    ],
    [
      "handshakes without the last line",
      upgradeRequest("/socket.io/?EIO=4&transport=websocket").subarray(0, -2),
      10,
    ],
    [
      "bodies without an end",
      `POST ${kPath} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n4abc`,
      12,
    ],
    [
      "chunks without an end",
      `POST ${kPath} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n4abc`,
      12,
    ],
  ];
  for (const [name, begin, each] of kinds) {
    it(`${kMany} ${name} end after their time`, { timeout: 60_000 }, async (test) => {
      const crowd = new Crowd(server.port);
      await withinMemory(test, server.server.pid, limitFor(each), () =>
        besideHealthy(server.url, async () => {
          await crowd.gather(kMany, begin);
          await crowd.ended(kTimeout + kLateness);
        }),
      );
      crowd.checkLives(kTimeout - 50);
      // Who has said nothing has asked for nothing.
      assert.deepEqual(crowd.outcomes(), begin === "" ? { "": kMany } : { 408: kMany });
    });
  }

  it(
    `${kMany} who send a byte now and then get no more time by it`,
    { timeout: 60_000 },
    async (test) => {
      const crowd = new Crowd(server.port);
      await withinMemory(test, server.server.pid, limitFor(8), () =>
        besideHealthy(server.url, async () => {
          await crowd.gather(kMany, `GET ${kPath} HTTP/1.1\r\nHost: a\r\nX-A: `);
          const dripping = crowd.drip("a", 200);
          await crowd.ended(kTimeout + kLateness);
          await dripping;
        }),
      );
      assert.deepEqual(
        Object.keys(crowd.outcomes()).filter((status) => status !== "408" && status !== ""),
        [],
      );
    },
  );
});
