// SPDX-License-Identifier: MIT
//
// The same as exactly_once.test.mjs, where a tenth of all packets is lost.

import { it } from "node:test";

import { runBetween } from "./between_hosts.mjs";
import { TwoHosts, whyNot, whyNoLoss } from "./two_hosts.mjs";

const kLoss = 0.1;

const skip = whyNot() ?? whyNoLoss() ?? false;

it(
  "a network that drops every tenth packet loses and doubles nothing",
  { skip, timeout: 90_000 },
  async (test) => {
    const hosts = new TwoHosts();
    try {
      hosts.dropAtRandom(kLoss);
      test.diagnostic(JSON.stringify(await runBetween(hosts, async () => {})));
    } finally {
      hosts.destroy();
    }
  },
);
