// SPDX-License-Identifier: MIT
//
// Requests that must not become a session: which check refuses them, and with what bytes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { PollingSession, closeReason, openWebSocket, target } from "../support/engine.mjs";
import { Connection, assertEnds, assertResponse, formatRequest, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { upgradeRequest } from "../support/ws.mjs";

const kTransportUnknown = [0, "Transport unknown"];
const kSessionUnknown = [1, "Session ID unknown"];
const kBadMethod = [2, "Bad handshake method"];
const kBadRequest = [3, "Bad request"];
const kBadVersion = [5, "Unsupported protocol version"];

const kUnknownSid = "aaaaaaaaaaaaaaaaAAAA";

function assertRefused(response, [code, message], status = 400) {
  const body = JSON.stringify({ code, message });
  assertResponse(response, status, { "content-type": "application/json" }, body);
}

// A refused upgrade is answered by plain text and the end of the connection.
async function assertUpgradeRefused(port, bytes, message) {
  const connection = await Connection.open(port);
  await connection.write(bytes);
  const response = await connection.response();
  assertResponse(response, 400, { "content-type": "text/html" }, message);
  assert.equal(response.headers["content-length"], String(Buffer.byteLength(message)));
  await assertEnds(connection, response);
}

describe("refused HTTP handshakes", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  const cases = [
    ["no parameters", "GET", "/engine.io/", kTransportUnknown],
    ["no transport", "GET", "/engine.io/?EIO=4", kTransportUnknown],
    ["empty transport", "GET", "/engine.io/?EIO=4&transport=", kTransportUnknown],
    ["unknown transport", "GET", "/engine.io/?EIO=4&transport=tobi", kTransportUnknown],
    [
      "transport in the wrong case",
      "GET",
      "/engine.io/?EIO=4&transport=Polling",
      kTransportUnknown,
    ],
    [
      "webtransport over HTTP",
      "GET",
      "/engine.io/?EIO=4&transport=webtransport",
      kTransportUnknown,
    ],
    [
      "transport named constructor",
      "GET",
      "/engine.io/?EIO=4&transport=constructor",
      kTransportUnknown,
    ],
    [
      "transport named __proto__",
      "GET",
      "/engine.io/?EIO=4&transport=__proto__",
      kTransportUnknown,
    ],
    [
      "the last of two transports counts",
      "GET",
      "/engine.io/?EIO=4&transport=polling&transport=tobi",
      kTransportUnknown,
    ],
    [
      "unknown transport before unknown sid",
      "GET",
      `/engine.io/?EIO=4&transport=tobi&sid=${kUnknownSid}`,
      kTransportUnknown,
    ],
    [
      "unknown transport before bad method",
      "POST",
      "/engine.io/?EIO=4&transport=tobi",
      kTransportUnknown,
    ],
    ["unknown sid", "GET", target("polling", kUnknownSid), kSessionUnknown],
    ["unknown sid, POST", "POST", target("polling", kUnknownSid), kSessionUnknown],
    ["unknown sid named __proto__", "GET", target("polling", "__proto__"), kSessionUnknown],
    [
      "unknown sid before revision",
      "GET",
      `/engine.io/?EIO=3&transport=polling&sid=${kUnknownSid}`,
      kSessionUnknown,
    ],
    ["POST without sid", "POST", target("polling"), kBadMethod],
    ["PUT without sid", "PUT", target("polling"), kBadMethod],
    ["DELETE without sid", "DELETE", target("polling"), kBadMethod],
    ["PATCH without sid", "PATCH", target("polling"), kBadMethod],
    ["OPTIONS without sid", "OPTIONS", target("polling"), kBadMethod],
    ["empty sid is no sid", "POST", "/engine.io/?EIO=4&transport=polling&sid=", kBadMethod],
    ["bad method before revision", "POST", "/engine.io/?EIO=3&transport=polling", kBadMethod],
    ["websocket without an upgrade", "GET", target("websocket"), kBadRequest],
    ["bad method before websocket without an upgrade", "POST", target("websocket"), kBadMethod],
    [
      "websocket without an upgrade before revision",
      "GET",
      "/engine.io/?EIO=3&transport=websocket",
      kBadRequest,
    ],
    ["no revision", "GET", "/engine.io/?transport=polling", kBadVersion],
    ["revision 3", "GET", "/engine.io/?EIO=3&transport=polling", kBadVersion],
    ["revision 5", "GET", "/engine.io/?EIO=5&transport=polling", kBadVersion],
    ["revision 04", "GET", "/engine.io/?EIO=04&transport=polling", kBadVersion],
    ["revision abc", "GET", "/engine.io/?EIO=abc&transport=polling", kBadVersion],
    [
      "the last of two revisions counts",
      "GET",
      "/engine.io/?EIO=4&transport=polling&EIO=3",
      kBadVersion,
    ],
  ];
  for (const [name, method, path, error] of cases) {
    it(name, async () => assertRefused(await request(server.port, method, path), error));
  }

  it("HEAD without sid has the headers of the refusal and no body", async () => {
    const response = await request(server.port, "HEAD", target("polling"));
    assertResponse(response, 400, { "content-type": "application/json" }, "");
  });

  it("percent-encoded parameters are decoded", async () => {
    const response = await request(server.port, "GET", "/engine.io/?%45IO=%34&transport=poll%69ng");
    assert.equal(response.status, 200, response.text);
  });

  it("an Origin with a control character is a bad request", async () => {
    const connection = await Connection.open(server.port);
    await connection.write(
      formatRequest("GET", target("polling"), { headers: { Origin: "a\x01b" } }),
    );
    assert.equal((await connection.response()).status, 400);
  });

  it("a refusal leaves the connection usable", async () => {
    const connection = await Connection.open(server.port);
    assertRefused(await connection.request("GET", "/engine.io/"), kTransportUnknown);
    assert.equal((await connection.request("GET", target("polling"))).status, 200);
  });
});

describe("refused requests of a living session", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("another transport without an upgrade", async () => {
    const session = await PollingSession.open(server.port);
    const response = await request(server.port, "GET", target("websocket", session.sid));
    assertRefused(response, kBadRequest);
    assert.ok(await session.isOpen());
  });

  it("polling on a WebSocket session", async () => {
    const peer = await openWebSocket(server.port);
    for (const method of ["GET", "POST"]) {
      assertRefused(await request(server.port, method, target("polling", peer.sid)), kBadRequest);
    }
    await peer.sendText("4still here");
    assert.equal(await peer.text(), "4still here");
  });

  it("another revision than the session's", async () => {
    const session = await PollingSession.open(server.port);
    for (const query of ["EIO=3&", "EIO=5&", ""]) {
      const path = `/engine.io/?${query}transport=polling&sid=${session.sid}`;
      assertRefused(await request(server.port, "GET", path), kBadRequest);
    }
    assert.ok(await session.isOpen());
  });

  it("an unknown transport", async () => {
    const session = await PollingSession.open(server.port);
    assertRefused(
      await request(server.port, "GET", target("tobi", session.sid)),
      kTransportUnknown,
    );
    assert.ok(await session.isOpen());
  });

  it("any request once the session has ended", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("1");
    assert.equal(await closeReason(server.port, session.sid), "transport close");
    assertRefused(await session.poll(), kSessionUnknown);
    assertRefused(await session.post("4late"), kSessionUnknown);
  });
});

describe("refused WebSocket handshakes", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  const cases = [
    ["no parameters", "/engine.io/", "Transport unknown"],
    ["unknown transport", "/engine.io/?EIO=4&transport=tobi", "Transport unknown"],
    ["webtransport", "/engine.io/?EIO=4&transport=webtransport", "Transport unknown"],
    ["transport named constructor", "/engine.io/?EIO=4&transport=constructor", "Transport unknown"],
    ["transport named __proto__", "/engine.io/?EIO=4&transport=__proto__", "Transport unknown"],
    ["unknown sid", target("websocket", kUnknownSid), "Session ID unknown"],
    [
      "unknown sid before revision",
      `/engine.io/?EIO=3&transport=websocket&sid=${kUnknownSid}`,
      "Session ID unknown",
    ],
    // Node.js servers say these three after the 101, into the open WebSocket.
    ["no revision", "/engine.io/?transport=websocket", "Unsupported protocol version"],
    ["revision 3", "/engine.io/?EIO=3&transport=websocket", "Unsupported protocol version"],
    ["revision abc", "/engine.io/?EIO=abc&transport=websocket", "Unsupported protocol version"],
    // ... and this one by 101 and a close frame.
    ["polling over an upgrade", target("polling"), "Bad request"],
  ];
  for (const [name, path, message] of cases) {
    it(name, () => assertUpgradeRefused(server.port, upgradeRequest(path), message));
  }

  it("a method other than GET", () => {
    const bytes = upgradeRequest(target("websocket"), { method: "POST" });
    return assertUpgradeRefused(server.port, bytes, "Bad handshake method");
  });

  it("another revision than the session's", async () => {
    const session = await PollingSession.open(server.port);
    const bytes = upgradeRequest(`/engine.io/?EIO=3&transport=websocket&sid=${session.sid}`);
    await assertUpgradeRefused(server.port, bytes, "Bad request");
    assert.ok(await session.isOpen());
  });

  it("polling over an upgrade, for a living session", async () => {
    const session = await PollingSession.open(server.port);
    await assertUpgradeRefused(server.port, upgradeRequest(session.target), "Bad request");
    assert.ok(await session.isOpen());
  });

  const kUpgradeHeaders = [
    ["no Sec-WebSocket-Version", { without: ["Sec-WebSocket-Version"] }, "13, 8"],
    ["Sec-WebSocket-Version 12", { headers: { "Sec-WebSocket-Version": "12" } }, "13, 8"],
    ["no Sec-WebSocket-Key", { without: ["Sec-WebSocket-Key"] }],
    ["a key of the wrong length", { headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } }],
    ["a key that is not base64", { headers: { "Sec-WebSocket-Key": "!".repeat(24) } }],
  ];
  for (const [name, options, versions] of kUpgradeHeaders) {
    it(name, async () => {
      const connection = await Connection.open(server.port);
      await connection.write(upgradeRequest(target("websocket"), options));
      const response = await connection.response();
      assert.equal(response.status, 400);
      assert.equal(response.headers["content-type"], "text/html");
      assert.equal(response.headers["sec-websocket-version"], versions);
      assert.notEqual(response.text, "");
      await assertEnds(connection, response);
    });
  }
});

describe("an upgrade to another protocol", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("is refused for a WebSocket session", async () => {
    const connection = await Connection.open(server.port);
    await connection.write(upgradeRequest(target("websocket"), { headers: { Upgrade: "h2c" } }));
    assert.equal((await connection.response()).status, 400);
  });
});

describe("transports that are switched off", () => {
  describe("only polling", () => {
    const server = useServer("engineio", "--no-cors", "--transports", "polling", ...kQuiet);

    it("refuses websocket", async () => {
      assertRefused(await request(server.port, "GET", target("websocket")), kTransportUnknown);
    });

    it("refuses a WebSocket handshake", async () => {
      const connection = await Connection.open(server.port);
      await connection.write(upgradeRequest(target("websocket")));
      assert.equal((await connection.response()).status, 400);
    });

    it("announces no upgrade", async () => {
      const { text } = await request(server.port, "GET", target("polling"));
      assert.deepEqual(JSON.parse(text.slice(1)).upgrades, []);
    });
  });

  describe("only websocket", () => {
    const server = useServer("engineio", "--no-cors", "--transports", "websocket", ...kQuiet);

    it("refuses polling", async () => {
      assertRefused(await request(server.port, "GET", target("polling")), kTransportUnknown);
    });

    it("opens WebSocket sessions", () => openWebSocket(server.port));
  });
});

describe("handshakes that the application refuses", () => {
  const server = useServer("engineio", "--no-cors", "--deny", ...kQuiet);
  const denied = (extra, transport = "polling") => target(transport, undefined, extra);

  it("get 403 and the standard text", async () => {
    const response = await request(server.port, "GET", denied("&deny"));
    assertRefused(response, [4, "Forbidden"], 403);
  });

  it("get 403 and the application's text", async () => {
    const response = await request(server.port, "GET", denied("&deny=not%20you"));
    assertRefused(response, [4, "not you"], 403);
  });

  it("get the text as a JSON string", async () => {
    const response = await request(server.port, "GET", denied("&deny=%22%5C%0A%C3%A9"));
    assertRefused(response, [4, '"\\\né'], 403);
  });

  it("are refused before the revision is looked at", async () => {
    const response = await request(server.port, "GET", "/engine.io/?EIO=3&transport=polling&deny");
    assertRefused(response, [4, "Forbidden"], 403);
  });

  it("are refused after the method was looked at", async () => {
    assertRefused(await request(server.port, "POST", denied("&deny")), kBadMethod);
  });

  it("get 400 and the plain text when they are upgrades", async () => {
    const standard = upgradeRequest(denied("&deny", "websocket"));
    await assertUpgradeRefused(server.port, standard, "Forbidden");
    const own = upgradeRequest(denied("&deny=not%20you", "websocket"));
    await assertUpgradeRefused(server.port, own, "not you");
  });

  it("do not concern requests of a session, which are not asked about", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4hi");
    const response = await request(server.port, "GET", target("polling", session.sid, "&deny"));
    assert.equal(`${response.status} ${response.text}`, "200 4hi");
  });

  it("do not concern others", () => openWebSocket(server.port));
});

describe("paths that are not the server's", () => {
  const server = useServer("engineio", ...kQuiet);

  const paths = ["/", "/engine.io", "/engine.iox/", "/ENGINE.IO/", "/x/engine.io/", "//engine.io/"];
  for (const path of paths) {
    it(`${path} is not found`, async () => {
      const response = await request(server.port, "GET", `${path}?EIO=4&transport=polling`);
      assert.equal(response.status, 404);
    });
  }

  it("an upgrade there is not accepted", async () => {
    const connection = await Connection.open(server.port);
    await connection.write(upgradeRequest("/other/?EIO=4&transport=websocket"));
    // Node.js servers hang up without a word.
    const answer = await connection.read((input, ended) => {
      return (ended || input.includes("\r\n")) && { value: input.toString(), used: input.length };
    }, "answer or end");
    assert.ok(!answer.startsWith("HTTP/1.1 101"), answer);
  });
});
