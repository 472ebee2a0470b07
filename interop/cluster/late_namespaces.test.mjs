// SPDX-License-Identifier: MIT
//
// Namespaces that come into being when a client asks for them, and about which a server takes its
// time: when many ask at once, one of the answers makes it, and the others must not harm it.

import { describe, it } from "node:test";

import { connect, record, useClients } from "../support/client.mjs";
import { useRedis } from "../support/redis.mjs";
import { kQuiet, startServer } from "../support/server.mjs";
import { eventually } from "../support/wait.mjs";
import { kAdapters, kKinds } from "./cluster.mjs";

const kClients = 10;

if (kKinds.includes("patchbay")) {
  const handle = useRedis();

  for (const adapter of kAdapters) {
    describe(`${adapter}: a namespace that many ask for at once`, () => {
      useClients();

      it("is joined with those of the other server", async () => {
        const joined = ["--adapter", adapter, "--redis", handle.redis.url, "--key", adapter];
        const start = () => startServer("socketio", ...kQuiet, ...joined);
        const servers = await Promise.all([start(), start()]);
        try {
          const everywhere = Array.from({ length: 2 * kClients }, (_, i) => servers[i % 2]);
          const open = ({ url }) => connect(`${url}/later-1`);
          const sockets = await Promise.all(everywhere.map(open));
          const seen = sockets.map((socket) => record(socket, "hello"));
          // Again and again, for subscribing takes a moment.
          const heard = (i) => seen[i].some(([from]) => from === (i + 1) % 2);
          await eventually(() => {
            for (const i of [0, 1]) sockets[i].emit("to-own", i);
            return sockets.every((_, i) => heard(i));
          }, "all to hear those at the other server");
        } finally {
          await Promise.all(servers.map((server) => server.stop()));
        }
      });
    });
  }
}
