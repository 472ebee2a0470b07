// SPDX-License-Identifier: MIT
//
// Requests that two servers in a row could read in two ways, and floods of headers. Each is one
// connection's worth of bytes with a second request at its end: that one must never be answered as a
// request of its own where the first was refused, and the connection has to end.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Connection, request } from "../support/http.mjs";
import { withinMemory } from "../support/memory.mjs";
import { kQuiet, useServer } from "../support/server.mjs";

const kGet = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n";
const kPost = "POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: a\r\n";
const kSecond = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const kChunked = "Transfer-Encoding: chunked\r\n";

// What is wrong, the bytes before the second request, the status.
const kRefused = [
  // Two lengths.
  ["Content-Length and chunked", `${kPost}Content-Length: 5\r\n${kChunked}\r\n0\r\n\r\n`, 400],
  ["chunked and Content-Length", `${kPost}${kChunked}Content-Length: 5\r\n\r\n0\r\n\r\n`, 400],
  ["two Content-Lengths", `${kPost}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`, 400],
  ["one Content-Length twice", `${kPost}Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde`, 400],
  ["a list of Content-Lengths", `${kPost}Content-Length: 5, 6\r\n\r\nabcde`, 400],
  ["a Content-Length with a plus", `${kPost}Content-Length: +5\r\n\r\nabcde`, 400],
  ["a negative Content-Length", `${kPost}Content-Length: -5\r\n\r\n`, 400],
  ["a hexadecimal Content-Length", `${kPost}Content-Length: 0x5\r\n\r\nabcde`, 400],
  ["a Content-Length with a blank in it", `${kPost}Content-Length: 1 0\r\n\r\nabcde`, 400],
  ["an empty Content-Length", `${kPost}Content-Length: \r\n\r\n`, 400],
  [
    "a Content-Length beyond 64 bits",
    `${kPost}Content-Length: 18446744073709551621\r\n\r\n`,
    [400, 413],
  ],
  ["a Content-Length beyond the limit", `${kPost}Content-Length: 1000001\r\n\r\n`, 413],

  // Codings.
  ["chunked twice", `${kPost}${kChunked}${kChunked}\r\n0\r\n\r\n`, [400, 501]],
  [
    "chunked before identity",
    `${kPost}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    [400, 501],
  ],
  ["identity", `${kPost}Transfer-Encoding: identity\r\n\r\n`, [400, 501]],
  ["gzip before chunked", `${kPost}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
  ["xchunked", `${kPost}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, [400, 501]],
  [
    "chunked with a vertical tab",
    `${kPost}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    [400, 501],
  ],
  ["chunked in quotes", `${kPost}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`, [400, 501]],
  [
    "chunked with a parameter",
    `${kPost}Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n`,
    [400, 501],
  ],
  ["an empty Transfer-Encoding", `${kPost}Transfer-Encoding: \r\n\r\n`, [400, 501]],
  ["chunked in HTTP/1.0", `${kPost.replace("1.1", "1.0")}${kChunked}\r\n0\r\n\r\n`, 400],

  // Lines.
  ["a folded header", `${kGet}X-A: b\r\n c\r\n\r\n`, 400],
  ["a folded Transfer-Encoding", `${kPost}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, 400],
  ["a first header that is folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400],
  ["a blank before the colon", `${kPost}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, 400],
  ["a tab before the colon", `${kPost}Content-Length\t: 5\r\n\r\nabcde`, 400],
  ["a header without a colon", `${kGet}X-A\r\n\r\n`, 400],
  ["a header without a name", `${kGet}: b\r\n\r\n`, 400],
  ["a name with a slash", `${kGet}X/A: b\r\n\r\n`, 400],
  ["bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400],
  ["bare LF behind a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400],
  ["bare LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400],
  ["bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["bare CR in a value", `${kGet}X-A: b\rTransfer-Encoding: chunked\r\n\r\n`, 400],
  ["CR CR LF", `${kGet}X-A: b\r\r\n\r\n`, 400],
  ["NUL in a value", `${kGet}X-A: b\0c\r\n\r\n`, 400],
  ["NUL in a name", `${kGet}X\0A: b\r\n\r\n`, 400],

  // Request lines and hosts.
  ["two blanks in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a blank at the end of the request line", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400],
  ["no version", "GET /\r\nHost: a\r\n\r\n", 400],
  ["HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", [400, 505]],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["http in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["a method of other characters", "G\x7fT / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],

  // Chunks.
  ...[
    ["with 0x", "0x5\r\nabcde\r\n0\r\n\r\n"],
    ["with a plus", "+5\r\nabcde\r\n0\r\n\r\n"],
    ["that is negative", "-5\r\nabcde\r\n0\r\n\r\n"],
    ["behind a blank", " 5\r\nabcde\r\n0\r\n\r\n"],
    ["that is empty", "\r\nabcde\r\n0\r\n\r\n"],
    ["that is none", "xyz\r\nabcde\r\n0\r\n\r\n"],
    ["with an underscore", "1_0\r\nabcde\r\n0\r\n\r\n"],
    ["that ends with bare LF", "5\nabcde\r\n0\r\n\r\n"],
    ["that ends with bare CR", "5\rabcde\r\n0\r\n\r\n"],
    ["whose extension has bare LF", "5;a\nb\r\nabcde\r\n0\r\n\r\n"],
    ["that is smaller than the data", "4\r\nabcde\r\n0\r\n\r\n"],
    ["without CRLF behind the data", "5\r\nabcde0\r\n\r\n"],
    ["with bare LF behind the data", "5\r\nabcde\n0\r\n\r\n"],
    ["that wraps around 64 bits", "10000000000000005\r\nabcde\r\n0\r\n\r\n"],
    ["of all ones", "ffffffffffffffff\r\nabcde\r\n0\r\n\r\n"],
  ].map(([name, body]) => [`a chunk size ${name}`, `${kPost}${kChunked}\r\n${body}`, [400, 413]]),
  ["chunks beyond the limit", `${kPost}${kChunked}\r\nf4241\r\n`, 413],
  ["a trailer that is folded", `${kPost}${kChunked}\r\n0\r\nX-A: b\r\n c\r\n\r\n`, 400],
  ["a trailer without a colon", `${kPost}${kChunked}\r\n0\r\nX-A\r\n\r\n`, 400],

  // Floods.
  ["101 headers", `${kGet}${"X-A: b\r\n".repeat(101)}\r\n`, 431],
  ["a header of 17 KiB", `${kGet}X-A: ${"b".repeat(17_000)}\r\n\r\n`, 431],
  ["a name of 17 KiB", `${kGet}${"X".repeat(17_000)}: b\r\n\r\n`, 431],
  ["headers of 17 KiB together", `${kGet}${`X-A: ${"b".repeat(200)}\r\n`.repeat(85)}\r\n`, 431],
  ["a target of 9 KiB", `GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ["a method of 17 KiB", `${"A".repeat(17_000)} / HTTP/1.1\r\n\r\n`, [400, 414, 431]],
  [
    "trailers of 17 KiB",
    `${kPost}${kChunked}\r\n0\r\n${`X-A: ${"b".repeat(200)}\r\n`.repeat(85)}\r\n`,
    [400, 431],
  ],
  [
    "a chunk extension of 17 KiB",
    `${kPost}${kChunked}\r\n5;a=${"b".repeat(17_000)}\r\nabcde\r\n0\r\n\r\n`,
    [400, 413, 431],
  ],
];

// One flood that would go on for ever.
const kEndless = [
  ["headers", `${kGet}`, "X-A: b\r\n", 431],
  ["one header", `${kGet}X-A: `, "b".repeat(1000), 431],
  ["the target", "GET /", "a".repeat(1000), [414, 431]],
  ["empty lines before the request", "", "\r\n".repeat(500), 400],
  ["chunks of one byte", `${kPost}${kChunked}\r\n`, "1\r\na\r\n".repeat(100), [400, 413]],
  ["chunk extensions", `${kPost}${kChunked}\r\n5;`, "a".repeat(1000), [400, 413, 431]],
  ["trailers", `${kPost}${kChunked}\r\n0\r\n`, "X-A: b\r\n".repeat(100), [400, 431]],
];

// All responses on a connection that is written to until it ends.
async function answersTo(port, bytes, { endless } = {}) {
  const connection = await Connection.open(port);
  await connection.write(Buffer.from(bytes, "latin1"));
  for (let i = 0; endless && i < 20_000 && !connection.ended; i++) await connection.write(endless);
  if (!endless) connection.finish();
  const all = (await connection.rest(10_000)).toString("latin1");
  connection.destroy();
  return [...all.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
}

function check(statuses, allowed) {
  assert.equal(statuses.length, 1, `answers: ${statuses}`);
  assert.ok([allowed].flat().includes(statuses[0]), `${statuses[0]} instead of ${allowed}`);
}

describe("requests with two readings", () => {
  const server = useServer("socketio", ...kQuiet);
  for (const [name, bytes, status] of kRefused) {
    it(`${name}: ${status}, and nothing behind it`, async () => {
      check(await answersTo(server.port, bytes + kSecond), status);
    });
  }

  it("the next connection is served as if nothing had been", async () => {
    assert.equal((await request(server.port, "GET", "/nothing")).status, 404);
  });

  for (const [name, bytes, more, status] of kEndless) {
    it(`${name} without an end: ${status}`, { timeout: 30_000 }, async (test) => {
      await withinMemory(test, server.server.pid, 8192, async () => {
        check(await answersTo(server.port, bytes, { endless: more }), status);
      });
    });
  }
});

describe("requests with one reading, however unusual", () => {
  const server = useServer("socketio", ...kQuiet);
  const kBody = "POST /nothing HTTP/1.1\r\nHost: a\r\n";
  const cases = [
    ["an empty line before the request", "\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404],
    [
      "chunked in other letters",
      `${kBody}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`,
      404,
    ],
    [
      "chunk extensions and trailers",
      `${kBody}${kChunked}\r\n5;a=b\r\nabcde\r\n0\r\nX-A: b\r\n\r\n`,
      404,
    ],
    ["leading zeros of a chunk size", `${kBody}${kChunked}\r\n0005\r\nabcde\r\n0\r\n\r\n`, 404],
    ["a body of a GET", "GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde", 404],
    ["an absolute target", "GET http://a/nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404],
    ["100 headers", `GET /nothing HTTP/1.1\r\nHost: a\r\n${"X-A: b\r\n".repeat(99)}\r\n`, 404],
  ];
  for (const [name, bytes, status] of cases) {
    it(`${name}: ${status}, and the next request is answered too`, async () => {
      const second = "GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      assert.deepEqual(await answersTo(server.port, bytes + second), [status, 404]);
    });
  }
});
