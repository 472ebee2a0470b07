// SPDX-License-Identifier: MIT
//
// Patchbay behind a proxy knows the clients' addresses: a limit per address counts those, and not
// the proxy's, and not what a client claims. The program itself, as it is run.

import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { startProgram } from "../browser/program.mjs";
import { connect, connected, createSocket, useClients } from "../support/client.mjs";
import { eventually } from "../support/wait.mjs";
import { from, usePair } from "./pair.mjs";

const kLimit = 3;

function program(...options) {
  return async () => {
    const limit = ["--max-connections-per-address", String(kLimit)];
    const { url, stop } = await startProgram(...limit, ...options);
    return { port: Number(new URL(url).port), stop: async () => assert.equal(await stop(), 0) };
  };
}

for (const what of ["nginx/header", "haproxy/header", "nginx/cookie", "haproxy/cookie"]) {
  // All clients here are for one instance, for a limit is one instance's.
  const sameInstance = what.endsWith("header")
    ? { extraHeaders: { "X-Session": "the same" } }
    : { extraHeaders: { cookie: "patchbay=a" } };

  for (const transport of ["polling", "websocket"]) {
    describe(`${what}: addresses over ${transport}`, () => {
      const trusting = usePair(what, { start: program("--trusted-proxy", "127.0.0.1") });
      const plain = usePair(what, { start: program() });
      const agents = [];
      useClients();
      afterEach(() => agents.splice(0).forEach((agent) => agent.destroy()));

      function options(address, headers = {}) {
        const own = from(address);
        agents.push(own.agent);
        const extraHeaders = { ...sameInstance.extraHeaders, ...headers };
        return { ...own, extraHeaders, transports: [transport] };
      }

      // It has reached the limit when the next one is turned away.
      async function assertFull(url, address, headers) {
        await assert.rejects(connected(createSocket(url, options(address, headers))), (error) => {
          if (transport === "polling") assert.equal(error.description, 429);
          return /xhr poll error|websocket error/.test(error.message);
        });
      }

      it("each address has a limit of its own", async () => {
        const sockets = [];
        for (const address of ["127.0.2.1", "127.0.2.2"]) {
          for (let i = 0; i < kLimit; i++) {
            sockets.push(await connect(trusting.url, options(address)));
          }
          await assertFull(trusting.url, address);
        }
        // A place is free again when one has left.
        sockets[0].disconnect();
        const again = () => connect(trusting.url, options("127.0.2.1")).catch(() => false);
        await eventually(again, "the place of who has left");
        await assertFull(trusting.url, "127.0.2.1");
      });

      it("a client cannot make itself another one", async () => {
        const claims = (i) => ({ "X-Forwarded-For": `10.0.0.${i}` });
        for (let i = 0; i < kLimit; i++) {
          await connect(trusting.url, options("127.0.2.3", claims(i)));
        }
        await assertFull(trusting.url, "127.0.2.3", claims(kLimit));
      });

      it("without --trusted-proxy everybody is the proxy", async () => {
        // Its own connections count then, and who comes without one to spare is turned away.
        const outcomes = [];
        for (let i = 0; i < 4 * kLimit; i++) {
          const socket = createSocket(plain.url, options(`127.0.3.${i + 1}`));
          outcomes.push(await connected(socket).then(
            () => true,
            () => false,
          ));
        }
        assert.ok(outcomes.includes(false), "nobody was turned away");
      });
    });
  }
}
