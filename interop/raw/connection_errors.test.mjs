// SPDX-License-Identifier: MIT
//
// What the application is told about refused requests.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Control, kPath, openWebSocket, PollingSession, target } from "../support/engine.mjs";
import { request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { kUpgradeHeaders } from "../support/ws.mjs";

// Makes the request, which is refused, and returns what was reported about it alone.
async function refused(port, method, url, options) {
  const control = await Control.open(port);
  const before = (await control.errors()).length;
  const response = await request(port, method, url, options);
  const errors = await control.errors();
  assert.equal(errors.length, before + 1, "one report per refusal");
  const { url: reportedUrl, ...report } = errors.at(-1);
  assert.equal(reportedUrl, url);
  const upgrade = options?.headers?.Upgrade;
  const told = upgrade ? response.text : JSON.parse(response.text).message;
  assert.equal(told, report.message);
  return report;
}

const badRequest = (context) => ({ code: 3, message: "Bad request", context });

describe("connection errors", () => {
  const server = useServer("engineio", "--deny", "--allow-origin", "http://app.example", ...kQuiet);
  const refusal = (...args) => refused(server.port, ...args);

  it("name the unknown transport", async () => {
    for (const transport of ["tobi", "constructor", "__proto__", "webtransport"]) {
      assert.deepEqual(await refusal("GET", target(transport)), {
        code: 0,
        message: "Transport unknown",
        context: { transport },
      });
    }
    const missing = await refusal("GET", kPath);
    assert.deepEqual(missing.context, { transport: "" });
  });

  it("name the unknown session", async () => {
    assert.deepEqual(await refusal("GET", target("polling", "nobody")), {
      code: 1,
      message: "Session ID unknown",
      context: { sid: "nobody" },
    });
  });

  it("name the method", async () => {
    assert.deepEqual(await refusal("PUT", target("polling")), {
      code: 2,
      message: "Bad handshake method",
      context: { method: "PUT" },
    });
  });

  it("name both transports when they do not fit", async () => {
    const peer = await openWebSocket(server.port);
    assert.deepEqual(
      await refusal("GET", target("polling", peer.sid)),
      badRequest({
        name: "TRANSPORT_MISMATCH",
        transport: "polling",
        previousTransport: "websocket",
      }),
    );
  });

  it("name both revisions when they do not fit", async () => {
    const { target: url } = await PollingSession.open(server.port);
    assert.deepEqual(
      await refusal("GET", url.replace("EIO=4", "EIO=3")),
      badRequest({ name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 }),
    );
  });

  it("name a WebSocket that is asked for without an upgrade", async () => {
    assert.deepEqual(
      await refusal("GET", target("websocket")),
      badRequest({ name: "TRANSPORT_HANDSHAKE_ERROR" }),
    );
  });

  it("repeat what the application refused with", async () => {
    assert.deepEqual(await refusal("GET", target("polling", "", "&deny=go+away")), {
      code: 4,
      message: "go away",
      context: { message: "go away" },
    });
    const headers = kUpgradeHeaders;
    assert.deepEqual(await refusal("GET", target("websocket", "", "&deny"), { headers }), {
      code: 4,
      message: "Forbidden",
      context: { message: "Forbidden" },
    });
  });

  it("name the origin that is not allowed", async () => {
    const headers = { Origin: "http://evil.example" };
    const report = await refusal("GET", target("polling"), { headers });
    assert.equal(report.code, 4);
    assert.equal(report.context.origin, "http://evil.example");
  });

  it("name the revision that is not spoken", async () => {
    assert.deepEqual(await refusal("GET", `${kPath}?EIO=3&transport=polling`), {
      code: 5,
      message: "Unsupported protocol version",
      context: { protocol: 3 },
    });
  });
});
