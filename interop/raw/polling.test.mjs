// SPDX-License-Identifier: MIT
//
// Engine.IO over HTTP long-polling: answers byte for byte.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  PollingSession,
  kPath,
  kSeparator,
  kTextHtml,
  kTextPlain,
  openWebSocket,
  target,
} from "../support/engine.mjs";
import { Connection, assertResponse, formatRequest, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";

describe("the open packet", () => {
  const kSid = '"sid":"[\\w-]{20}"';
  const kTimes = '"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000';

  describe("by default", () => {
    const server = useServer("engineio", "--no-cors", ...kQuiet);

    it("has five keys in order, and no headers but those known", async () => {
      const response = await request(server.port, "GET", target("polling"));
      assertResponse(response, 200, kTextPlain, response.text);
      assert.match(
        response.text,
        new RegExp(`^0\\{${kSid},"upgrades":\\["websocket"\\],${kTimes}\\}$`),
      );
      assert.equal(response.headers["content-length"], String(response.body.length));
    });

    it("has another sid each time", async () => {
      const sids = new Set();
      for (let i = 0; i < 50; i++) sids.add((await PollingSession.open(server.port)).sid);
      assert.equal(sids.size, 50);
    });

    it("tells Internet Explorer to leave the body alone", async () => {
      for (const agent of [
        "Mozilla/4.0 (compatible;MSIE 8.0)",
        "Mozilla/5.0 (Trident/7.0; rv:11.0)",
      ]) {
        const headers = { "User-Agent": agent };
        const opened = await request(server.port, "GET", target("polling"), { headers });
        const extra = { "x-xss-protection": "0" };
        assertResponse(opened, 200, { ...kTextPlain, ...extra }, opened.text);
        const session = await PollingSession.open(server.port);
        assertResponse(
          await session.post("4hi", { headers }),
          200,
          { ...kTextHtml, ...extra },
          "ok",
        );
      }
    });
  });

  describe("with --no-upgrades", () => {
    const server = useServer("engineio", "--no-upgrades", ...kQuiet);

    it("offers none", async () => {
      const { text } = await request(server.port, "GET", target("polling"));
      assert.match(text, new RegExp(`^0\\{${kSid},"upgrades":\\[\\],${kTimes}\\}$`));
    });
  });

  describe("with other times and sizes", () => {
    const own = ["--ping-interval", 1234, "--ping-timeout", 567, "--max-payload", 89];
    const server = useServer("engineio", ...own);

    it("names them", async () => {
      const { text } = await request(server.port, "GET", target("polling"));
      const { pingInterval, pingTimeout, maxPayload } = JSON.parse(text.slice(1));
      assert.deepEqual([pingInterval, pingTimeout, maxPayload], [1234, 567, 89]);
    });
  });

  describe("with --cookie", () => {
    const server = useServer("engineio", "--no-cors", "--cookie", ...kQuiet);

    it("comes with a cookie, which later answers lack", async () => {
      const response = await request(server.port, "GET", target("polling"));
      const { sid } = JSON.parse(response.text.slice(1));
      const cookie = { "set-cookie": `io=${sid}; Path=/; HttpOnly; SameSite=Lax` };
      assertResponse(response, 200, { ...kTextPlain, ...cookie }, response.text);
      const posted = await request(server.port, "POST", target("polling", sid), { body: "4hi" });
      assertResponse(posted, 200, kTextHtml, "ok");
      const polled = await request(server.port, "GET", target("polling", sid));
      assertResponse(polled, 200, kTextPlain, "4hi");
    });

    it("comes without a cookie over WebSocket", async () => {
      const peer = await openWebSocket(server.port);
      assert.equal(peer.response.headers["set-cookie"], undefined);
    });
  });
});

describe("messages", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("POST is answered by ok once its packets were processed", async () => {
    const session = await PollingSession.open(server.port);
    const posted = await session.post("4hello");
    assertResponse(posted, 200, kTextHtml, "ok");
    assert.equal(posted.headers["content-length"], "2");
    assertResponse(await session.poll(), 200, kTextPlain, "4hello");
  });

  it("GET joins what is buffered", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4a");
    await session.send(["4b", "4", "4c"].join(kSeparator));
    assert.equal(await session.receive(), ["4a", "4b", "4", "4c"].join(kSeparator));
  });

  it("GET without anything buffered is held", async () => {
    const session = await PollingSession.open(server.port);
    const held = await session.hold();
    await session.send("4wake");
    assertResponse(await held.response(), 200, kTextPlain, "4wake");
  });

  it("binary travels as base64 both ways", async () => {
    const session = await PollingSession.open(server.port);
    const packets = ["bAQIDBA==", "4text", "bAA==", "b/+8=", "b"];
    await session.send(packets.join(kSeparator));
    assert.equal(await session.receive(), packets.join(kSeparator));
  });

  it("base64 may come in the URL alphabet and without padding", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("b_-8");
    assert.equal(await session.receive(), "b/+8=");
  });

  it("text may hold anything but the separator", async () => {
    const session = await PollingSession.open(server.port);
    const text = '4\u0000\u0001\r\n\t"\\ é € 😀 \u2028\ufffd\uffff';
    await session.send(text);
    const response = await session.poll();
    assertResponse(response, 200, kTextPlain, text);
    assert.equal(response.headers["content-length"], String(Buffer.byteLength(text)));
  });

  it("the content type of a POST does not matter when it is text", async () => {
    const session = await PollingSession.open(server.port);
    const types = ["text/plain;charset=UTF-8", "text/plain", "application/json", "", undefined];
    for (const type of types) {
      const headers = type === undefined ? {} : { "Content-Type": type };
      assert.equal((await session.post("4x", { headers })).text, "ok", String(type));
    }
    assert.equal(await session.receive(), types.map(() => "4x").join(kSeparator));
  });

  it("packets that mean nothing on an open session are ignored", async () => {
    const session = await PollingSession.open(server.port);
    await session.send(["0", "3", "5", "6", "4after"].join(kSeparator));
    assert.equal(await session.receive(), "4after");
  });

  it("many messages keep their order", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4!flood 1000");
    const expected = Array.from({ length: 1000 }, (_, i) => `4tick ${i}`);
    let received = [];
    while (received.length < 1000)
      received = received.concat((await session.receive()).split(kSeparator));
    assert.deepEqual(received, expected);
  });
});

describe("the HTTP side", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  const chunk = (bytes) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
  const kLastChunk = "0\r\n\r\n";

  it("a POST may be chunked", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const headers = { "Transfer-Encoding": "chunked" };
    const pieces = ["4chu", "nked"].map((text) => chunk(Buffer.from(text)));
    const head = formatRequest("POST", session.target, { headers });
    await connection.write(Buffer.concat([head, ...pieces, Buffer.from(kLastChunk)]));
    assertResponse(await connection.response(), 200, kTextHtml, "ok");
    assert.equal(await session.receive(), "4chunked");
  });

  it("chunks may have extensions, and trailers may follow", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const head = formatRequest("POST", session.target, {
      headers: { "Transfer-Encoding": "chunked" },
    });
    await connection.write(
      Buffer.concat([head, Buffer.from("3;a=b\r\n4ok\r\n0\r\nX-Sum: 1\r\n\r\n")]),
    );
    assert.equal((await connection.response()).text, "ok");
    assert.equal(await session.receive(), "4ok");
  });

  it("chunks may cut characters in two", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const bytes = Buffer.from("4é€😀");
    await connection.write(
      formatRequest("POST", session.target, { headers: { "Transfer-Encoding": "chunked" } }),
    );
    for (const byte of bytes) await connection.write(chunk(Buffer.from([byte])));
    await connection.write(kLastChunk);
    assert.equal((await connection.response()).text, "ok");
    assert.equal(await session.receive(), "4é€😀");
  });

  it("a request may come byte by byte", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const bytes = formatRequest("POST", session.target, { body: "4é€😀" });
    for (const byte of bytes) await connection.write(Buffer.from([byte]));
    assert.equal((await connection.response()).text, "ok");
    assert.equal(await session.receive(), "4é€😀");
  });

  it("a client that expects 100 gets it before it sends the body", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const headers = { Expect: "100-continue", "Content-Length": "4" };
    await connection.write(formatRequest("POST", session.target, { headers }));
    assert.equal((await connection.response()).status, 100);
    await connection.write("4yes");
    assert.equal((await connection.response()).text, "ok");
    assert.equal(await session.receive(), "4yes");
  });

  it("one connection carries a whole session", async () => {
    const connection = await Connection.open(server.port);
    const opened = await connection.request("GET", target("polling"));
    const { sid } = JSON.parse(opened.text.slice(1));
    for (let i = 0; i < 20; i++) {
      const posted = await connection.request("POST", target("polling", sid), { body: `4${i}` });
      assert.equal(posted.text, "ok");
      assert.equal((await connection.request("GET", target("polling", sid))).text, `4${i}`);
    }
    assert.equal(connection.ended, false);
  });

  it("pipelined requests are answered in order", async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    await connection.write(
      Buffer.concat([
        formatRequest("POST", session.target, { body: "4first" }),
        formatRequest("GET", session.target),
        formatRequest("GET", `${kPath}?EIO=4&transport=tobi`),
      ]),
    );
    assertResponse(await connection.response(), 200, kTextHtml, "ok");
    assertResponse(await connection.response(), 200, kTextPlain, "4first");
    assert.equal((await connection.response()).status, 400);
  });

  it("two pipelined handshakes open two sessions", async () => {
    const connection = await Connection.open(server.port);
    const bytes = formatRequest("GET", target("polling"));
    await connection.write(Buffer.concat([bytes, bytes]));
    const answers = [await connection.response(), await connection.response()];
    const sids = answers.map(({ text }) => JSON.parse(text.slice(1)).sid);
    assert.notEqual(sids[0], sids[1]);
  });

  it("Connection: close is obeyed", async () => {
    const connection = await Connection.open(server.port);
    const headers = { Connection: "close" };
    const response = await connection.request("GET", target("polling"), { headers });
    assert.equal(response.status, 200);
    assert.equal(response.headers.connection?.toLowerCase(), "close");
    assert.equal((await connection.rest()).length, 0);
  });

  it("an HTTP/1.0 client is answered and the connection ended", async () => {
    const connection = await Connection.open(server.port);
    await connection.write(`GET ${target("polling")} HTTP/1.0\r\n\r\n`);
    assert.equal((await connection.response()).status, 200);
    assert.equal((await connection.rest()).length, 0);
  });

  for (const method of ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]) {
    it(`${method} with a sid is answered by 500 and changes nothing`, async () => {
      const session = await PollingSession.open(server.port);
      await session.send("4kept");
      assertResponse(await request(server.port, method, session.target), 500, {}, "");
      assert.equal(await session.receive(), "4kept");
    });
  }
});
