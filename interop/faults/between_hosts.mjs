// SPDX-License-Identifier: MIT
//
// exactly_once.mjs between two hosts, while something happens to the network between them.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startServerBy } from "../support/server.mjs";
import { kServerOptions } from "./exactly_once.mjs";

const kMembers = fileURLToPath(new URL("exactly_once.mjs", import.meta.url));

// The members post for about six seconds; meanwhile `happens`.
export async function runBetween(hosts, happens) {
  const server = await startServerBy(
    hosts.on("server"),
    "socketio",
    "--host",
    hosts.serverAddress,
    ...kServerOptions,
  );
  try {
    const [program, ...args] = [
      ...hosts.on("client"),
      process.execPath,
      kMembers,
      ...["--url", server.url, "--messages", "2000", "--pace", "30"],
    ];
    const members = promisify(execFile)(program, args);
    members.catch(() => {}); // is waited for below
    await happens();
    return JSON.parse((await members).stdout);
  } finally {
    await server.stop();
  }
}
