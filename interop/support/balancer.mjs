// SPDX-License-Identifier: MIT
//
// nginx or HAProxy as a child process on a free port of the loopback interface, with a configuration
// of tools/deploy in which nothing is replaced but ports, paths and users (kOwn below), and what a
// test says.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { eventually, within } from "./wait.mjs";

const kDeploy = fileURLToPath(new URL("../../tools/deploy", import.meta.url));
const kStartTimeout = 15_000;
const kStopTimeout = 15_000;
// Somebody else may take a port between our asking for it and its use.
const kAttempts = 5;
const kPortTaken = /Address already in use|cannot bind socket/;

// Debian has them where the paths of ordinary users do not lead.
function programOf(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (!found) throw new Error(`${name} is not there; tools/setup installs it`);
  return found;
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// Each of the replacements has to find something: what is replaced in vain has been renamed, and the
// test would test something else.
function rendered(file, replacements) {
  let text = readFileSync(join(kDeploy, file), "utf8");
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file}: there is no ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

function backends(instances) {
  if (instances.length !== 2) throw new Error("the configurations are for two instances");
  // By way of names, or a real port could be taken for a place.
  const named = instances.map((_, i) => [`127.0.0.1:${3001 + i}`, `instance${i}.`]);
  return [...named, ...instances.map(({ port }, i) => [`instance${i}.`, `127.0.0.1:${port}`])];
}

// Whatever nginx would write outside its folder.
const kNginxTemporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

const kOwn = {
  nginx: {
    // Two files, as they lie in Debian's /etc/nginx, and a main one around them.
    configure({ folder, port, config, instances, replacements }) {
      mkdirSync(join(folder, "snippets"));
      // `replacements` are for either of the two.
      const inSnippet = readFileSync(join(kDeploy, "nginx/patchbay.conf"), "utf8");
      const forSnippet = replacements.filter(([from]) => inSnippet.includes(from));
      writeFileSync(
        join(folder, "snippets/patchbay.conf"),
        rendered("nginx/patchbay.conf", forSnippet),
      );
      writeFileSync(
        join(folder, "site.conf"),
        rendered(`nginx/${config}.conf`, [
          ["listen 80;", `listen 127.0.0.1:${port};`],
          ...backends(instances),
          ...replacements.filter((one) => !forSnippet.includes(one)),
        ]),
      );
      const lines = [
        "daemon off;",
        // Its workers would be somebody who may not read our files.
        ...(process.getuid() === 0 ? ["user root;"] : []),
        "worker_processes 2;",
        `pid ${join(folder, "pid")};`,
        "error_log stderr;",
        "events { worker_connections 1024; }",
        "http {",
        `  access_log ${join(folder, "access.log")};`,
        ...kNginxTemporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`),
        "  include site.conf;",
        "}",
      ];
      writeFileSync(join(folder, "nginx.conf"), `${lines.join("\n")}\n`);
      return ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
    },
    // Of what it says about itself; that an instance is gone is an [error].
    complaint: /\[(warn|crit|alert|emerg)\].*/,
    stopped: ({ code }) => code === 0,
  },
  haproxy: {
    configure({ folder, port, config, instances, replacements }) {
      const file = join(folder, "haproxy.cfg");
      writeFileSync(
        file,
        rendered(`haproxy/${config}.cfg`, [
          ["bind :80", `bind 127.0.0.1:${port}`],
          ["/run/haproxy/admin.sock", join(folder, "admin.sock")],
          ["  user haproxy\n  group haproxy\n", ""],
          ...backends(instances),
          ...replacements,
        ]),
      );
      // In the foreground, and warnings are errors.
      return ["-db", "-dW", "-f", file];
    },
    // That an instance is down is a [WARNING], that all are is none of its making.
    complaint: /\[ALERT\](?!.*has no server available).*/,
    stopped: ({ code, signal }) => code === 143 || code === 0 || signal === "SIGTERM",
  },
};

export class Balancer {
  #child;
  #exit;
  #stderr = "";
  #own;

  constructor(kind, options) {
    this.kind = kind;
    this.port = options.port;
    this.url = `http://127.0.0.1:${options.port}`;
    this.folder = mkdtempSync(join(tmpdir(), `patchbay-${kind}-`));
    this.#own = kOwn[kind];
    const args = this.#own.configure({ ...options, folder: this.folder });
    this.#child = spawn(programOf(kind), args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.#stderr += text));
    this.#exit = new Promise((done, fail) => {
      this.#child.once("error", fail);
      this.#child.once("close", (code, signal) => done({ code, signal }));
    });
    this.#exit.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  get alive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stderr() {
    return this.#stderr;
  }

  async waitForPort() {
    await eventually(
      async () => {
        if (!this.alive) {
          await this.#exit;
          throw new Error(`${this.kind} ended at once\n${this.#stderr}`);
        }
        return this.#accepts();
      },
      `${this.kind} to listen\n${this.#stderr}`,
      kStartTimeout,
    );
  }

  #accepts() {
    return new Promise((done) => {
      const socket = net.connect({ port: this.port, host: "127.0.0.1" });
      socket.once("connect", () => done(true)).once("error", () => done(false));
      socket.once("connect", () => socket.destroy());
    });
  }

  // nginx: the requests so far, as [status, "METHOD target"].
  requests() {
    const lines = readFileSync(join(this.folder, "access.log"), "utf8").split("\n");
    return lines.flatMap((line) => {
      const match = /"([A-Z]+ \S+) HTTP\/[\d.]+" (\d{3}) /.exec(line);
      return match ? [[Number(match[2]), match[1]]] : [];
    });
  }

  // nginx: takes other files, and leaves old connections to old workers.
  reload() {
    this.#child.kill("SIGHUP");
  }

  // HAProxy: the answer to a command of its administrator.
  command(line) {
    const answer = new Promise((done, fail) => {
      const socket = net.connect(join(this.folder, "admin.sock"));
      let text = "";
      socket.setEncoding("utf8").on("data", (piece) => (text += piece));
      socket.once("end", () => done(text.trim())).once("error", fail);
      socket.write(`${line}\n`);
    });
    return within(answer, `answer to ${line}`);
  }

  // Fails when it has died, or has complained about itself.
  async stop() {
    const early = !this.alive;
    this.#child.kill("SIGTERM");
    let ending;
    try {
      ending = await within(this.#exit, `${this.kind} to stop`, kStopTimeout);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
    const verdict = `(${ending.signal ?? ending.code})\n${this.#stderr}`;
    if (early) throw new Error(`${this.kind} died during the tests ${verdict}`);
    if (!this.#own.stopped(ending)) throw new Error(`${this.kind} did not stop cleanly ${verdict}`);
    const complaint = this.#own.complaint.exec(this.#stderr);
    if (complaint) throw new Error(`${this.kind} complains: ${complaint[0]}`);
  }
}

// `what` is a file of tools/deploy without its ending, "nginx/cookie". `instances` are servers with a
// port each. `replacements` are [text, other text].
export async function startBalancer(what, instances, replacements = []) {
  const [kind, config] = what.split("/");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const balancer = new Balancer(kind, { port, config, instances, replacements });
    try {
      await balancer.waitForPort();
      return balancer;
    } catch (error) {
      await balancer.stop().catch(() => {});
      if (attempt === kAttempts || !kPortTaken.test(balancer.stderr)) throw error;
    }
  }
}
