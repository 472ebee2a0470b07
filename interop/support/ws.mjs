// SPDX-License-Identifier: MIT
//
// RFC 6455 from the client's side with every bit under the test's control, legal or not.

import assert from "node:assert/strict";

import { Connection, formatRequest } from "./http.mjs";

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// The example key of RFC 6455 1.3 and what has to be answered.
const kKey = "dGhlIHNhbXBsZSBub25jZQ==";
export const kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

export const kUpgradeHeaders = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": kKey,
};

export function upgradeRequest(target, { method = "GET", headers = {}, without = [] } = {}) {
  const fields = { ...kUpgradeHeaders, ...headers };
  for (const name of without) delete fields[name];
  return formatRequest(method, target, { headers: fields });
}

function lengthField(length, form) {
  if (form === 64 || (form === undefined && length > 0xffff)) {
    const field = Buffer.alloc(9);
    field[0] = 127;
    field.writeBigUInt64BE(BigInt(length), 1);
    return field;
  }
  if (form === 16 || (form === undefined && length > 125)) {
    return Buffer.from([126, length >> 8, length & 255]);
  }
  return Buffer.from([length]);
}

// `length` announces another length than the payload's; `lengthForm` (16, 64) forces a long field.
export function frame(opcode, payload = "", options = {}) {
  const { fin = true, rsv = 0, masked = true, length, lengthForm } = options;
  const content = Buffer.from(payload);
  const sizes = lengthField(length ?? content.length, lengthForm);
  if (masked) sizes[0] |= 0x80;
  const first = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
  if (!masked) return Buffer.concat([first, sizes, content]);
  const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  for (let i = 0; i < content.length; i++) content[i] ^= mask[i & 3];
  return Buffer.concat([first, sizes, mask, content]);
}

export function closeFrame(code, reason = "") {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frame(Opcode.close, payload);
}

function parseFrame(input) {
  if (input.length < 2) return null;
  const short = input[1] & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (input.length < at) return null;
  const length =
    short === 126
      ? input.readUInt16BE(2)
      : short === 127
        ? Number(input.readBigUInt64BE(2))
        : short;
  if (input.length < at + length) return null;
  const payload = Buffer.from(input.subarray(at, at + length));
  const value = {
    fin: (input[0] & 0x80) !== 0,
    rsv: (input[0] >> 4) & 7,
    opcode: input[0] & 0x0f,
    masked: (input[1] & 0x80) !== 0,
    headerBytes: at,
    payload,
    text: payload.toString(),
  };
  return { value, used: at + length };
}

export class WebSocketPeer {
  constructor(connection) {
    this.connection = connection;
  }

  // Opens, expects 101, and keeps the response.
  static async open(port, target, options) {
    const connection = await Connection.open(port);
    await connection.write(upgradeRequest(target, options));
    const peer = new WebSocketPeer(connection);
    peer.response = await connection.response();
    assert.equal(peer.response.status, 101, peer.response.text);
    return peer;
  }

  write(data) {
    return this.connection.write(data);
  }

  sendText(text, options) {
    return this.write(frame(Opcode.text, text, options));
  }

  sendBinary(data, options) {
    return this.write(frame(Opcode.binary, data, options));
  }

  // The next frame, or undefined when the server ended the connection.
  frame(ms) {
    return this.connection.read(parseFrame, "WebSocket frame", ms);
  }

  // The next frame must be a whole, unmasked text (binary) frame without extension bits.
  async text(ms) {
    return (await this.#data(Opcode.text, ms)).text;
  }

  async binary(ms) {
    return (await this.#data(Opcode.binary, ms)).payload;
  }

  async #data(opcode, ms) {
    const next = await this.frame(ms);
    assert.ok(next, "the connection ended instead of a message");
    const { fin, rsv, masked } = next;
    assert.deepEqual(
      { fin, rsv, masked, opcode: next.opcode },
      { fin: true, rsv: 0, masked: false, opcode },
      next.text,
    );
    return next;
  }

  // The next frame must be a close frame with this code (none when undefined) and no reason; the
  // server has to end the connection after the answer to it.
  async closed(code, ms) {
    const next = await this.frame(ms);
    assert.ok(next, "the connection ended without a close frame");
    assert.equal(next.opcode, Opcode.close, `frame instead of a close frame: ${next.text}`);
    const expected = code === undefined ? "" : code.toString(16).padStart(4, "0");
    assert.equal(next.payload.toString("hex"), expected, "content of the close frame");
    await this.write(frame(Opcode.close, next.payload));
    this.connection.finish();
    assert.equal((await this.connection.rest(ms)).length, 0, "bytes after the close frame");
  }

  // Likewise, but messages before the close frame are skipped and returned.
  async drainUntilClosed(ms) {
    const texts = [];
    for (;;) {
      const next = await this.frame(ms);
      if (!next || next.opcode === Opcode.close) {
        this.destroy();
        return texts;
      }
      texts.push(next.text);
    }
  }

  destroy() {
    this.connection.destroy();
  }
}
