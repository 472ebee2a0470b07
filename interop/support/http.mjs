// SPDX-License-Identifier: MIT
//
// HTTP/1.1 over a bare TCP or TLS connection: what is sent is exactly what a test wrote, and what is
// received is kept as it came.

import assert from "node:assert/strict";
import net from "node:net";
import tls from "node:tls";

import { kBalancer, routeFields } from "./balanced.mjs";
import { kOverTls, testCertificate } from "./tls.mjs";
import { within } from "./wait.mjs";

// Fields that say how a message is carried, not what it is. Servers may differ in them.
const kCarriage = ["date", "connection", "keep-alive", "content-length", "transfer-encoding"];
// What a proxy adds: nginx says who it is.
export const kOfProxies = kBalancer ? ["server"] : [];

const openSockets = new Set();

// Whatever a test left open, also because it failed half way.
export function destroyConnections() {
  for (const socket of openSockets) socket.destroy();
}

export class Connection {
  #transport; // TCP
  #socket; // the same, or TLS over it
  // What came and was not taken: the filled part of a block that is larger than that, since adding
  // each piece to a buffer of its own would copy what waits once for each piece.
  #input = Buffer.alloc(0);
  #block = this.#input;
  #ended = false;
  #wake = null;

  // `secure`: over TLS.
  static async open(port, { secure = kOverTls } = {}) {
    const connection = new Connection();
    connection.#transport = net.connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      allowHalfOpen: true,
    });
    connection.#socket = secure
      ? tls.connect({ socket: connection.#transport, ca: testCertificate().ca, host: "127.0.0.1" })
      : connection.#transport;
    openSockets.add(connection.#socket);
    connection.#socket.on("close", () => openSockets.delete(connection.#socket));
    connection.#socket.on("data", (chunk) => {
      connection.#append(chunk);
      connection.#wake?.();
    });
    // A reset counts as the end: the tests that care look at what came before it.
    const end = () => {
      connection.#ended = true;
      connection.#wake?.();
    };
    connection.#socket.on("end", end).on("error", end).on("close", end);
    await within(
      new Promise((done, fail) => {
        connection.#socket.once(secure ? "secureConnect" : "connect", done).once("error", fail);
      }),
      "connect",
    );
    return connection;
  }

  get ended() {
    return this.#ended;
  }

  // Never over what has been given out.
  #append(chunk) {
    const waiting = this.#input.length;
    let at = this.#input.byteOffset - this.#block.byteOffset;
    if (at + waiting + chunk.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(2 * (waiting + chunk.length));
      this.#input.copy(this.#block);
      at = 0;
    }
    chunk.copy(this.#block, at + waiting);
    this.#input = this.#block.subarray(at, at + waiting + chunk.length);
  }

  // Resolves when the bytes were handed to the kernel.
  write(data) {
    return new Promise((done) => this.#socket.write(data, done));
  }

  // Waits until `take(input)` returns a value: {value, used}. Returns undefined when the server
  // ended the connection before.
  async read(take, what, ms) {
    const attempt = async () => {
      for (;;) {
        const result = take(this.#input, this.#ended);
        if (result) {
          this.#input = this.#input.subarray(result.used);
          return result.value;
        }
        if (this.#ended) return undefined;
        await new Promise((wake) => (this.#wake = wake));
      }
    };
    return within(attempt(), what, ms);
  }

  // Everything that still comes until the server ends the connection.
  async rest(ms) {
    const all = (input, ended) => ended && { value: input, used: input.length };
    return this.read(all, "end of connection", ms);
  }

  finish() {
    this.#socket.end();
  }

  destroy() {
    this.#socket.destroy();
  }

  // Reads nothing any more, so that the other side cannot send either before long.
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  // Ends with RST instead of FIN.
  reset() {
    this.#transport.resetAndDestroy();
  }

  async response({ head = false, ms } = {}) {
    const response = await this.read(
      (input, ended) => parseResponse(input, ended, head),
      "response",
      ms,
    );
    assert.ok(response, "the connection ended before the response was complete");
    return response;
  }

  async request(method, target, { headers = {}, body } = {}) {
    await this.write(formatRequest(method, target, { headers, body }));
    return this.response({ head: method === "HEAD" });
  }
}

export function formatRequest(method, target, { headers = {}, body } = {}) {
  const fields = { Host: "127.0.0.1", ...routeFields(), ...headers };
  if (body !== undefined && !("Transfer-Encoding" in fields) && !("Content-Length" in fields)) {
    fields["Content-Length"] = Buffer.byteLength(body);
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return Buffer.concat([head, Buffer.from(body ?? "")]);
}

function parseHead(input) {
  const end = input.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [statusLine, ...lines] = input.toString("latin1", 0, end).split("\r\n");
  const match = /^HTTP\/1\.1 (\d{3}) (.+)$/.exec(statusLine);
  assert.ok(match, `not a status line: ${JSON.stringify(statusLine)}`);
  const headers = {};
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    assert.ok(field, `not a header field: ${JSON.stringify(line)}`);
    const name = field[1].toLowerCase();
    headers[name] = name in headers ? `${headers[name]}, ${field[2]}` : field[2];
  }
  return { status: Number(match[1]), reason: match[2], headers, bodyAt: end + 4 };
}

function parseChunked(input, from) {
  const pieces = [];
  for (let at = from; ;) {
    const lineEnd = input.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = parseInt(input.toString("latin1", at, lineEnd), 16);
    assert.ok(Number.isInteger(size), "chunk size");
    const next = lineEnd + 2 + size + 2;
    if (input.length < next) return null;
    pieces.push(input.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) return { body: Buffer.concat(pieces), used: at };
  }
}

function parseBody(input, ended, head, isHead) {
  const { status, headers, bodyAt } = head;
  if (isHead || status === 204 || status === 304 || status < 200) {
    return { body: Buffer.alloc(0), used: bodyAt };
  }
  if (headers["transfer-encoding"] === "chunked") return parseChunked(input, bodyAt);
  if ("content-length" in headers) {
    const used = bodyAt + Number(headers["content-length"]);
    return input.length < used ? null : { body: input.subarray(bodyAt, used), used };
  }
  return ended ? { body: input.subarray(bodyAt), used: input.length } : null;
}

function parseResponse(input, ended, isHead) {
  const head = parseHead(input);
  if (!head) return null;
  const content = parseBody(input, ended, head, isHead);
  if (!content) return null;
  const { status, reason, headers } = head;
  const body = Buffer.from(content.body);
  return { value: { status, reason, headers, body, text: body.toString() }, used: content.used };
}

const kReasons = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  413: "Content Too Large",
  500: "Internal Server Error",
};

// Status line, body and the whole set of header fields (but for those of the carriage).
export function assertResponse(response, status, headers, body) {
  const fields = { ...response.headers };
  for (const name of [...kCarriage, ...kOfProxies]) delete fields[name];
  const { text } = response;
  // RFC 9110 renamed 413; both names are about.
  const reason = response.reason.replace("Payload Too Large", "Content Too Large");
  assert.deepEqual(
    { status: response.status, reason, headers: fields, body: text },
    { status, reason: kReasons[status], headers, body },
  );
}

// The server says that it ends the connection, and does. That is its connection with a proxy if there
// is one, which has others with clients.
export async function assertEnds(connection, response) {
  if (kBalancer) return;
  assert.equal(response.headers.connection?.toLowerCase(), "close");
  assert.equal((await connection.rest()).length, 0);
}

// One request over a connection of its own.
export async function request(port, method, target, options) {
  const connection = await Connection.open(port);
  try {
    return await connection.request(method, target, options);
  } finally {
    connection.finish();
  }
}
