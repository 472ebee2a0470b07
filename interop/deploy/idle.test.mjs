// SPDX-License-Identifier: MIT
//
// The proxies' patience with connections on which nothing is said: it has to be longer than the
// heartbeat's, and then the heartbeat keeps connections as long as it likes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { startProgram } from "../browser/program.mjs";
import { call, connect, next, oneOfEach, useClients } from "../support/client.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, startServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";
import { kWays, usePair } from "./pair.mjs";

// The patience, shortened, for nobody wants to wait for minutes.
const kShortened = 2_000;
const kShort = {
  nginx: [
    ["proxy_read_timeout 60s", `proxy_read_timeout ${kShortened}ms`],
    ["proxy_send_timeout 60s", `proxy_send_timeout ${kShortened}ms`],
  ],
  haproxy: ["client", "server", "tunnel"].map((name) => [
    `timeout ${name} 60s`,
    `timeout ${name} ${kShortened}ms`,
  ]),
};

for (const [what, way] of Object.entries(kWays)) {
  const replacements = kShort[what.split("/")[0]];

  describe(`${what}: idle clients`, () => {
    const heartbeat = ["--ping-interval", kShortened / 4, "--ping-timeout", 5000];
    const start = () => startServer("socketio", ...heartbeat);
    const pair = usePair(what, { replacements, start });
    useClients();

    it("stay for as long as there is a heartbeat", async () => {
      const sockets = await oneOfEach(pair.url, way());
      const lost = [];
      const pings = sockets.map((socket) => {
        const seen = { count: 0 };
        socket.on("disconnect", (reason) => lost.push(reason));
        socket.io.on("ping", () => seen.count++);
        return seen;
      });
      // Half as long again as the patience.
      const enough = () => pings.every(({ count }) => count >= 6) || lost.length > 0;
      await eventually(enough, "heartbeats", 20_000);
      assert.deepEqual(lost, []);
      for (const socket of sockets) assert.equal(await call(socket, "message-with-ack", 1), 1);
    });
  });

  describe(`${what}: a heartbeat that is slower than the proxy's patience`, () => {
    const pair = usePair(what, { replacements, start: () => startServer("socketio", ...kQuiet) });
    useClients();

    for (const transport of ["polling", "websocket"]) {
      it(`loses clients over ${transport}`, async () => {
        const socket = await connect(pair.url, { ...way(), transports: [transport] });
        const [reason] = await next(socket, "disconnect", 20_000);
        assert.ok(["transport close", "transport error"].includes(reason), reason);
      });
    }
  });
}

describe("the patience of each configuration", () => {
  const kTimes = {
    "nginx/patchbay.conf": ["proxy_read_timeout", "proxy_send_timeout"],
    "haproxy/cookie.cfg": ["timeout client", "timeout server", "timeout tunnel"],
    "haproxy/header.cfg": ["timeout client", "timeout server", "timeout tunnel"],
    "haproxy/websocket.cfg": ["timeout client", "timeout server", "timeout tunnel"],
  };

  it("is longer than the heartbeat that the program has by default", async () => {
    const { url, stop } = await startProgram();
    let open;
    try {
      const port = Number(new URL(url).port);
      const { text } = await request(port, "GET", "/socket.io/?EIO=4&transport=polling");
      open = JSON.parse(text.slice(1));
    } finally {
      await stop();
    }
    const needed = (open.pingInterval + open.pingTimeout) / 1000;
    for (const [file, names] of Object.entries(kTimes)) {
      const path = fileURLToPath(new URL(`../../tools/deploy/${file}`, import.meta.url));
      const text = readFileSync(path, "utf8");
      for (const name of names) {
        const seconds = Number(new RegExp(`^\\s*${name} (\\d+)s;?$`, "m").exec(text)?.[1]);
        assert.ok(seconds > needed, `${file}: ${name} is ${seconds} s, the heartbeat ${needed} s`);
      }
    }
  });
});
