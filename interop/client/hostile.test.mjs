// SPDX-License-Identifier: MIT
//
// Packets that break the Socket.IO protocol end the connection they came on, with the right reason,
// and no other: a healthy client on the same server is asked after each of them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { call, connect, record, useClients } from "../support/client.mjs";
import { Connection } from "../support/http.mjs";
import { kQuiet, useServer } from "../support/server.mjs";
import { openBare, openJoined, openJoinedPolling } from "../support/sio.mjs";
import { eventually } from "../support/wait.mjs";
import { Opcode, frame } from "../support/ws.mjs";

const kPlaceholder = '{"_placeholder":true,"num":0}';
const bytes = (...values) => Buffer.from(values);

// Messages sent one after another, each once the one before was processed; the last of them breaks
// the rules.
const kViolations = [
  ["an empty message", "4"],
  ["packet type 7", "47"],
  ["packet type 9", '49["a"]'],
  ["a letter for a packet type", "4abc"],
  ["a space before the packet type", '4 2["a"]'],

  ["an event that is an object", "42{}"],
  ["an event that is a string", '42"a"'],
  ["an event that is a boolean", "42true"],
  ["an event that is null", "42null"],
  ["an event without a name", "42[]"],
  ["an event named null", "42[null]"],
  ["an event named by an object", "42[{}]"],
  ["an event named by an array", '42[["a"]]'],
  ["an event named by a boolean", "42[true]"],
  ["JSON cut short", '42["a"'],
  ["JSON with something behind it", '42["a"]x'],
  ["JSON with single quotes", "42['a']"],
  ["JSON with a trailing comma", '42["a",]'],
  ["JSON with a bare word", '42["a",undefined]'],
  ["JSON with NaN", '42["a",NaN]'],
  ["JSON with a bad escape", '42["\\x41"]'],
  ["JSON with a line break in a string", '42["a\n"]'],
  ["text instead of JSON", "42abcd"],
  ["text before JSON", '42abc["a"]'],
  ["a space for an ack id", '42 ["a"]'],
  ["a negative ack id", '42-1["a"]'],
  ...[
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
  ].map((name) => [`the reserved event ${name}`, `42["${name}"]`]),

  ["CONNECT with an array", "40/custom,[]"],
  ["CONNECT with null", "40/custom,null"],
  ["CONNECT with a string", '40/custom,"x"'],
  ["CONNECT with a number", "40/custom,1.5"],
  ["CONNECT with broken JSON", "40foo"],
  ["CONNECT with JSON cut short", '40/custom,{"a":'],
  ["CONNECT to a namespace joined already", "40"],
  ["CONNECT to a namespace that is being joined", "40/slow,", "40/slow,"],
  ["DISCONNECT with an object", "41{}"],
  ["DISCONNECT with an array", "41[]"],
  ["ACK with an object", "431{}"],
  ["ACK with a string", '431"a"'],
  ["ACK with null", "431null"],
  ["CONNECT_ERROR, which only servers send", '44{"message":"no"}'],
  ["CONNECT_ERROR with an array", "44[]"],

  ["an event for a namespace not joined", '42/custom,["a"]'],
  ["an event for a namespace that does not exist", '42/absent,["a"]'],
  ["an event for a namespace that is being joined", "40/slow,", '42/slow,["a"]'],
  ["an ack for a namespace not joined", "43/custom,1[]"],
  ["DISCONNECT from a namespace not joined", "41/custom,"],
  ["DISCONNECT twice", "41", "41"],
  ["an event behind DISCONNECT", "41", '42["message"]'],
  ["an event behind a refused CONNECT", "40/guarded,{}", '42/guarded,["who"]'],

  ["binary that nothing announced", bytes(1, 2, 3)],
  ["a binary event without a count", `45["a",${kPlaceholder}]`],
  ["a binary event with a count and no dash", `451["a",${kPlaceholder}]`],
  ["a binary event with a letter for a count", `45x-["a",${kPlaceholder}]`],
  ["a binary event with an empty count", `45-["a",${kPlaceholder}]`],
  ["a binary event with no attachments", '450-["a"]'],
  ["a binary event with a negative count", `45-1-["a",${kPlaceholder}]`],
  ["a binary event with a fraction for a count", `451.5-["a",${kPlaceholder}]`],
  ["a binary event with 11 attachments", `4511-["a",${kPlaceholder}]`],
  ["a binary event with 4294967297 attachments", `454294967297-["a",${kPlaceholder}]`],
  ["a binary ack with no attachments", "460-1[]"],
  ["a binary event that is an object", "451-{}"],
  ["a reserved binary event", `451-["disconnect",${kPlaceholder}]`],
  ["text where an attachment is due", `451-["a",${kPlaceholder}]`, '42["a"]'],
  ["CONNECT where an attachment is due", `451-["a",${kPlaceholder}]`, "40/custom,"],
  ["the second attachment missing", `452-["a",${kPlaceholder}]`, bytes(1), '42["a"]'],
  ["an attachment too many", `451-["nobody",${kPlaceholder}]`, bytes(1), bytes(2)],
  ["a placeholder beyond the attachments", '451-["a",{"_placeholder":true,"num":1}]', bytes(1)],
  ["a placeholder below them", '451-["a",{"_placeholder":true,"num":-1}]', bytes(1)],
  ["a placeholder with text for a number", '451-["a",{"_placeholder":true,"num":"0"}]', bytes(1)],
  ["a placeholder without a number", '451-["a",{"_placeholder":true}]', bytes(1)],
  ["a placeholder named like a method", '451-["a",{"_placeholder":true,"num":"splice"}]', bytes(1)],
];

// Where the limits are ours: Node.js servers accept these.
const kOverLimits = [
  ["an ack id beyond 64 bits", '4299999999999999999999["message-with-ack",1]'],
  ["JSON nested 1000 deep", `42["message",${"[".repeat(1000)}${"]".repeat(1000)}]`],
  ["objects nested 1000 deep", `42["message",${'{"a":'.repeat(1000)}1${"}".repeat(1000)}]`],
  ["a number no double can hold", '42["message",1e999]'],
  ["a namespace of 5000 characters", `40/${"x".repeat(5000)},`],
];

// Unusual, and yet within the rules. What has to come back, if anything.
const kAccepted = [
  ["a namespace that does not exist", "40/absent,", '44/absent,{"message":"Invalid namespace"}'],
  ["a namespace without a comma", "40/absent", '44/absent,{"message":"Invalid namespace"}'],
  ["a namespace with a query", "40/?a=b,", '44/?a=b,{"message":"Invalid namespace"}'],
  [
    "a guarded namespace",
    "40/guarded,{}",
    '44/guarded,{"message":"unauthorized","data":{"code":42}}',
  ],
  ["an event without payload", "42"],
  ["an event named by a number", "42[1]"],
  ["the event named connection", '42["connection"]'],
  ["an ack without payload", "43"],
  ["an ack nobody waits for", "43123[1]"],
  ["an ack without id", "43[1]"],
  ["an ack id with leading zeros", '42007["message-with-ack",1]', "437[1]"],
  ["white space in the JSON", '421[ "message-with-ack" ] ', "431[]"],
  [
    "a placeholder in a text packet",
    `42["message",${kPlaceholder}]`,
    `42["message-back",${kPlaceholder}]`,
  ],
  ["a key given twice", '42["message",{"a":1,"a":2}]', '42["message-back",{"a":2}]'],
  [
    "the key __proto__",
    '42["message",{"__proto__":{"a":1}}]',
    '42["message-back",{"__proto__":{"a":1}}]',
  ],
];

describe("hostile packets", () => {
  const server = useServer("socketio", ...kQuiet);
  let healthy;
  let lost;

  beforeEach(async () => {
    healthy = await connect(server.url);
    lost = record(healthy, "disconnect");
  });

  afterEach(async () => {
    assert.equal(await call(healthy, "message-with-ack", "well?"), "well?");
    assert.deepEqual(lost, [], "the healthy client was disconnected");
  });
  // Hooks run in this order: the healthy client is closed only after it was asked.
  useClients();

  async function reasonOf(id) {
    return eventually(async () => {
      const log = await call(healthy, "last-disconnect");
      return log.find((entry) => entry.id === id && entry.event === "disconnect")?.reason;
    }, `disconnect of ${id}`);
  }

  // A pong says that what was sent before the ping has been processed.
  async function send(peer, messages) {
    for (const [i, message] of messages.entries()) {
      if (i > 0) {
        await peer.write(frame(Opcode.ping));
        while ((await peer.frame()).opcode !== Opcode.pong);
      }
      await peer.write(frame(typeof message === "string" ? Opcode.text : Opcode.binary, message));
    }
  }

  // Skips what the earlier, legal messages were answered by.
  async function assertClosed(peer) {
    let next;
    do next = await peer.frame();
    while (next && next.opcode !== Opcode.close);
    assert.equal(next?.payload.length, 0, "close frame without a code");
  }

  for (const [name, ...messages] of kViolations) {
    it(`over WebSocket: ${name}`, async () => {
      const peer = await openJoined(server.port);
      await send(peer, messages);
      await assertClosed(peer);
      const left = messages.includes("41");
      const reason = left ? "client namespace disconnect" : "forced close";
      assert.equal(await reasonOf(peer.id), reason);
    });
  }

  for (const [name, message] of kOverLimits) {
    it(`over the limits: ${name}`, async () => {
      const peer = await openJoined(server.port);
      await send(peer, [message]);
      await assertClosed(peer);
      assert.equal(await reasonOf(peer.id), "forced close");
    });
  }

  for (const [name, message, answer] of kAccepted) {
    it(`accepted: ${name}`, async () => {
      const peer = await openJoined(server.port);
      await peer.sendText(message);
      if (answer !== undefined) assert.equal(await peer.text(), answer);
      await peer.sendText('4299["message-with-ack","alive"]');
      assert.equal(await peer.text(), '4399["alive"]');
    });
  }

  it("accepted: an ack id of 64 bits, unchanged", async () => {
    const peer = await openJoined(server.port);
    await send(peer, ['4218446744073709551615["message-with-ack"]']);
    assert.equal(await peer.text(), "4318446744073709551615[]");
  });

  it("accepted: joining again after leaving", async () => {
    const peer = await openJoined(server.port);
    await send(peer, ["41", "40"]);
    const reply = await peer.text();
    assert.match(reply, /^40\{"sid":"[\w-]{20}"\}$/);
    assert.notEqual(JSON.parse(reply.slice(2)).sid, peer.id);
    assert.equal(await reasonOf(peer.id), "client namespace disconnect");
  });

  it("accepted: ten attachments in one event", async () => {
    const peer = await openJoined(server.port);
    const places = Array.from({ length: 10 }, (_, num) =>
      JSON.stringify({ _placeholder: true, num }),
    );
    const attachments = Array.from({ length: 10 }, (_, i) => bytes(i));
    await send(peer, [`4510-["message",${places.join()}]`, ...attachments]);
    assert.equal(await peer.text(), `4510-["message-back",${places.join()}]`);
    for (const expected of attachments) assert.deepEqual(await peer.binary(), expected);
  });

  for (const body of ['42["a"', "47", "40", '451-["a"]\x1e42["a"]', "bAQID", "44{}"]) {
    it(`over polling: ${JSON.stringify(body)}`, async () => {
      const session = await openJoinedPolling(server.port);
      await session.post(body);
      assert.ok(["1", "6\x1e1"].includes((await session.poll()).text));
      // Upstream names the one or the other, depending on what was wrong.
      assert.ok(["forced close", "forced server close"].includes(await reasonOf(session.id)));
      assert.equal((await session.poll()).text, '{"code":1,"message":"Session ID unknown"}');
    });
  }

  it("an Engine.IO packet that cannot be decoded", async () => {
    const peer = await openJoined(server.port);
    await peer.sendText("x");
    await assertClosed(peer);
    assert.equal(await reasonOf(peer.id), "parse error");
  });

  it("an attachment over the limit", async () => {
    const peer = await openJoined(server.port);
    await peer.sendText(`451-["a",${kPlaceholder}]`);
    await peer.write(frame(Opcode.binary, "", { length: 1_000_001 }));
    await peer.closed(1009);
    assert.equal(await reasonOf(peer.id), "transport error");
  });

  it("a connection that goes while an attachment is due", async () => {
    const peer = await openJoined(server.port);
    await peer.sendText(`452-["a",${kPlaceholder}]`);
    await peer.sendBinary([1]);
    peer.connection.reset();
    assert.equal(await reasonOf(peer.id), "transport close");
  });

  const kBrokenHttp = [
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"],
    ["a bare line", "hello\r\n\r\n"],
    ["HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"],
    ["a NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"],
    ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
    [
      "two lengths",
      "POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    [
      "a length that is no number",
      "POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5abc\r\n\r\nhello",
    ],
    ["a negative length", "POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"],
    [
      "a length and chunks",
      "POST /socket.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a chunk size that is no number",
      "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ],
    ["no Host", "GET /socket.io/ HTTP/1.1\r\n\r\n"],
  ];
  for (const [name, text] of kBrokenHttp) {
    it(`HTTP: ${name}`, async () => {
      const connection = await Connection.open(server.port);
      await connection.write(Buffer.from(text, "latin1"));
      const answers = (await connection.rest()).toString("latin1");
      assert.ok(!/^HTTP\/1\.1 2/m.test(answers), answers);
    });
  }

  it("HTTP: a head without end", async () => {
    const connection = await Connection.open(server.port);
    await connection.write("GET /socket.io/ HTTP/1.1\r\nHost: a\r\n");
    for (let i = 0; i < 100 && !connection.ended; i++)
      await connection.write(`X-${i}: ${"y".repeat(1000)}\r\n`);
    const answer = (await connection.rest()).toString("latin1");
    assert.ok(answer === "" || /^HTTP\/1\.1 (400|431) /.test(answer), answer);
  });
});

describe("a client that joins nothing", () => {
  const server = useServer("socketio", "--connect-timeout", 300, ...kQuiet);
  useClients();

  it("is let go after the connect timeout", async () => {
    const start = performance.now();
    const peer = await openBare(server.port);
    await peer.closed();
    const elapsed = performance.now() - start;
    assert.ok(elapsed > 250 && elapsed < 1000, `closed after ${elapsed} ms`);
  });

  it("is let go also when what it asked for was refused", async () => {
    const peer = await openBare(server.port);
    await peer.sendText("40/absent,");
    assert.equal(await peer.text(), '44/absent,{"message":"Invalid namespace"}');
    await peer.closed();
  });

  it("breaks the protocol by an event before CONNECT", async () => {
    const peer = await openBare(server.port);
    await peer.sendText('42["message"]');
    const start = performance.now();
    await peer.closed();
    assert.ok(performance.now() - start < 250, "closed by the timeout only");
  });

  it("may leave what it had joined and stay", async () => {
    const peer = await openJoined(server.port);
    await peer.sendText("41");
    await new Promise((done) => setTimeout(done, 500));
    await peer.sendText("40");
    assert.match(await peer.text(), /^40\{/);
  });
});
