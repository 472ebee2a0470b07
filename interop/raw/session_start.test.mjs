// SPDX-License-Identifier: MIT
//
// What the application may say about how sessions begin: their ids, a first message, their cookie.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Control, kSeparator, PollingSession, target } from "../support/engine.mjs";
import { assertEnds, Connection, formatRequest, request } from "../support/http.mjs";
import { kQuiet, startServer, useServer } from "../support/server.mjs";
import { kUpgradeHeaders, Opcode, WebSocketPeer } from "../support/ws.mjs";

const kBadRequest = '{"code":3,"message":"Bad request"}';

describe("ids that the application makes", () => {
  const server = useServer("engineio", "--ids", "query", "--cookie", ...kQuiet);
  const withId = (id, transport = "polling") =>
    target(transport, "", `&id=${encodeURIComponent(id)}`);
  const open = (id) => request(server.port, "GET", withId(id));

  async function assertRefused(id, error) {
    const response = await open(id);
    assert.equal(response.status, 400, id);
    assert.equal(response.text, kBadRequest);
    const report = (await (await Control.open(server.port)).errors()).at(-1);
    assert.equal(report.code, 3);
    assert.deepEqual(report.context, { name: "ID_GENERATION_ERROR", error });
  }

  it("that are not safe are refused", async () => {
    const unsafe = ["", "a b", "a\nb", "a\0b", "a\x7f", "\u00e4", "\ud83d\ude00", "x".repeat(129)];
    for (const id of unsafe) await assertRefused(id, "the id cannot be used");
  });

  it("that are in use are refused, and the session goes on", async () => {
    const first = JSON.parse((await open("taken")).text.slice(1));
    assert.equal(first.sid, "taken");
    await assertRefused("taken", "the id is in use");
    const refused = await request(server.port, "GET", withId("taken", "websocket"), {
      headers: kUpgradeHeaders,
    });
    assert.equal(refused.status, 400);
    assert.equal(refused.text, "Bad request");
    const url = target("polling", "taken");
    assert.equal((await request(server.port, "POST", url, { body: "4still" })).text, "ok");
    assert.equal((await request(server.port, "GET", url)).text, "4still");
  });

  it("are free again after their session", async () => {
    await open("again");
    await request(server.port, "POST", target("polling", "again"), { body: "1" });
    assert.equal((await open("again")).status, 200);
  });

  it("may fail to be made", async () => {
    await assertRefused("fail", "asked to fail");
    await assertRefused("throw", "asked to throw");
    await assertRefused("drop", "no id was given");
  });

  for (const id of ["x", "y".repeat(128), '";,\\<>&%/?#=']) {
    it(`may be ${JSON.stringify(id.slice(0, 20))}`, async () => {
      const response = await open(id);
      assert.equal(JSON.parse(response.text.slice(1)).sid, id);
      const cookie = /^io=([^;]*); Path=/.exec(response.headers["set-cookie"])[1];
      assert.equal(decodeURIComponent(cookie), id);
      const url = target("polling", encodeURIComponent(id));
      assert.equal((await request(server.port, "POST", url, { body: "4hi" })).text, "ok");
      assert.equal((await request(server.port, "GET", url)).text, "4hi");
    });
  }
});

describe("ids that take their time", () => {
  const server = useServer("engineio", "--ids", "late", ...kQuiet);

  it("open sessions of either transport", async () => {
    const [session, peer] = await Promise.all([
      PollingSession.open(server.port),
      WebSocketPeer.open(server.port, target("websocket")),
    ]);
    const sids = [session.sid, JSON.parse((await peer.text()).slice(1)).sid].sort();
    assert.deepEqual(sids, ["late-1", "late-2"]);
  });

  it("open nothing for clients that have left", async () => {
    const count = 10;
    for (let i = 0; i < count; i++) {
      const connection = await Connection.open(server.port);
      await connection.write(formatRequest("GET", target("polling")));
      connection.reset();
    }
    await new Promise((done) => setTimeout(done, 150));
    const session = await PollingSession.open(server.port);
    assert.ok(await session.isOpen());
  });

  it("do not keep the server from stopping", async () => {
    const other = await startServer("engineio", "--ids", "late", ...kQuiet);
    const connection = await Connection.open(other.port);
    await connection.write(formatRequest("GET", target("polling")));
    await other.stop();
  });
});

describe("an initial packet", () => {
  const server = useServer("engineio", "--initial-packet", "welcome", ...kQuiet);

  it("comes in the payload of the open packet", async () => {
    const { text } = await request(server.port, "GET", target("polling"));
    const [open, message, ...more] = text.split(kSeparator);
    assert.match(open, /^0\{"sid"/);
    assert.equal(message, "4welcome");
    assert.deepEqual(more, []);
  });

  it("is the first message over a WebSocket", async () => {
    const peer = await WebSocketPeer.open(server.port, target("websocket"));
    assert.match(await peer.text(), /^0\{"sid"/);
    assert.equal(await peer.text(), "4welcome");
    await peer.sendText("4echo");
    assert.equal(await peer.text(), "4echo");
  });

  it("does not come again on an upgrade", async () => {
    const response = await request(server.port, "GET", target("polling"));
    const { sid } = JSON.parse(response.text.split(kSeparator)[0].slice(1));
    const peer = await WebSocketPeer.open(server.port, target("websocket", sid));
    await peer.sendText("2probe");
    assert.equal(await peer.text(), "3probe");
    await peer.sendText("5");
    await peer.sendText("4echo");
    assert.equal(await peer.text(), "4echo");
  });
});

describe("an initial packet of bytes", () => {
  const server = useServer("engineio", "--initial-bytes", "welcome", ...kQuiet);

  it("comes as a binary message", async () => {
    const { text } = await request(server.port, "GET", target("polling"));
    assert.equal(text.split(kSeparator)[1], `b${Buffer.from("welcome").toString("base64")}`);
    const peer = await WebSocketPeer.open(server.port, target("websocket"));
    await peer.text();
    const { opcode, text: bytes } = await peer.frame();
    assert.equal(opcode, Opcode.binary);
    assert.equal(bytes, "welcome");
  });
});

describe("the session cookie", () => {
  describe("with every attribute", () => {
    const server = useServer("engineio", "--cookie-preset", "full", ...kQuiet);

    it("has them", async () => {
      const { headers, text } = await request(server.port, "GET", target("polling"));
      const { sid } = JSON.parse(text.slice(1));
      assert.equal(
        headers["set-cookie"],
        `sticky=${sid}; Max-Age=3600; Domain=app.example; Path=/app; ` +
          "Expires=Tue, 14 Nov 2023 22:13:20 GMT; HttpOnly; Secure; Partitioned; Priority=High; " +
          "SameSite=None",
      );
    });

    it("is on the handshake alone, and not on that of a WebSocket", async () => {
      const session = await PollingSession.open(server.port);
      assert.equal((await session.post("4hi")).headers["set-cookie"], undefined);
      assert.equal((await session.poll()).headers["set-cookie"], undefined);
      const peer = await WebSocketPeer.open(server.port, target("websocket"));
      assert.equal(peer.response.headers["set-cookie"], undefined);
    });
  });

  describe("without attributes", () => {
    const server = useServer("engineio", "--cookie-preset", "bare", ...kQuiet);

    it("has none", async () => {
      const { headers, text } = await request(server.port, "GET", target("polling"));
      assert.equal(headers["set-cookie"], `io=${JSON.parse(text.slice(1)).sid}`);
    });
  });
});

describe("a path without its trailing slash", () => {
  const server = useServer("engineio", "--no-trailing-slash", ...kQuiet);
  const status = async (path) =>
    (await request(server.port, "GET", `${path}?EIO=4&transport=polling`)).status;

  it("is a prefix of what belongs to the engine", async () => {
    for (const path of ["/engine.io", "/engine.io/", "/engine.iofoo", "/engine.io/x"]) {
      assert.equal(await status(path), 200, path);
    }
    for (const path of ["/engine.i", "/", "/x/engine.io", "/ENGINE.IO"]) {
      assert.equal(await status(path), 404, path);
    }
  });
});

describe("upgrade requests that are not the engine's", () => {
  const server = useServer("engineio", ...kQuiet);

  it("end with their connection", async () => {
    const connection = await Connection.open(server.port);
    const response = await connection.request("GET", "/other", { headers: kUpgradeHeaders });
    assert.equal(response.status, 404);
    await assertEnds(connection, response);
  });

  it("for other protocols are plain requests", async () => {
    const connection = await Connection.open(server.port);
    const headers = { Connection: "Upgrade", Upgrade: "h2c" };
    assert.equal((await connection.request("GET", "/other", { headers })).status, 404);
    assert.equal((await connection.request("GET", target("polling"))).status, 200);
  });
});
