// SPDX-License-Identifier: MIT
//
// example-cluster, twice, at one Redis.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { call, connect, next, useClients } from "../support/client.mjs";
import { useRedis } from "../support/redis.mjs";
import { eventually } from "../support/wait.mjs";
import { startExample } from "./program.mjs";

describe("example cluster", () => {
  const here = useRedis();
  useClients();

  it("users are told, and seen, on whatever server they are", async () => {
    const servers = [];
    try {
      for (let i = 0; i < 2; i++) servers.push(await startExample("cluster", here.redis.url));
      const ada = await connect(servers[0].url, { auth: { user: "ada" } });
      const laptop = await connect(servers[1].url, { auth: { user: "bob" } });
      const phone = await connect(servers[0].url, { auth: { user: "bob" } });
      for (const socket of [ada, laptop]) {
        await eventually(
          async () => (await call(socket, "who")).length === 2 && (await call(socket, "where", "bob")) === 2,
          "both users on both servers",
          20_000,
        );
        assert.deepEqual(await call(socket, "who"), ["ada", "bob"]);
      }
      const told = [next(laptop, "told"), next(phone, "told")];
      assert.equal(await call(ada, "tell", "bob", "hello"), true);
      for (const args of await Promise.all(told)) assert.deepEqual(args, ["ada", "hello"]);

      // A server that says goodbye need not be missed first.
      phone.disconnect();
      const left = next(ada, "left", 6_000);
      await servers.pop().stop();
      assert.deepEqual(await left, ["bob"]);
    } finally {
      for (const server of servers) await server.stop();
    }
  });

  it("nobody is let in without a name", async () => {
    const server = await startExample("cluster", here.redis.url);
    try {
      await assert.rejects(connect(server.url), /who are you/);
    } finally {
      await server.stop();
    }
  });
});
