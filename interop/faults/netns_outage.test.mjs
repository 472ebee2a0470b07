// SPDX-License-Identifier: MIT
//
// The same as exactly_once.test.mjs, where the network fails below TCP: nobody gets a reset, and
// connections that are dead look alive.

import assert from "node:assert/strict";
import { it } from "node:test";

import { sleep } from "../support/wait.mjs";
import { runBetween } from "./between_hosts.mjs";
import { TwoHosts, whyNot } from "./two_hosts.mjs";

const kOutage = 10_000;

const skip = whyNot() ?? false;

it(
  "a cable that is out for 10 s loses and doubles nothing",
  { skip, timeout: 90_000 },
  async (test) => {
    const hosts = new TwoHosts();
    try {
      const result = await runBetween(hosts, async () => {
        await sleep(3000);
        hosts.cutCable();
        await sleep(kOutage);
        hosts.mendCable();
      });
      test.diagnostic(JSON.stringify(result));
      assert.ok(result.connections > 10, "nobody noticed");
    } finally {
      hosts.destroy();
    }
  },
);
