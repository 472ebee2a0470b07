// SPDX-License-Identifier: MIT
//
// The proxy of tools/fault-proxy does what it says.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { FaultProxy } from "../../tools/fault-proxy/fault_proxy.mjs";
import { Random } from "../../tools/fault-proxy/random.mjs";
import { eventually, sleep, within } from "../support/wait.mjs";

const kProgram = fileURLToPath(new URL("../../tools/fault-proxy/main.mjs", import.meta.url));

// Sends back what comes, in the pieces it came in, and keeps their sizes.
class EchoServer {
  sockets = new Set();
  sizes = [];

  async start() {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on("data", (bytes) => {
        this.sizes.push(bytes.length);
        socket.write(bytes);
      });
      socket.on("error", () => {});
      socket.on("end", () => socket.end());
      socket.on("close", () => this.sockets.delete(socket));
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.port = this.server.address().port;
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

class Client {
  received = Buffer.alloc(0);
  outcome = "open";

  static async connect(port) {
    const client = new Client();
    client.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.socket.on(
      "data",
      (bytes) => (client.received = Buffer.concat([client.received, bytes])),
    );
    client.socket.on("end", () => (client.outcome = "ended"));
    client.socket.on("error", ({ code }) => (client.outcome = code));
    await within(once(client.socket, "connect"), "connect");
    return client;
  }

  echo(bytes) {
    const end = this.received.length + bytes.length;
    this.socket.write(bytes);
    return eventually(() => this.received.length >= end, "echo", 20_000);
  }
}

describe("the fault proxy", () => {
  const echo = new EchoServer();
  let proxy;
  const open = async (faults, seed = 1) => {
    proxy = await FaultProxy.start({ port: echo.port, faults, seed });
    return Client.connect(proxy.port);
  };
  before(() => echo.start());
  afterEach(() => proxy?.stop());
  after(() => echo.stop());

  it("passes all bytes in their order, however it cuts and delays them", async () => {
    const client = await open({ delay: 1, jitter: 5, split: 500 });
    const bytes = randomBytes(60_000);
    echo.sizes = [];
    await client.echo(bytes);
    assert.ok(client.received.equals(bytes));
    assert.ok(echo.sizes.length > 50, `${echo.sizes.length} pieces`);
  });

  it("passes the end of each side behind what it sent", async () => {
    const client = await open({ delay: 20 });
    client.socket.end("last words");
    await eventually(() => client.outcome === "ended", "end");
    assert.equal(client.received.toString(), "last words");
  });

  it("delays in both directions", async () => {
    const client = await open({ delay: 50 });
    const start = performance.now();
    await client.echo(Buffer.from("x"));
    assert.ok(performance.now() - start >= 95);
  });

  it("limits the rate", async () => {
    const client = await open({ rate: 100_000 });
    const start = performance.now();
    await client.echo(randomBytes(50_000));
    assert.ok(performance.now() - start >= 450);
  });

  it("stalls, and goes on", async () => {
    const client = await open({});
    await client.echo(Buffer.from("before"));
    proxy.stallAll(200);
    const start = performance.now();
    await client.echo(Buffer.from("after"));
    assert.ok(performance.now() - start >= 195);
    assert.equal(proxy.stats.stalls, 1);
  });

  it("goes on when it is told to", async () => {
    const client = await open({});
    await client.echo(Buffer.from("before"));
    proxy.stallAll(Infinity);
    client.socket.write("while it stalls");
    // Through another connection, which does not.
    await (await Client.connect(proxy.port)).echo(Buffer.from("other"));
    assert.equal(client.received.toString(), "before");
    proxy.resumeAll();
    await eventually(() => client.received.length > 6, "what has waited");
    assert.equal(client.received.toString(), "beforewhile it stalls");
  });

  it("resets both sides", async () => {
    const client = await open({ resetEvery: 20 });
    await eventually(() => client.outcome === "ECONNRESET", "reset");
    await eventually(() => echo.sockets.size === 0, "reset of the other side");
    assert.equal(proxy.stats.resets, 1);
  });

  it("leaves connections half open, then resets them", async () => {
    const client = await open({});
    await client.echo(Buffer.from("before"));
    proxy.freezeAll(300);
    client.socket.write("never");
    await sleep(200);
    assert.equal(client.outcome, "open");
    assert.equal(client.received.toString(), "before");
    await eventually(() => client.outcome === "ECONNRESET", "reset");
  });

  it("refuses some, and has other faults from one moment to the next", async () => {
    proxy = await FaultProxy.start({ port: echo.port, faults: { refuse: 100 } });
    const [error] = await within(once(net.connect(proxy.port, "127.0.0.1"), "error"), "refusal");
    assert.equal(error.code, "ECONNRESET");
    proxy.faults = {};
    await (await Client.connect(proxy.port)).echo(Buffer.from("x"));
    assert.equal(proxy.stats.refused, 1);
  });

  it("connects to another server from one moment to the next", async () => {
    const other = new EchoServer();
    await other.start();
    try {
      const first = await open({});
      proxy.target = { port: other.port };
      await (await Client.connect(proxy.port)).echo(Buffer.from("x"));
      await first.echo(Buffer.from("y"));
      assert.equal(other.sizes.length, 1);
    } finally {
      other.stop();
    }
  });

  it("makes the same decisions by the same seed", () => {
    const decisions = (seed) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => [random.below(1000), random.interval(50)]);
    };
    assert.deepEqual(decisions(7), decisions(7));
    assert.notDeepEqual(decisions(7), decisions(8));
  });
});

describe("the program fault-proxy", () => {
  it("explains itself", () => {
    assert.match(execFileSync(kProgram, ["--help"], { encoding: "utf8" }), /--half-open-every/);
  });

  it("refuses what it does not understand", () => {
    for (const args of [
      [],
      ["--to", "nowhere"],
      ["--to", "1", "--delay", "x"],
      ["--to", "1", "--colour"],
    ]) {
      assert.throws(() => execFileSync(kProgram, args, { stdio: "pipe" }), { status: 2 });
    }
  });

  it("serves until it is told to stop", async () => {
    const echo = new EchoServer();
    await echo.start();
    const child = spawn(kProgram, ["--to", String(echo.port), "--seed", "3", "--split", "2"]);
    try {
      const [line] = await within(once(child.stdout.setEncoding("utf8"), "data"), "start");
      const port = Number(/^127\.0\.0\.1:(\d+) -> .* seed 3/.exec(line)[1]);
      const client = await Client.connect(port);
      await client.echo(Buffer.from("hello"));
      client.socket.destroy();
      const report = once(child.stdout, "data");
      child.kill("SIGTERM");
      assert.match((await within(report, "report"))[0], /"connections":1/);
    } finally {
      child.kill("SIGKILL");
      echo.stop();
    }
  });
});
