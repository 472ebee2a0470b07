// SPDX-License-Identifier: MIT
//
// How sessions over HTTP long-polling end: by what the client does wrong, by either side's will.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { kWholeBodies } from "../support/balanced.mjs";
import {
  Control,
  PollingSession,
  closeReason,
  kSeparator,
  kTextHtml,
  kTextPlain,
  settle,
} from "../support/engine.mjs";
import { Connection, assertResponse, formatRequest, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";

const kGone = '{"code":1,"message":"Session ID unknown"}';
const kJson = { "content-type": "application/json" };

async function assertGone(session) {
  assertResponse(await session.poll(), 400, kJson, kGone);
}

// A POST of which the server has read the head and 4 of 10 bytes.
async function beginPost(port, session) {
  const connection = await Connection.open(port);
  await connection.write(
    formatRequest("POST", session.target, { headers: { "Content-Length": "10" } }),
  );
  await connection.write("4abc");
  await settle(port);
  return connection;
}

describe("what ends a session", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("a second GET while one is held", async () => {
    const session = await PollingSession.open(server.port);
    const held = await session.hold();
    assertResponse(await session.poll(), 400, {}, "");
    assertResponse(await held.response(), 200, kTextPlain, "1");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a held GET whose client goes away", async () => {
    const session = await PollingSession.open(server.port);
    (await session.hold()).destroy();
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a held GET whose client resets the connection", async () => {
    const session = await PollingSession.open(server.port);
    (await session.hold()).reset();
    assert.equal(await closeReason(server.port, session.sid), "transport error");
  });

  it("a second POST while one is being read", kWholeBodies, async () => {
    const session = await PollingSession.open(server.port);
    const first = await beginPost(server.port, session);
    assertResponse(await session.post("4second"), 400, {}, "");
    assert.equal((await first.rest()).length, 0);
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a POST that breaks off", kWholeBodies, async () => {
    const session = await PollingSession.open(server.port);
    const connection = await beginPost(server.port, session);
    connection.destroy();
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a POST of bytes", async () => {
    const session = await PollingSession.open(server.port);
    const headers = { "Content-Type": "application/octet-stream" };
    assertResponse(await session.post("4abc", { headers }), 400, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  // Node.js servers say 200 ok here, and close all the same.
  const kUndecodable = [
    ["an empty body", ""],
    ["an unknown packet type", "x"],
    ["a digit that is no packet type", "7"],
    ["an empty packet", kSeparator],
    ["an empty packet behind a good one", `4a${kSeparator}`],
  ];
  for (const [name, body] of kUndecodable) {
    it(`a POST with ${name}`, async () => {
      const session = await PollingSession.open(server.port);
      assertResponse(await session.post(body), 400, {}, "");
      assert.equal(await closeReason(server.port, session.sid), "parse error");
      await assertGone(session);
    });
  }

  it("a POST that is not UTF-8", async () => {
    const session = await PollingSession.open(server.port);
    assertResponse(await session.post(Buffer.from([0x34, 0xc3, 0x28])), 400, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "parse error");
  });

  it("a POST without any body at all", async () => {
    const session = await PollingSession.open(server.port);
    assertResponse(await request(server.port, "POST", session.target), 400, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "parse error");
  });

  it("a bad packet, whose forerunners are delivered and whose followers are not", async () => {
    const session = await PollingSession.open(server.port);
    const before = await PollingSession.open(server.port);
    const behind = await PollingSession.open(server.port);
    const packets = [`4!close ${before.sid}`, "x", `4!close ${behind.sid}`];
    assert.equal((await session.post(packets.join(kSeparator))).status, 400);
    assert.equal(await closeReason(server.port, session.sid), "parse error");
    assert.equal(await before.receive(), `6${kSeparator}1`);
    assert.ok(await behind.isOpen());
  });

  it("a ping, which only servers send", async () => {
    const session = await PollingSession.open(server.port);
    await session.post("2");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a close packet", async () => {
    const session = await PollingSession.open(server.port);
    assertResponse(await session.post("1"), 200, kTextHtml, "ok");
    assert.equal(await closeReason(server.port, session.sid), "transport close");
    await assertGone(session);
  });

  it("a close packet, and a held GET gets a noop", async () => {
    const session = await PollingSession.open(server.port);
    const held = await session.hold();
    assertResponse(await session.post("1"), 200, kTextHtml, "ok");
    assertResponse(await held.response(), 200, kTextPlain, "6");
    assert.equal(await closeReason(server.port, session.sid), "transport close");
    await assertGone(session);
  });
});

describe("bodies at the limit", () => {
  const server = useServer("engineio", "--no-cors", "--max-payload", 1000, ...kQuiet);

  it("exactly as large as allowed is fine", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4".padEnd(1000, "x"));
    assert.equal((await session.receive()).length, 1000);
  });

  it("the limit is in bytes", async () => {
    const session = await PollingSession.open(server.port);
    assertResponse(await session.post("4".padEnd(600, "é")), 413, {}, "");
  });

  // Node.js servers leave the session open; its client closes it.
  it("one byte more is answered by 413 and ends the session", async () => {
    const session = await PollingSession.open(server.port);
    assertResponse(await session.post("4".padEnd(1001, "x")), 413, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
    await assertGone(session);
  });

  it("a chunked body without end is answered by 413", kWholeBodies, async () => {
    const session = await PollingSession.open(server.port);
    const connection = await Connection.open(server.port);
    const headers = { "Transfer-Encoding": "chunked" };
    await connection.write(formatRequest("POST", session.target, { headers }));
    for (let i = 0; i < 11; i++) await connection.write(`64\r\n${"x".repeat(100)}\r\n`);
    assertResponse(await connection.response(), 413, {}, "");
  });
});

describe("sessions that the server closes", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("answer a held GET by a close packet", async () => {
    const control = await Control.open(server.port);
    const session = await PollingSession.open(server.port);
    const held = await session.hold();
    await control.closeSession(session.sid);
    assertResponse(await held.response(), 200, kTextPlain, "1");
    assert.equal(await control.reasonOf(session.sid), "forced close");
    await assertGone(session);
  });

  it("answer the next GET by noop and close when none is held", async () => {
    const control = await Control.open(server.port);
    const session = await PollingSession.open(server.port);
    await control.closeSession(session.sid);
    assert.ok(await control.isOpen(session.sid));
    assertResponse(await session.poll(), 200, kTextPlain, `6${kSeparator}1`);
    assert.equal(await control.reasonOf(session.sid), "forced close");
    await assertGone(session);
  });

  it("deliver what is buffered first", async () => {
    const control = await Control.open(server.port);
    const session = await PollingSession.open(server.port);
    await session.send(`4a${kSeparator}4b`);
    await control.closeSession(session.sid);
    assert.ok(await control.isOpen(session.sid));
    assert.equal(await session.receive(), `4a${kSeparator}4b`);
    assert.equal(await session.receive(), `6${kSeparator}1`);
    assert.equal(await control.reasonOf(session.sid), "forced close");
  });

  it("drop the connection whose POST is still being read", kWholeBodies, async () => {
    const control = await Control.open(server.port);
    const session = await PollingSession.open(server.port);
    const connection = await beginPost(server.port, session);
    await control.closeSession(session.sid);
    assert.equal((await connection.rest()).length, 0);
  });
});
