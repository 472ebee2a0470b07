// SPDX-License-Identifier: MIT
//
// Short runs of exactly_once.mjs; README.md says how to do the whole.

import assert from "node:assert/strict";
import { it } from "node:test";

import { runExactlyOnce } from "./exactly_once.mjs";

for (const seed of [1, 2, 3]) {
  it(
    `2000 messages each way are handled once and in order, seed ${seed}`,
    { timeout: 60_000 },
    async (test) => {
      const result = await runExactlyOnce({ messages: 2000, seed });
      test.diagnostic(JSON.stringify(result));
      // Otherwise the network was none to speak of.
      assert.ok(result.network.resets > 0 && result.connections > 10);
    },
  );
}
