// SPDX-License-Identifier: MIT
//
// gzip and deflate of polling responses.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import zlib from "node:zlib";

import { PollingSession, kTextHtml, kTextPlain, target } from "../support/engine.mjs";
import { Session3, payload } from "../support/engine3.mjs";
import { assertResponse, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { sleep } from "../support/wait.mjs";

const kLong = `4${"long ".repeat(1000)}`;
const kDecoders = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync };

// Polls once and demands the body in this coding, or as it is.
async function expectCoding(session, acceptEncoding, coding, body) {
  const headers = acceptEncoding === undefined ? {} : { "Accept-Encoding": acceptEncoding };
  const response = await session.poll({ headers });
  const carried = coding ? { ...kTextPlain, "content-encoding": coding } : kTextPlain;
  const text = coding ? kDecoders[coding](response.body).toString() : body;
  assertResponse({ ...response, text: coding ? text : response.text }, 200, carried, body);
  assert.equal(text, body);
}

describe("polling responses", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  const cases = [
    ["gzip", "gzip"],
    ["gzip, deflate, br, zstd", "gzip"],
    ["gzip;q=0.1, deflate", "deflate"],
    ["deflate, gzip", "deflate"],
    ["*", "gzip"],
    ["gzip;q=0, *", "deflate"],
    ["br", undefined],
    ["identity", undefined],
    ["gzip;q=0", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [accept, coding] of cases) {
    it(`to "${accept}" are ${coding ?? "plain"}`, async () => {
      const session = await PollingSession.open(server.port);
      await session.send(kLong);
      await expectCoding(session, accept, coding, kLong);
    });
  }

  it("are compressed from 1024 bytes on", async () => {
    const session = await PollingSession.open(server.port);
    for (const [size, coding] of [
      [1023, undefined],
      [1024, "gzip"],
    ]) {
      const body = "4".padEnd(size, "a");
      await session.send(body);
      await expectCoding(session, "gzip", coding, body);
    }
  });

  it("are compressed when they were held as well", async () => {
    const session = await PollingSession.open(server.port);
    const answer = expectCoding(session, "gzip", "gzip", kLong);
    await sleep(50);
    await session.send(kLong);
    await answer;
  });

  it("need one packet that may be compressed", async () => {
    const session = await PollingSession.open(server.port);
    const plain = `4!plain ${kLong}`;
    await session.send(plain);
    await expectCoding(session, "gzip", undefined, `4${kLong}`);
    await session.send(`${plain}\x1e4a`);
    await expectCoding(session, "gzip", "gzip", `4${kLong}\x1e4a`);
  });

  it("are not those to a POST", async () => {
    const session = await PollingSession.open(server.port);
    const response = await session.post(kLong, { headers: { "Accept-Encoding": "gzip" } });
    assertResponse(response, 200, kTextHtml, "ok");
  });
});

describe("the other forms of payloads", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);
  const headers = { "Accept-Encoding": "gzip" };

  it("are compressed in scripts", async () => {
    const query = target("polling", undefined, "&j=7");
    const opened = await request(server.port, "GET", query);
    const [, sid] = /sid\\":\\"([\w-]{20})/.exec(opened.text);
    const body = new URLSearchParams({ d: kLong }).toString();
    await request(server.port, "POST", `${query}&sid=${sid}`, {
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body,
    });
    const response = await request(server.port, "GET", `${query}&sid=${sid}`, { headers });
    assert.equal(response.headers["content-encoding"], "gzip");
    const script = zlib.gunzipSync(response.body).toString();
    assert.equal(script, `___eio[7](${JSON.stringify(kLong)});`);
  });

  it("are compressed in revision 3", async () => {
    const session = await Session3.open(server.port);
    await session.send(kLong);
    const response = await request(server.port, "GET", session.target, { headers });
    assert.equal(response.headers["content-encoding"], "gzip");
    assert.equal(zlib.gunzipSync(response.body).toString(), payload(kLong));
  });
});

describe("without compression", () => {
  const server = useServer("engineio", "--no-cors", "--no-http-compression", ...kQuiet);

  it("polling responses are plain", async () => {
    const session = await PollingSession.open(server.port);
    await session.send(kLong);
    await expectCoding(session, "gzip", undefined, kLong);
  });
});
