// SPDX-License-Identifier: MIT
//
// The program itself: what it is told, and the signals it gets.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import tls from "node:tls";

import { io } from "socket.io-client";

import { useRedis } from "../support/redis.mjs";
import { makeCertificate } from "../support/tls.mjs";
import { within } from "../support/wait.mjs";

const kProgram = process.env.PATCHBAY_BIN ??
  fileURLToPath(new URL("../../build/release/server/patchbay", import.meta.url));
const kExample = fileURLToPath(new URL("../../server/daemon/example.conf", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "patchbay-program-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function outcome(...args) {
  const { status, stdout, stderr } = spawnSync(kProgram, args, { encoding: "utf8", timeout: 20_000 });
  return { status, text: stdout + stderr };
}

function configured(text) {
  const file = join(folder, "given.conf");
  writeFileSync(file, text);
  return outcome("--check", "--config", file);
}

// The program, and what it says line by line.
class Program {
  #text = "";
  #waiting = [];

  constructor(...args) {
    this.child = spawn(kProgram, ["--port", "0", "--host", "127.0.0.1", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#text += text;
        this.#waiting = this.#waiting.filter((tell) => !tell());
      });
    }
    this.ended = new Promise((done) => this.child.once("close", done));
  }

  // What the expression finds in all that was said.
  says(pattern) {
    const found = new Promise((done) => {
      const tell = () => {
        const match = pattern.exec(this.#text);
        if (match) done(match);
        return match !== null;
      };
      if (!tell()) this.#waiting.push(tell);
    });
    return within(found, `the program to say ${pattern}`, 20_000);
  }
}

describe("what it is told", () => {
  it("the example for a public port is fine", () => {
    const { status, text } = outcome("--check", "--config", kExample);
    assert.deepEqual([status, text], [0, "The options are fine\n"]);
  });

  it("mistakes are named", () => {
    for (const [args, message] of [
      [["--message-rate", "fast"], /'fast' is neither off, chat, api nor a number/],
      [["--trusted-proxy", "somewhere"], /'somewhere' is neither an address nor a network/],
      [["--drain", "10", "--drain-deadline", "5"], /--drain-deadline must not be shorter than --drain/],
      [["--redirect-port", "80"], /--redirect-port requires --tls-cert/],
      [["--missed-pongs", "0"], /missed_pongs must be at least 1/],
      [["--config", join(folder, "missing")], /missing/],
      [["--redis", "http://localhost"], /Redis URL: it must begin with redis:\/\/ or rediss:\/\//],
      [["--redis", "redis://localhost:0"], /Redis URL: the port must be a number/],
      [["--redis", "redis://a:1,b:2"], /Redis Cluster is not supported/],
      [["--redis", "redis://localhost", "--adapter", "mqtt"], /--adapter: mqtt not in/],
      [["--adapter", "streams"], /--adapter requires --redis/],
    ]) {
      const { status, text } = outcome("--check", ...args);
      assert.notEqual(status, 0);
      assert.match(text, message);
    }
  });

  it("a file with a name that is none is refused, for it may have been a limit", () => {
    assert.equal(configured("max-connections=5\n").status, 0);
    const { status, text } = configured("max-conections=5\n");
    assert.notEqual(status, 0);
    assert.match(text, /max-conections/);
  });
});

describe("several programs at one Redis", () => {
  const here = useRedis({ durable: true });

  for (const adapter of ["classic", "sharded", "streams"]) {
    it(`are one chat (${adapter})`, async () => {
      const options = ["--redis", here.redis.url, "--adapter", adapter, "--redis-prefix", adapter];
      const programs = [new Program(...options), new Program(...options)];
      const clients = [];
      try {
        for (const program of programs) {
          const port = (await program.says(/listening on http:\/\/.*:(\d+)/))[1];
          const client = io(`http://127.0.0.1:${port}`, { reconnection: false });
          clients.push(client);
          const { ok } = await client.timeout(20_000).emitWithAck("join", { name: `at ${port}`, room: "lobby" });
          assert.ok(ok);
        }
        // The one asked first may be connected with Redis before the other one: then nobody hears it there.
        const heard = new Promise((done) => clients[1].on("message", done));
        const again = setInterval(() => clients[0].emit("message", "hello"), 50);
        const { text, from } = await within(heard, "a message of the other program's client", 20_000);
        clearInterval(again);
        assert.deepEqual([text, from.id], ["hello", clients[0].id]);
      } finally {
        for (const client of clients) client.disconnect();
        for (const program of programs) program.child.kill("SIGINT");
        for (const program of programs) assert.equal(await within(program.ended, "the end", 20_000), 0);
      }
    });
  }

  it("without Redis a program serves alone, says so once, and says when it is there again", async () => {
    await here.redis.kill();
    const program = new Program("--redis", here.redis.url, "--adapter", "streams");
    try {
      await program.says(/Redis at 127\.0\.0\.1:\d+ is away, clients of this server are served alone: cannot connect/);
      const port = (await program.says(/listening on http:\/\/.*:(\d+)/))[1];
      const client = io(`http://127.0.0.1:${port}`, { reconnection: false });
      assert.ok((await client.timeout(20_000).emitWithAck("join", { name: "ada", room: "lobby" })).ok);
      client.disconnect();
      await here.redis.restart();
      await program.says(/Redis at 127\.0\.0\.1:\d+ is there/);
    } finally {
      program.child.kill("SIGINT");
      assert.equal(await within(program.ended, "the end", 20_000), 0);
    }
  });
});

describe("signals", () => {
  it("SIGHUP reads the certificate again, and one that cannot be used leaves the old one", async () => {
    const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const use = (made) => {
      copyFileSync(made.certificate, files.certificate);
      copyFileSync(made.key, files.key);
    };
    const [first, second] = [makeCertificate(), makeCertificate()];
    use(first);
    const program = new Program("--tls-cert", files.certificate, "--tls-key", files.key);
    try {
      const port = Number((await program.says(/listening on https:\/\/.*:(\d+)/))[1]);
      const trusts = (ca) =>
        within(
          new Promise((done) => {
            const socket = tls.connect({ port, host: "127.0.0.1", ca }, () => done(true));
            socket.once("error", () => done(false)).once("secureConnect", () => socket.destroy());
          }),
          "a handshake",
        );
      assert.deepEqual([await trusts(first.ca), await trusts(second.ca)], [true, false]);
      use(second);
      program.child.kill("SIGHUP");
      await program.says(/Certificate read again/);
      assert.deepEqual([await trusts(first.ca), await trusts(second.ca)], [false, true]);
      writeFileSync(files.key, "nonsense");
      program.child.kill("SIGHUP");
      await program.says(/the certificate stays as it is: .*key/);
      assert.ok(await trusts(second.ca));
    } finally {
      program.child.kill("SIGINT");
      assert.equal(await within(program.ended, "the end", 20_000), 0);
    }
  });

  it("SIGTERM lets go of clients gently, and a second one at once", async () => {
    for (const twice of [false, true]) {
      const program = new Program("--drain", twice ? "60000" : "300", "--drain-deadline", "60000");
      const port = (await program.says(/listening on http:\/\/.*:(\d+)/))[1];
      const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false });
      const left = new Promise((done) => socket.once("disconnect", done));
      await within(new Promise((done) => socket.once("connect", done)), "connect");
      try {
        program.child.kill("SIGTERM");
        await program.says(/Letting clients go/);
        if (twice) program.child.kill("SIGTERM");
        assert.equal(await within(left, "the disconnection", 20_000), "transport close");
        assert.equal(await within(program.ended, "the end", 20_000), 0);
      } finally {
        socket.disconnect();
        program.child.kill("SIGKILL");
      }
    }
  });
});
