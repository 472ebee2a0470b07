// SPDX-License-Identifier: MIT
//
// Which origins CORS names, and the list that keeps the others out.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PollingSession, target } from "../support/engine.mjs";
import { assertEnds, assertResponse, Connection, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { kUpgradeHeaders, WebSocketPeer } from "../support/ws.mjs";

const kHere = "http://app.example";
const kThere = "https://x.tenant.example";
const kForeign = "http://evil.example";
const kForbidden = '{"code":4,"message":"Forbidden"}';

const handshake = (port, headers) => request(port, "GET", target("polling"), { headers });

function corsOf({ headers }) {
  const fields = Object.entries(headers);
  return Object.fromEntries(
    fields.filter(([name]) => name.startsWith("access-control-") || name === "vary"),
  );
}

// Names the origins that are allowed, to others only that the answer depends on who asks.
function itReflects(server, allowed, refused) {
  const common = { "access-control-allow-credentials": "true", vary: "Origin" };

  for (const origin of allowed) {
    it(`names ${origin}`, async () => {
      const expected = { ...common, "access-control-allow-origin": origin };
      assert.deepEqual(corsOf(await handshake(server.port, { Origin: origin })), expected);
      const peer = await WebSocketPeer.open(server.port, target("websocket"), {
        headers: { Origin: origin },
      });
      assert.deepEqual(corsOf(peer.response), expected);
    });
  }

  for (const origin of refused) {
    it(`does not name ${origin ?? "a missing origin"}, and serves it all the same`, async () => {
      const response = await handshake(server.port, origin ? { Origin: origin } : {});
      assert.equal(response.status, 200);
      assert.deepEqual(corsOf(response), common);
    });
  }

  it("says to a preflight what it says to a request", async () => {
    const preflight = (origin) =>
      request(server.port, "OPTIONS", target("polling"), {
        headers: { ...(origin && { Origin: origin }), "Access-Control-Request-Method": "POST" },
      });
    const yes = await preflight(allowed[0]);
    assert.equal(yes.headers["access-control-allow-origin"], allowed[0]);
    const no = await preflight(refused[0]);
    assert.equal(no.status, 204);
    assert.equal(no.headers["access-control-allow-origin"], undefined);
    assert.equal(no.headers.vary, "Origin, Access-Control-Request-Headers");
  });
}

describe("CORS for a list of origins and patterns", () => {
  const server = useServer("engineio", "--cors", "list", ...kQuiet);
  itReflects(server, [kHere, kThere], [kForeign, "https://x.tenant.example.evil.example", undefined]);
});

describe("CORS for whoever asks", () => {
  const server = useServer("engineio", "--cors", "reflect", ...kQuiet);
  itReflects(server, [kForeign, "null"], [undefined]);
});

describe("CORS by a function", () => {
  const server = useServer("engineio", "--cors", "function", ...kQuiet);
  itReflects(server, [kHere], [kForeign, undefined]);

  it("that throws", async () => {
    const response = await handshake(server.port, { Origin: "http://throw.example" });
    assert.equal(response.status, 400);
    assert.equal(response.text, '{"code":3,"message":"Bad request"}');
  });
});

describe("CORS that is off by its origin", () => {
  const server = useServer("engineio", "--cors", "off", ...kQuiet);

  it("is as if it were absent", async () => {
    assert.deepEqual(corsOf(await handshake(server.port, { Origin: kHere })), {});
    const response = await request(server.port, "OPTIONS", target("polling"));
    assert.equal(response.text, '{"code":2,"message":"Bad handshake method"}');
  });
});

describe("CORS options by request", () => {
  const server = useServer("engineio", "--cors", "delegate", ...kQuiet);

  it("are those chosen for it", async () => {
    const headers = { Origin: kHere };
    const plain = await handshake(server.port, headers);
    assert.deepEqual(corsOf(plain), {});
    const chosen = await request(server.port, "GET", target("polling", "", "&cors=http://x.example"), {
      headers,
    });
    assert.deepEqual(corsOf(chosen), {
      "access-control-allow-origin": "http://x.example",
      vary: "Origin",
    });
  });
});

describe("CORS that lets preflights through", () => {
  const server = useServer("engineio", "--cors", "continue", ...kQuiet);

  it("adds their headers to the answer of the engine", async () => {
    const response = await request(server.port, "OPTIONS", target("polling"), {
      headers: { Origin: kHere },
    });
    assert.equal(response.text, '{"code":2,"message":"Bad handshake method"}');
    assert.equal(response.headers["access-control-allow-methods"], "GET,POST");
    assert.equal(response.headers["access-control-allow-origin"], "*");
  });
});

describe("CORS with every option of a preflight", () => {
  const server = useServer("engineio", "--cors", "full", ...kQuiet);

  it("sends them", async () => {
    const response = await request(server.port, "OPTIONS", target("polling"), {
      headers: { Origin: kHere, "Access-Control-Request-Headers": "x-other" },
    });
    assertResponse(
      response,
      200,
      {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "x-mine",
        "access-control-expose-headers": "x-seen",
        "access-control-max-age": "600",
      },
      "",
    );
    assert.equal(response.headers["content-length"], "0");
  });
});

describe("a list of allowed origins", () => {
  const server = useServer("engineio", "--no-cors", "--allow-origin", kHere, ...kQuiet);

  it("keeps others from opening a polling session", async () => {
    for (const origin of [kForeign, "null", `${kHere}.evil.example`, ""]) {
      const response = await handshake(server.port, { Origin: origin });
      assert.equal(response.status, 403, origin);
      assert.equal(response.text, kForbidden);
    }
  });

  it("keeps others from opening a WebSocket", async () => {
    const connection = await Connection.open(server.port);
    const response = await connection.request("GET", target("websocket"), {
      headers: { ...kUpgradeHeaders, Origin: kForeign },
    });
    assert.equal(response.status, 400);
    assert.equal(response.text, "Forbidden");
    await assertEnds(connection, response);
  });

  it("keeps others from upgrading a session, which goes on", async () => {
    const session = await PollingSession.open(server.port);
    const response = await request(server.port, "GET", target("websocket", session.sid), {
      headers: { ...kUpgradeHeaders, Origin: kForeign },
    });
    assert.equal(response.text, "Forbidden");
    assert.ok(await session.isOpen());
  });

  it("lets in the one allowed, and who names none", async () => {
    assert.equal((await handshake(server.port, { Origin: kHere })).status, 200);
    assert.equal((await handshake(server.port, {})).status, 200);
    const headers = { Origin: kHere };
    await WebSocketPeer.open(server.port, target("websocket"), { headers });
  });
});
