// SPDX-License-Identifier: MIT
//
// From polling to WebSocket: nothing lost, nothing doubled, and a failed attempt harms nobody.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  Control,
  PollingSession,
  closeReason,
  kSeparator,
  openWebSocket,
  target,
} from "../support/engine.mjs";
import { Connection, assertResponse, formatRequest, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { Opcode, WebSocketPeer, frame } from "../support/ws.mjs";

const kBadRequest = '{"code":3,"message":"Bad request"}';

function openCandidate(session) {
  return WebSocketPeer.open(session.port, target("websocket", session.sid));
}

async function probe(candidate) {
  await candidate.sendText("2probe");
  assert.equal(await candidate.text(), "3probe");
}

async function assertPollingWorks(session) {
  await session.send("4still polling");
  assert.equal(await session.receive(), "4still polling");
}

describe("an upgrade", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("moves the session", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    await peer.sendText("5");
    await peer.sendText("4over websocket");
    assert.equal(await peer.text(), "4over websocket");
    await peer.sendBinary([1, 2]);
    assert.deepEqual(await peer.binary(), Buffer.from([1, 2]));
  });

  it("sends no second open packet", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    await peer.sendText("5");
    await peer.write(frame(Opcode.ping, "last"));
    assert.equal((await peer.frame()).opcode, Opcode.pong);
  });

  it("lets a held GET go by a noop about 100 ms after the probe", async () => {
    const session = await PollingSession.open(server.port);
    const held = await session.hold();
    const peer = await openCandidate(session);
    await probe(peer);
    const start = performance.now();
    const { text } = await held.response();
    const elapsed = performance.now() - start;
    assert.equal(text, "6");
    assert.ok(elapsed > 50 && elapsed < 400, `noop after ${elapsed} ms`);
  });

  it("repeats the noop until the client stops polling", async () => {
    const session = await PollingSession.open(server.port);
    await probe(await openCandidate(session));
    for (let i = 0; i < 3; i++) assert.equal(await session.receive(), "6");
  });

  it("flushes what was buffered since the last GET", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    await session.send(`4a${kSeparator}bAQI=${kSeparator}4c`);
    await peer.sendText("5");
    assert.equal(await peer.text(), "4a");
    assert.deepEqual(await peer.binary(), Buffer.from([1, 2]));
    assert.equal(await peer.text(), "4c");
  });

  it("leaves polling at work until it is completed", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await assertPollingWorks(session);
    await probe(peer);
    await assertPollingWorks(session);
    await peer.sendText("5");
    await peer.sendText("4moved");
    assert.equal(await peer.text(), "4moved");
  });

  it("may be completed together with the first message", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    await peer.write(Buffer.concat([frame(Opcode.text, "5"), frame(Opcode.text, "4hi")]));
    assert.equal(await peer.text(), "4hi");
  });

  it("may be completed without a probe", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await peer.sendText("5");
    await peer.sendText("4hi");
    assert.equal(await peer.text(), "4hi");
  });

  it("answers a GET that is held when it is completed", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    const held = await session.hold();
    await peer.sendText("5");
    const { status, text } = await held.response();
    assert.equal(status, 200);
    // Node.js servers say "1". Its client has stopped listening by then.
    assert.ok(text === "1" || text === "6", text);
    await peer.sendText("4hi");
    assert.equal(await peer.text(), "4hi");
  });

  it("ends polling for this session", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await peer.sendText("5");
    await peer.write(frame(Opcode.ping, ""));
    await peer.frame();
    const json = { "content-type": "application/json" };
    assertResponse(await session.poll(), 400, json, kBadRequest);
    assertResponse(await session.post("4hi"), 400, json, kBadRequest);
    await peer.sendText("4alive");
    assert.equal(await peer.text(), "4alive");
  });
});

describe("a candidate that fails", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  for (const packet of ["4hi", "2", "2foo", "3probe", "6", "1", "x", ""]) {
    it(`by the packet ${JSON.stringify(packet)} is closed, and polling goes on`, async () => {
      const session = await PollingSession.open(server.port);
      const candidate = await openCandidate(session);
      await candidate.sendText(packet);
      await candidate.closed();
      await assertPollingWorks(session);
    });
  }

  it("by a binary message is closed, and polling goes on", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await candidate.sendBinary("hi");
    await candidate.closed();
    await assertPollingWorks(session);
  });

  it("by a message behind the probe is closed, and polling goes on", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await probe(candidate);
    await candidate.sendText("4too early");
    await candidate.closed();
    await assertPollingWorks(session);
  });

  it("by a broken frame is closed, and polling goes on", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await candidate.write(frame(3, ""));
    await candidate.closed(1002);
    await assertPollingWorks(session);
  });

  it("by closing itself leaves polling alone", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await probe(candidate);
    await candidate.write(frame(Opcode.close));
    await candidate.frame();
    await assertPollingWorks(session);
  });

  it("by a lost connection leaves polling alone, and another may follow", async () => {
    const session = await PollingSession.open(server.port);
    for (let i = 0; i < 3; i++) {
      const candidate = await openCandidate(session);
      await probe(candidate);
      candidate.connection.reset();
      await assertPollingWorks(session);
    }
    // The loss may be noticed later than what else came in.
    let last;
    do {
      last = await openCandidate(session);
      await last.sendText("2probe");
    } while ((await last.frame())?.opcode !== Opcode.text);
    await last.sendText("5");
    await last.sendText("4third time lucky");
    assert.equal(await last.text(), "4third time lucky");
  });
});

describe("an upgrade that is not finished in time", () => {
  const server = useServer("engineio", "--upgrade-timeout", 200, ...kQuiet);

  async function assertClosedInTime(session, candidate) {
    const start = performance.now();
    await candidate.closed();
    const elapsed = performance.now() - start;
    assert.ok(elapsed > 100 && elapsed < 800, `closed after ${elapsed} ms`);
    await assertPollingWorks(session);
  }

  it("is given up before the probe", async () => {
    const session = await PollingSession.open(server.port);
    await assertClosedInTime(session, await openCandidate(session));
  });

  it("is given up after the probe", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await probe(candidate);
    await assertClosedInTime(session, candidate);
  });

  it("may be tried again", async () => {
    const session = await PollingSession.open(server.port);
    await (await openCandidate(session)).closed();
    const second = await openCandidate(session);
    await probe(second);
    await second.sendText("5");
    await second.sendText("4hi");
    assert.equal(await second.text(), "4hi");
  });
});

describe("an upgrade that is not possible", () => {
  const server = useServer("engineio", ...kQuiet);

  it("while another one is under way: only the second is closed", async () => {
    const session = await PollingSession.open(server.port);
    const first = await openCandidate(session);
    await probe(first);
    await (await openCandidate(session)).closed();
    await first.sendText("5");
    await first.sendText("4hi");
    assert.equal(await first.text(), "4hi");
  });

  it("of a session that was upgraded", async () => {
    const session = await PollingSession.open(server.port);
    const first = await openCandidate(session);
    await first.sendText("5");
    await first.sendText("4hi");
    assert.equal(await first.text(), "4hi");
    await (await openCandidate(session)).closed();
    await first.sendText("4still here");
    assert.equal(await first.text(), "4still here");
  });
});

describe("a session that ends during an upgrade", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("by its client takes the candidate along", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await probe(candidate);
    await session.send("1");
    await candidate.closed();
    assert.equal(await closeReason(server.port, session.sid), "transport close");
  });

  it("by an error takes the candidate along", async () => {
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await session.post("2");
    await candidate.closed();
    assert.equal(await closeReason(server.port, session.sid), "transport error");
  });

  it("by the server, with the upgrade completed all the same", async () => {
    const control = await Control.open(server.port);
    const session = await PollingSession.open(server.port);
    const candidate = await openCandidate(session);
    await probe(candidate);
    await control.closeSession(session.sid);
    assert.ok(await control.isOpen(session.sid));
    await candidate.sendText("5");
    await candidate.closed();
    assert.equal(await control.reasonOf(session.sid), "forced close");
  });
});

describe("POST and upgrade", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("a POST that is complete when the upgrade is keeps its place", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    await session.send("4by post");
    await peer.write(Buffer.concat([frame(Opcode.text, "5"), frame(Opcode.text, "4by websocket")]));
    assert.equal(await peer.text(), "4by post");
    assert.equal(await peer.text(), "4by websocket");
  });

  it("a POST that is never completed does not harm the upgraded session", async () => {
    const session = await PollingSession.open(server.port);
    const peer = await openCandidate(session);
    await probe(peer);
    const post = await Connection.open(server.port);
    await post.write(
      formatRequest("POST", session.target, { headers: { "Content-Length": "10" } }),
    );
    await post.write("4abc");
    await request(server.port, "GET", "/none");
    await peer.sendText("5");
    await peer.sendText("4hi");
    assert.equal(await peer.text(), "4hi");
    post.destroy();
    await request(server.port, "GET", "/none");
    await peer.sendText("4alive");
    assert.equal(await peer.text(), "4alive");
  });

  it("a WebSocket session needs no upgrade", async () => {
    const peer = await openWebSocket(server.port);
    const { status } = await request(server.port, "GET", target("polling", peer.sid));
    assert.equal(status, 400);
  });
});
