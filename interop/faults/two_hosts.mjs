// SPDX-License-Identifier: MIT
//
// Two network namespaces with a cable between them, a server's and a client's, which Linux lets root
// make. Nothing outside of them is touched.

import { execFileSync } from "node:child_process";

const kServerAddress = "10.213.0.1";
const kClientAddress = "10.213.0.2";

function run(program, ...args) {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
}

// What `make` says against it; undefined when it can be done.
function objection(what, make) {
  let hosts;
  try {
    hosts = new TwoHosts();
    make(hosts);
  } catch (error) {
    return `${what}: ${(error.stderr || error.message).trim()}`;
  } finally {
    hosts?.destroy();
  }
  return undefined;
}

// Why it cannot be done here; undefined when it can.
export function whyNot() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid() !== 0) return "network namespaces are root's to make";
  return objection("network namespaces cannot be made here", () => {});
}

export function whyNoLoss() {
  return objection("packets cannot be dropped here", (hosts) => hosts.dropAtRandom(0.1));
}

let made = 0;

export class TwoHosts {
  serverAddress = kServerAddress;

  constructor() {
    const name = `pb${process.pid}-${++made}`;
    this.server = `${name}s`;
    this.client = `${name}c`;
    try {
      run("ip", "netns", "add", this.server);
      run("ip", "netns", "add", this.client);
      run(
        "ip",
        "-n",
        this.server,
        "link",
        "add",
        "cable",
        "type",
        "veth",
        "peer",
        "name",
        "cable",
        "netns",
        this.client,
      );
      run("ip", "-n", this.server, "address", "add", `${kServerAddress}/24`, "dev", "cable");
      run("ip", "-n", this.client, "address", "add", `${kClientAddress}/24`, "dev", "cable");
      for (const host of [this.server, this.client]) {
        run("ip", "-n", host, "link", "set", "lo", "up");
        run("ip", "-n", host, "link", "set", "cable", "up");
      }
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  // What to put before a command for it to run there.
  on(host) {
    return ["ip", "netns", "exec", this[host]];
  }

  cutCable() {
    run("ip", "-n", this.client, "link", "set", "cable", "down");
  }

  mendCable() {
    run("ip", "-n", this.client, "link", "set", "cable", "up");
  }

  // Of what arrives at either host; throws when there is nothing to do that with.
  dropAtRandom(probability) {
    for (const host of ["server", "client"]) {
      const rule = [
        "-A",
        "INPUT",
        "-m",
        "statistic",
        "--mode",
        "random",
        "--probability",
        String(probability),
        "-j",
        "DROP",
      ];
      run(...this.on(host), "iptables", ...rule);
    }
  }

  destroy() {
    for (const host of [this.server, this.client]) {
      try {
        run("ip", "netns", "delete", host);
      } catch {
        // It was not made.
      }
    }
  }
}
