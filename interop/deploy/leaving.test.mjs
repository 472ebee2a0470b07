// SPDX-License-Identifier: MIT
//
// An instance goes and comes back, as with each new version: its clients find the other one, and
// those of the other one notice nothing.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";

import { call, connect, kTransports, upgraded, useClients } from "../support/client.mjs";
import { request } from "../support/http.mjs";
import { startServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";
import { kWays, many, processes, shares, usePair } from "./pair.mjs";

const kClients = 24;
const kPatience = 20_000;
// Deadlines are seconds in real life.
const kOptions = ["--ping-interval", 1000, "--ping-timeout", 2000, "--drain", 500];
const kComeBack = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200 };
const kOpen = "/socket.io/?EIO=4&transport=polling";
const kKinds = Object.values(kTransports);

const start = (...options) => startServer("socketio", ...kOptions, ...options);

function refuses(port) {
  return new Promise((done) => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    socket.once("error", () => done(true)).once("connect", () => done(false));
    socket.once("connect", () => socket.destroy());
  });
}

// Where the clients are, once all are connected and that is one of these instances for each.
function settled(sockets, instances) {
  const pids = instances.map(({ pid }) => pid);
  return eventually(
    async () => {
      if (!sockets.every(({ connected }) => connected)) return false;
      const at = await processes(sockets).catch(() => [undefined]);
      return at.every((pid) => pids.includes(pid)) && at;
    },
    `${sockets.length} clients at instances that are there`,
    kPatience,
  );
}

const kWithoutStickiness = { "nginx/websocket": () => ({}), "haproxy/websocket": () => ({}) };

for (const [what, way] of Object.entries({ ...kWays, ...kWithoutStickiness })) {
  const kinds = what in kWays ? kKinds : [["websocket"]];

  describe(`${what}: SIGTERM`, () => {
    const pair = usePair(what, { start });
    useClients();

    it("of one instance, then of the other: every client is served throughout", async () => {
      const options = (i) => ({ ...way(), ...kComeBack, transports: kinds[i % kinds.length] });
      const sockets = await many(kClients, pair.url, options);
      for (const leaving of [0, 1]) {
        const staying = pair.instances[1 - leaving];
        const at = await settled(sockets, pair.instances);
        const untouched = sockets.filter((_, i) => at[i] === staying.pid);
        assert.ok(untouched.length < sockets.length, "nobody is where one leaves");
        const lost = [];
        for (const one of untouched) one.on("disconnect", (reason) => lost.push(reason));

        const { port } = pair.instances[leaving];
        await pair.instances[leaving].stop();
        await settled(sockets, [staying]);
        assert.deepEqual(lost, [], "clients of the instance that stays");
        for (const one of untouched) one.off("disconnect");

        // The next version, in its place.
        pair.instances[leaving] = await start("--port", port);
        await eventually(
          async () => {
            const newcomer = { ...way(), transports: ["websocket"] };
            const [probe] = await many(1, pair.url, () => newcomer);
            const [pid] = await processes([probe]);
            probe.disconnect();
            return pid === pair.instances[leaving].pid;
          },
          "clients for the new instance",
          kPatience,
        );
      }
    });
  });
}

describe("haproxy/cookie: an instance that is drained by the proxy", () => {
  const pair = usePair("haproxy/cookie", { start });
  useClients();

  it("keeps whom it has, and gets nobody new until it is ready again", async () => {
    const options = { withCredentials: true, transports: ["polling"] };
    const before = await many(8, pair.url, () => options);
    const lost = [];
    for (const one of before) one.on("disconnect", (reason) => lost.push(reason));
    const parts = await shares(before, pair.instances);
    assert.ok(parts[0] > 0);

    assert.equal(await pair.balancer.command("set server patchbay/a state drain"), "");
    const after = await many(8, pair.url, () => options);
    assert.deepEqual(await shares(after, pair.instances), [0, 8]);
    assert.deepEqual(await shares(before, pair.instances), parts);
    assert.deepEqual(lost, []);

    assert.equal(await pair.balancer.command("set server patchbay/a state ready"), "");
    assert.ok((await shares(await many(8, pair.url, () => options), pair.instances))[0] > 0);
  });
});

describe("nginx: an instance that is marked down", () => {
  const pair = usePair("nginx/header", { start });
  useClients();

  it("keeps its WebSockets after the reload, and gets nobody new", async () => {
    const way = kWays["nginx/header"];
    const before = await many(12, pair.url, () => way());
    await Promise.all(before.map(upgraded));
    const parts = await shares(before, pair.instances);
    assert.ok(parts[0] > 0);
    const lost = [];
    for (const one of before) one.on("disconnect", (reason) => lost.push(reason));

    const site = join(pair.balancer.folder, "site.conf");
    const server = `server 127.0.0.1:${pair.instances[0].port} max_fails=0`;
    const text = readFileSync(site, "utf8");
    assert.ok(text.includes(server));
    writeFileSync(site, text.replace(server, `${server} down`));
    pair.balancer.reload();
    // By one request each: while old workers still take connections, two may go by either file.
    const newcomer = () => ({ ...way(), transports: ["websocket"] });
    const newcomers = () => many(12, pair.url, newcomer);
    await eventually(
      async () => {
        const parts = await shares(await newcomers(), pair.instances);
        return parts[0] === 0 && parts[1] === 12;
      },
      "12 clients for the other one",
      kPatience,
    );
    assert.deepEqual(await shares(before, pair.instances), parts);
    assert.deepEqual(lost, []);
  });
});

for (const what of ["nginx/header", "haproxy/header"]) {
  describe(`${what}: an instance that drains`, () => {
    const pair = usePair(what, { start });
    useClients();

    it("turns newcomers away, over connections that it has, and the other one takes them", async () => {
      const [leaving] = pair.instances;
      // Values whose instance is the one that leaves.
      const headers = [];
      for (let i = 0; headers.length < 8; i++) {
        const own = { "X-Session": `newcomer ${i}` };
        const [socket] = await many(1, pair.url, () => ({ extraHeaders: own }));
        if ((await processes([socket]))[0] === leaving.pid) headers.push(own);
        socket.disconnect();
      }
      const open = (own) => request(pair.port, "GET", kOpen, { headers: own });
      // Sessions that say nothing any more keep it busy until its time is up.
      const answers = await Promise.all(headers.map(open));
      const stopped = leaving.stop();
      await eventually(() => refuses(leaving.port), "an instance that listens no more");
      assert.ok(leaving.alive);
      for (let i = 0; i < 3; i++) answers.push(...(await Promise.all(headers.map(open))));
      assert.ok(leaving.alive, "had gone before it could turn anybody away");
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      await stopped;
      pair.instances[0] = await start("--port", leaving.port);
    });
  });
}

describe("haproxy: its health check", () => {
  const pair = usePair("haproxy/cookie", { start });
  useClients();

  async function states() {
    const lines = (await pair.balancer.command("show stat")).split("\n");
    const names = lines[0].replace("# ", "").split(",");
    const column = (line, name) => line.split(",")[names.indexOf(name)];
    const servers = lines.filter((line) => /^patchbay,[ab],/.test(line));
    return servers.map((line) => `${column(line, "status")} ${column(line, "check_status")}`);
  }
  const eventuallyStates = (expected) =>
    eventually(async () => `${await states()}` === `${expected}`, expected.join(", "), kPatience);

  it("finds both well, opens no session, and notices when one is gone", async () => {
    await eventuallyStates(["UP L7OK", "UP L7OK"]);
    const socket = await connect(pair.url, { withCredentials: true });
    assert.equal((await call(socket, "fetch", null)).length, 1);
    await pair.instances[0].stop();
    await eventuallyStates(["DOWN L4CON", "UP L7OK"]);
    pair.instances[0] = await start("--port", pair.instances[0].port);
    await eventuallyStates(["UP L7OK", "UP L7OK"]);
  });
});
