// SPDX-License-Identifier: MIT
//
// Cross-origin headers: on every answer when switched on, on none when not.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PollingSession, kTextHtml, kTextPlain, target } from "../support/engine.mjs";
import { assertResponse, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { WebSocketPeer } from "../support/ws.mjs";

const kOrigin = "http://app.example";
const kForeign = { Origin: "http://evil.example" };
const kMethods = "GET,HEAD,PUT,PATCH,POST,DELETE";
const kJson = { "content-type": "application/json" };
const kUnknownTransport = '{"code":0,"message":"Transport unknown"}';

const any = { "access-control-allow-origin": "*" };
const fixed = {
  "access-control-allow-origin": kOrigin,
  "access-control-allow-credentials": "true",
  vary: "Origin",
};

// The answers to one request of each kind carry exactly these headers besides their own.
function itAddsToEveryAnswer(server, expected) {
  for (const headers of [{}, { Origin: kOrigin }, kForeign]) {
    const from = headers.Origin ?? "no origin";

    it(`on the handshake, from ${from}`, async () => {
      const response = await request(server.port, "GET", target("polling"), { headers });
      assertResponse(response, 200, { ...kTextPlain, ...expected }, response.text);
    });

    it(`on GET and POST, from ${from}`, async () => {
      const session = await PollingSession.open(server.port);
      assertResponse(
        await session.post("4hi", { headers }),
        200,
        { ...kTextHtml, ...expected },
        "ok",
      );
      assertResponse(await session.poll({ headers }), 200, { ...kTextPlain, ...expected }, "4hi");
    });

    it(`on refused handshakes, from ${from}`, async () => {
      const response = await request(server.port, "GET", target("tobi"), { headers });
      assertResponse(response, 400, { ...kJson, ...expected }, kUnknownTransport);
    });

    it(`on other errors, from ${from}`, async () => {
      const session = await PollingSession.open(server.port);
      const put = await request(server.port, "PUT", session.target, { headers });
      assertResponse(put, 500, expected, "");
      const bytes = { ...headers, "Content-Type": "application/octet-stream" };
      assertResponse(await session.post("4hi", { headers: bytes }), 400, expected, "");
    });

    it(`on the 101, from ${from}`, async () => {
      const peer = await WebSocketPeer.open(server.port, target("websocket"), { headers });
      const fields = Object.entries(peer.response.headers);
      const cors = fields.filter(([name]) => name.startsWith("access-control-") || name === "vary");
      assert.deepEqual(Object.fromEntries(cors), expected);
    });
  }
}

function itAnswersPreflights(server, expected, vary) {
  const preflight = { Origin: kOrigin, "Access-Control-Request-Method": "POST" };
  const allowed = { ...expected, vary, "access-control-allow-methods": kMethods };

  it("answers a preflight", async () => {
    const response = await request(server.port, "OPTIONS", target("polling"), {
      headers: preflight,
    });
    assertResponse(response, 204, allowed, "");
    assert.equal(response.headers["content-length"], "0");
  });

  it("echoes the header names asked for", async () => {
    const names = "content-type,x-mine";
    const headers = { ...preflight, "Access-Control-Request-Headers": names };
    const response = await request(server.port, "OPTIONS", target("polling"), { headers });
    assertResponse(response, 204, { ...allowed, "access-control-allow-headers": names }, "");
  });

  it("answers a preflight whatever the query says", async () => {
    const session = await PollingSession.open(server.port);
    for (const path of [session.target, target("tobi"), target("polling", "unknown")]) {
      const response = await request(server.port, "OPTIONS", path, { headers: preflight });
      assertResponse(response, 204, allowed, "");
    }
    assert.ok(await session.isOpen());
  });

  it("adds nothing outside the path", async () => {
    const response = await request(server.port, "GET", "/", { headers: kForeign });
    assert.equal(response.status, 404);
    assert.equal(response.headers["access-control-allow-origin"], undefined);
  });
}

describe("CORS for any origin", () => {
  const server = useServer("engineio", ...kQuiet);
  itAddsToEveryAnswer(server, any);
  itAnswersPreflights(server, any, "Access-Control-Request-Headers");
});

describe("CORS for one origin, with credentials", () => {
  const server = useServer("engineio", "--cors-origin", kOrigin, ...kQuiet);
  itAddsToEveryAnswer(server, fixed);
  itAnswersPreflights(server, fixed, "Origin, Access-Control-Request-Headers");
});

describe("without CORS", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);
  itAddsToEveryAnswer(server, {});

  it("a preflight is a request with a bad method", async () => {
    const headers = { ...kForeign, "Access-Control-Request-Method": "POST" };
    const response = await request(server.port, "OPTIONS", target("polling"), { headers });
    assertResponse(response, 400, kJson, '{"code":2,"message":"Bad handshake method"}');
  });
});
