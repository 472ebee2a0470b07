// SPDX-License-Identifier: MIT
//
// Revision 3 of Engine.IO on the wire, for clients of the 2.x line: every encoding both ways, and
// against the encoder and decoder of Node.js servers.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { decodePayload, encodePayload } from "../node_modules/engine.io/build/parser-v3/index.js";
import {
  Control,
  PollingSession,
  closeReason,
  kPath,
  kTextHtml,
  kTextPlain,
  target,
} from "../support/engine.mjs";
import {
  Session3,
  kOctetStream,
  openData,
  openWebSocket3,
  payload,
  target3,
  upgrade3,
} from "../support/engine3.mjs";
import { Connection, assertResponse, request } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { WebSocketPeer, upgradeRequest } from "../support/ws.mjs";

const kBadRequest = '{"code":3,"message":"Bad request"}';

describe("revision 3 that is not allowed", () => {
  const server = useServer("engineio", "--no-cors", ...kQuiet);

  it("is refused over polling", async () => {
    const response = await request(server.port, "GET", target3("polling"));
    const body = '{"code":5,"message":"Unsupported protocol version"}';
    assertResponse(response, 400, { "content-type": "application/json" }, body);
  });

  it("is refused before a WebSocket opens", async () => {
    const connection = await Connection.open(server.port);
    await connection.write(upgradeRequest(target3("websocket")));
    const response = await connection.response();
    assertResponse(response, 400, { "content-type": "text/html" }, "Unsupported protocol version");
  });
});

describe("the open packet of revision 3", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("has a length and the same five keys", async () => {
    const response = await request(server.port, "GET", target3("polling"));
    assertResponse(response, 200, kTextPlain, response.text);
    assert.deepEqual(Object.keys(openData(response.text)), [
      "sid",
      "upgrades",
      "pingInterval",
      "pingTimeout",
      "maxPayload",
    ]);
    assert.deepEqual(openData(response.text).upgrades, ["websocket"]);
  });

  it("comes without a length over WebSocket, and offers no upgrade", async () => {
    const peer = await WebSocketPeer.open(server.port, target3("websocket"));
    const text = await peer.text();
    assert.deepEqual(JSON.parse(text.slice(1)).upgrades, []);
  });

  for (const query of ["", "&EIO=", "&EIO=abc", "&EIO=5", "&EIO=04"]) {
    it(`answers "${query}", which counts as revision 3`, async () => {
      const response = await request(server.port, "GET", `${kPath}?transport=polling${query}`);
      assert.match(openData(response.text).sid, /^[\w-]{20}$/);
    });
  }

  it("leaves revision 4 as it is", async () => {
    const session = await PollingSession.open(server.port);
    await session.send("4a\x1ebAQ==");
    assert.equal(await session.receive(), "4a\x1ebAQ==");
  });
});

describe("requests of another revision than the session's", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("are refused and change nothing", async () => {
    const session3 = await Session3.open(server.port);
    const session4 = await PollingSession.open(server.port);
    for (const wrong of [target("polling", session3.sid), target3("polling", session4.sid)]) {
      const polled = await request(server.port, "GET", wrong);
      assertResponse(polled, 400, { "content-type": "application/json" }, kBadRequest);
      const posted = await request(server.port, "POST", wrong, { body: payload("4x") });
      assertResponse(posted, 400, { "content-type": "application/json" }, kBadRequest);
    }
    await session3.send("4three");
    assert.equal((await session3.poll()).text, "6:4three");
    await session4.send("4four");
    assert.equal(await session4.receive(), "4four");
  });

  it("are refused as upgrades", async () => {
    const session = await Session3.open(server.port);
    const connection = await Connection.open(server.port);
    await connection.write(upgradeRequest(target("websocket", session.sid)));
    assertResponse(
      await connection.response(),
      400,
      { "content-type": "text/html" },
      "Bad request",
    );
    await session.send("4still polling");
    assert.equal((await session.poll()).text, "14:4still polling");
  });
});

describe("polling with text bodies", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("counts UTF-16 code units, both ways", async () => {
    const session = await Session3.open(server.port);
    const packets = ["4hello", "4é€", "4😀", "4\ud7ff\ue000\uffff", "4", "42:4a", "4\u2028\x1e\0"];
    await session.send(...packets);
    const response = await session.poll();
    assertResponse(response, 200, kTextPlain, payload(...packets));
    assert.equal(response.headers["content-length"], String(response.body.length));
    assert.ok(response.text.includes("3:4😀"));
  });

  it("takes base64 from any client, and sends it to one that asked for it", async () => {
    for (const extra of ["&b64=1", "&b64=true"]) {
      const session = await Session3.open(server.port, extra);
      await session.send("4hello", "b4AQIDBA==", "b4");
      assertResponse(await session.poll(), 200, kTextPlain, "6:4hello10:b4AQIDBA==2:b4");
    }
    const session = await Session3.open(server.port);
    await session.send("b4AQIDBA==");
    assert.deepEqual([...(await session.poll()).body], [1, 5, 255, 4, 1, 2, 3, 4]);
  });

  it("reads no packet from 0:", async () => {
    const session = await Session3.open(server.port);
    assert.equal((await session.post("0:2:4a")).text, "ok");
    assert.equal((await session.poll()).text, "2:4a");
  });

  const kBroken = [
    "",
    ":",
    "abc",
    "3:4a",
    "2:4a2",
    "-1:4",
    "1e0:4",
    "9".repeat(400) + ":4",
    "1:x",
  ];
  for (const body of [...kBroken, "2:4😀", "4a\x1e4b", "2:bA", "3:b4?"]) {
    it(`closes upon ${JSON.stringify(body.slice(0, 20))}`, async () => {
      const session = await Session3.open(server.port);
      assertResponse(await session.post(body), 400, {}, "");
      assert.equal((await session.poll()).status, 400);
      assert.equal(await closeReason(server.port, session.sid), "parse error");
    });
  }

  it("delivers what came before a broken packet", async () => {
    const session = await Session3.open(server.port);
    const control = await Control.open(server.port);
    const other = await Session3.open(server.port);
    await session.post(payload(`4!close ${other.sid}`) + "broken");
    assert.equal(await control.reasonOf(session.sid), "parse error");
    assertResponse(await other.poll(), 200, kTextPlain, "1:61:1");
  });

  it("answers the end of a session with lengths, too", async () => {
    const overlapped = await Session3.open(server.port);
    const held = await overlapped.hold();
    assertResponse(await overlapped.poll(), 400, {}, "");
    assertResponse(await held.response(), 200, kTextPlain, "1:1");
    assert.equal(await closeReason(server.port, overlapped.sid), "transport error");

    const leaving = await Session3.open(server.port);
    const released = await leaving.hold();
    await leaving.send("1");
    assertResponse(await released.response(), 200, kTextPlain, "1:6");
    assert.equal(await closeReason(server.port, leaving.sid), "transport close");
  });
});

describe("polling with binary bodies", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("come when a packet is binary, and only then", async () => {
    const session = await Session3.open(server.port);
    await session.send("4hello", "b4AQIDBA==", "4😀");
    const response = await session.poll();
    assertResponse(response, 200, kOctetStream, response.text);
    assert.deepEqual(
      response.body,
      Buffer.concat([
        Buffer.from([0, 6, 255, ...Buffer.from("4hello")]),
        Buffer.from([1, 5, 255, 4, 1, 2, 3, 4]),
        Buffer.from([0, 5, 255, ...Buffer.from("4😀")]),
      ]),
    );
    await session.send("4text");
    assertResponse(await session.poll(), 200, kTextPlain, "5:4text");
  });

  it("may be posted", async () => {
    const session = await Session3.open(server.port);
    const text = Buffer.from("4é😀");
    const binary = [1, 4, 255, 4, 0, 255, 30];
    const posted = await session.postBinary([0, text.length, 255, ...text, ...binary]);
    assertResponse(posted, 200, kTextHtml, "ok");
    assert.deepEqual([...(await session.poll()).body], [0, 7, 255, ...text, ...binary]);
  });

  it("may be posted by a client that takes base64 only", async () => {
    const session = await Session3.open(server.port, "&b64=1");
    await session.postBinary([1, 5, 255, 4, 1, 2, 3, 4]);
    assert.equal((await session.poll()).text, "10:b4AQIDBA==");
  });

  const kBroken = [
    [],
    [0],
    [0, 255],
    [0, 1, 255],
    [1, 0, 255],
    [2, 1, 255, 52],
    [0, 49, 255, 52],
    [0, 9, 9, 9, 255, 52],
    [0, 2, 255, 52, 0xc3],
    [1, 2, 255, 52, 1],
    [0, ...Array(400).fill(9), 255, 52],
    Array(5000).fill(0),
    [...Buffer.from("2:4a")],
  ];
  for (const bytes of kBroken) {
    it(`close when they are [${bytes.slice(0, 5)}...] of ${bytes.length}`, async () => {
      const session = await Session3.open(server.port);
      assertResponse(await session.postBinary(bytes), 400, {}, "");
      assert.equal(await closeReason(server.port, session.sid), "parse error");
    });
  }

  it("are not for revision 4", async () => {
    const session = await PollingSession.open(server.port);
    const headers = { "Content-Type": "application/octet-stream" };
    assertResponse(await session.post("4a", { headers }), 400, {}, "");
    assert.equal(await closeReason(server.port, session.sid), "transport error");
  });
});

describe("the encoder and decoder of Node.js servers", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  const encode = (packets, supportsBinary) =>
    new Promise((done) => encodePayload(packets, supportsBinary, done));
  const decode = (body) => {
    const packets = [];
    decodePayload(body, (packet) => void packets.push(packet));
    return packets;
  };
  const texts = ["", "a", "é€😀\uffff", "10:x", "\0\x1e\xff", "x".repeat(1000), "😀".repeat(50)];
  const binaries = [[], [0], [255, 4, 0], Array(999).fill(7), Array(1000).fill(255)];
  const messages = [...texts, ...binaries.map((bytes) => Buffer.from(bytes)), "last"];
  const packets = messages.map((data) => ({ type: "message", data }));

  for (const [name, extra, binary] of [
    ["binary", "", true],
    ["base64", "&b64=1", false],
  ]) {
    it(`understand and are understood: ${name}`, async () => {
      const session = await Session3.open(server.port, extra);
      const body = await encode(packets, binary);
      const posted = await (binary ? session.postBinary(body) : session.post(body));
      assert.equal(posted.text, "ok");
      const polled = await session.poll();
      const received = decode(binary ? polled.body : polled.text);
      assert.deepEqual(
        received.map(({ type, data }) => [type, data ?? ""]),
        messages.map((data) => ["message", data]),
      );
      assert.deepEqual(polled.body, Buffer.from(body));
    });
  }
});

describe("WebSocket of revision 3", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("carries text as it is, and binary with a type byte", async () => {
    const peer = await openWebSocket3(server.port);
    await peer.sendText("4hello");
    assert.equal(await peer.text(), "4hello");
    for (const bytes of [[4], [4, 1, 2, 3, 4], [4, 52, 98, 0, 255]]) {
      await peer.sendBinary(bytes);
      assert.deepEqual([...(await peer.binary())], bytes);
    }
    await peer.sendText("b4AQIDBA==");
    assert.deepEqual([...(await peer.binary())], [4, 1, 2, 3, 4]);
  });

  it("carries base64 when asked to", async () => {
    const peer = await openWebSocket3(server.port, "&b64=1");
    await peer.sendText("b4AQIDBA==");
    assert.equal(await peer.text(), "b4AQIDBA==");
    await peer.sendBinary([4, 1]);
    assert.equal(await peer.text(), "b4AQ==");
  });

  for (const text of ["abc", "", "7", "b", "b4?", "bAQ=="]) {
    it(`closes upon the text "${text}"`, async () => {
      const peer = await openWebSocket3(server.port);
      await peer.sendText(text);
      await peer.closed();
      assert.equal(await closeReason(server.port, peer.sid), "parse error");
    });
  }

  for (const bytes of [[], [7], [52, 1], [255]]) {
    it(`closes upon the bytes [${bytes}]`, async () => {
      const peer = await openWebSocket3(server.port);
      await peer.sendBinary(bytes);
      await peer.closed();
      assert.equal(await closeReason(server.port, peer.sid), "parse error");
    });
  }

  it("closes upon a close packet", async () => {
    const peer = await openWebSocket3(server.port);
    await peer.sendText("1");
    await peer.closed();
    assert.equal(await closeReason(server.port, peer.sid), "transport close");
  });
});

describe("an upgrade of revision 3", () => {
  const server = useServer("engineio", "--allow-eio3", "--no-cors", ...kQuiet);

  it("moves the session, with what was buffered", async () => {
    const session = await Session3.open(server.port);
    await session.send("4buffered", "b4AQ==");
    const peer = await upgrade3(session);
    assert.equal(await peer.text(), "4buffered");
    assert.deepEqual([...(await peer.binary())], [4, 1]);
    await peer.sendBinary([4, 2]);
    assert.deepEqual([...(await peer.binary())], [4, 2]);
    assertResponse(await session.poll(), 400, { "content-type": "application/json" }, kBadRequest);
  });

  it("lets a held GET go by a noop", async () => {
    const session = await Session3.open(server.port);
    const held = await session.hold();
    const candidate = await WebSocketPeer.open(server.port, target3("websocket", session.sid));
    await candidate.sendText("2probe");
    assert.equal(await candidate.text(), "3probe");
    assertResponse(await held.response(), 200, kTextPlain, "1:6");
  });

  it("goes on in the form that the WebSocket asks for", async () => {
    const session = await Session3.open(server.port);
    await session.send("b4AQ==");
    const peer = await upgrade3(session, "&b64=1");
    assert.equal(await peer.text(), "b4AQ==");
    const other = await Session3.open(server.port, "&b64=1");
    const able = await upgrade3(other);
    await able.sendText("b4AQ==");
    assert.deepEqual([...(await able.binary())], [4, 1]);
  });

  it("is given up when the candidate sends something else", async () => {
    const session = await Session3.open(server.port);
    const candidate = await WebSocketPeer.open(server.port, target3("websocket", session.sid));
    await candidate.sendBinary([2]);
    await candidate.closed();
    await session.send("4still polling");
    assert.equal((await session.poll()).text, "14:4still polling");
  });
});
