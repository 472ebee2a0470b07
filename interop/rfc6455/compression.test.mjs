// SPDX-License-Identifier: MIT
//
// 12 compression of different data, 13 with different parameters; RFC 7692. Our own end of
// permessage-deflate, on zlib, holds the server to what was agreed: a window larger than that, or
// context where none was to be kept, does not unfold.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import zlib from "node:zlib";

import { useServer } from "../support/server.mjs";
import { Opcode, WebSocketPeer, closeFrame, frame } from "../support/ws.mjs";
import { defineCases, kInvalidPayload, kProtocolError, split } from "./cases.mjs";

const kTail = Buffer.from([0, 0, 0xff, 0xff]);
const kRsv1 = 4;
const kTooLarge = 1009;
const kSizes = [0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

const kContents = {
  "12.1 the same word again": (size) => "a lorem ".repeat(size / 8 + 1).slice(0, size),
  "12.2 text of some variety": (size) => {
    let text = "";
    for (let i = 0; text.length < size; i++) text += `${(i * i) % 997} dolor sit ${i} amet; `;
    return text.slice(0, size);
  },
  "12.3 JSON": (size) => {
    const rows = Array.from({ length: size / 40 + 1 }, (_, i) => ({ id: i, name: `n${i % 7}` }));
    return JSON.stringify(rows).slice(0, size);
  },
  "12.4 bytes that do not compress": (size) => randomBytes(size),
  "12.5 zeros": (size) => Buffer.alloc(size),
};

// One direction each of a client's permessage-deflate, as agreed on.
class Compressor {
  constructor({ clientBits = 15, clientNoContext = false }) {
    this.options = { windowBits: clientBits };
    this.keeps = !clientNoContext;
  }

  async compress(message) {
    if (!this.stream || !this.keeps) {
      this.stream = zlib.createDeflateRaw(this.options);
      this.pieces = [];
      this.stream.on("data", (piece) => this.pieces.push(piece));
    }
    if (message.length > 0) this.stream.write(message);
    await new Promise((done) => this.stream.flush(zlib.constants.Z_SYNC_FLUSH, done));
    const bytes = Buffer.concat(this.pieces.splice(0));
    return bytes.length === 0 ? Buffer.from([0]) : bytes.subarray(0, -4);
  }
}

class Decompressor {
  constructor({ serverBits = 15, serverNoContext = false }) {
    this.options = { windowBits: serverBits };
    this.keeps = !serverNoContext;
  }

  async decompress(payload) {
    if (!this.stream || !this.keeps) {
      this.stream = zlib.createInflateRaw(this.options);
      this.failure = new Promise((_, fail) => this.stream.once("error", fail));
      this.failure.catch(() => {});
      this.pieces = [];
      this.stream.on("data", (piece) => this.pieces.push(piece));
    }
    this.stream.write(Buffer.concat([payload, kTail]));
    const flushed = new Promise((done) => this.stream.flush(zlib.constants.Z_SYNC_FLUSH, done));
    await Promise.race([flushed, this.failure]);
    return Buffer.concat(this.pieces.splice(0));
  }
}

class CompressingPeer {
  static async open(port, offer, answer) {
    const headers = { "Sec-WebSocket-Extensions": offer };
    const self = new CompressingPeer();
    self.peer = await WebSocketPeer.open(port, "/", { headers });
    assert.equal(self.peer.response.headers["sec-websocket-extensions"], answer);
    return self;
  }

  use(agreed) {
    this.compressor = new Compressor(agreed);
    this.decompressor = new Decompressor(agreed);
  }

  // As one frame, or as fragments of `size`; only the first has RSV1 (RFC 7692 section 6.1).
  async send(message, size) {
    const payload = await this.compressor.compress(Buffer.from(message));
    const opcode = typeof message === "string" ? Opcode.text : Opcode.binary;
    const pieces = size ? split(payload, size) : [payload];
    const frames = pieces.map((piece, i) =>
      frame(i === 0 ? opcode : Opcode.continuation, piece, {
        fin: i === pieces.length - 1,
        rsv: i === 0 ? kRsv1 : 0,
      }),
    );
    await this.peer.write(Buffer.concat(frames));
  }

  async expect(message) {
    const { opcode, rsv, fin, payload } = await this.peer.frame();
    const wanted = typeof message === "string" ? Opcode.text : Opcode.binary;
    assert.deepEqual(
      { opcode, fin, known: (rsv & ~kRsv1) === 0 },
      { opcode: wanted, fin: true, known: true },
    );
    const content = rsv ? await this.decompressor.decompress(payload) : payload;
    assert.ok(content.equals(Buffer.from(message)), `another content, of ${content.length} bytes`);
    return payload.length;
  }

  async close() {
    await this.peer.write(closeFrame(1000));
    await this.peer.closed(1000);
  }
}

describe("12 compression of different data", () => {
  const server = useServer("websocket");
  for (const [name, make] of Object.entries(kContents)) {
    it(`${name}, of every size, whole and in fragments`, { timeout: 30_000 }, async () => {
      const offer = "permessage-deflate; client_max_window_bits";
      const client = await CompressingPeer.open(server.port, offer, "permessage-deflate");
      client.use({});
      for (const size of kSizes) {
        const message = make(size);
        for (const fragment of [undefined, 256, 7].slice(0, size > 20_000 ? 2 : 3)) {
          for (let i = 0; i < 3; i++) {
            await client.send(message, fragment);
            await client.expect(message);
          }
        }
      }
      await client.close();
    });
  }

  it("a hundred messages of each size at once, in their order", { timeout: 30_000 }, async () => {
    const client = await CompressingPeer.open(
      server.port,
      "permessage-deflate",
      "permessage-deflate",
    );
    client.use({});
    const messages = [16, 256, 1024, 8192].flatMap((size) =>
      Array.from({ length: 100 }, (_, i) => `${i} ${kContents["12.3 JSON"](size)}`),
    );
    for (const message of messages) await client.send(message);
    for (const message of messages) await client.expect(message);
    await client.close();
  });
});

// What the server is told to do, what the client offers, what has to be agreed on (undefined: no
// compression), and what that means.
const kDeflate = "permessage-deflate";
const kNoContext = "server_no_context_takeover; client_no_context_takeover";
const kParameters = [
  ["13.1", [], kDeflate, kDeflate, {}],
  [
    "13.2",
    [],
    `${kDeflate}; server_no_context_takeover`,
    `${kDeflate}; server_no_context_takeover`,
    { serverNoContext: true },
  ],
  [
    "13.3",
    [],
    `${kDeflate}; server_max_window_bits=9`,
    `${kDeflate}; server_max_window_bits=9`,
    { serverBits: 9 },
  ],
  [
    "13.3",
    [],
    `${kDeflate}; server_max_window_bits=8`,
    `${kDeflate}; server_max_window_bits=8`,
    { serverBits: 8 },
  ],
  [
    "13.4",
    [],
    `${kDeflate}; server_max_window_bits=15`,
    `${kDeflate}; server_max_window_bits=15`,
    {},
  ],
  [
    "13.5",
    [],
    `${kDeflate}; server_no_context_takeover; server_max_window_bits=9`,
    `${kDeflate}; server_no_context_takeover; server_max_window_bits=9`,
    { serverNoContext: true, serverBits: 9 },
  ],
  [
    "13.6",
    [],
    `${kDeflate}; client_no_context_takeover`,
    `${kDeflate}; client_no_context_takeover`,
    { clientNoContext: true },
  ],
  ["13.7", [], `${kDeflate}; server_max_window_bits=7, ${kDeflate}`, kDeflate, {}],
  ["13.7", [], `${kDeflate}; unknown, x-other`, undefined, null],
  [
    "13 of the server's",
    ["--deflate-no-context"],
    kDeflate,
    `${kDeflate}; ${kNoContext}`,
    { serverNoContext: true, clientNoContext: true },
  ],
  [
    "13 of the server's",
    ["--deflate-server-no-context"],
    kDeflate,
    `${kDeflate}; server_no_context_takeover`,
    { serverNoContext: true },
  ],
  [
    "13 of the server's",
    ["--deflate-client-no-context"],
    kDeflate,
    `${kDeflate}; client_no_context_takeover`,
    { clientNoContext: true },
  ],
  [
    "13 of the server's",
    ["--deflate-server-bits", 10, "--deflate-client-bits", 9],
    `${kDeflate}; client_max_window_bits`,
    `${kDeflate}; server_max_window_bits=10; client_max_window_bits=9`,
    { serverBits: 10, clientBits: 9 },
  ],
  ["13 of the server's", ["--no-deflate"], `${kDeflate}; client_max_window_bits`, undefined, null],
];

for (const [name, options, offer, answer, agreed] of kParameters) {
  describe(`${name} ${options.join(" ")}: ${offer}`, () => {
    const server = useServer("websocket", ...options);

    it(
      answer ? "messages of every size come back" : "goes on without",
      { timeout: 30_000 },
      async () => {
        const client = await CompressingPeer.open(server.port, offer, answer);
        if (!agreed) {
          await client.peer.sendText("plain");
          assert.equal(await client.peer.text(), "plain");
          return client.close();
        }
        client.use(agreed);
        const sizes = [];
        for (const size of kSizes) {
          const message = kContents["12.2 text of some variety"](size);
          for (let i = 0; i < 3; i++) {
            await client.send(message);
            sizes.push([message.length, await client.expect(message)]);
          }
        }
        const [plain, packed] = sizes.at(-1);
        assert.ok(packed < plain / 2, `${plain} bytes became ${packed}`);
        return client.close();
      },
    );
  });
}

describe("13 compressed frames that break the rules", () => {
  const server = useServer("websocket", "--max-payload", 100_000);
  const headers = { "Sec-WebSocket-Extensions": kDeflate };
  const hello = zlib
    .deflateRawSync("Hello", { finishFlush: zlib.constants.Z_SYNC_FLUSH })
    .subarray(0, -4);
  const bomb = (size) =>
    zlib
      .deflateRawSync(Buffer.alloc(size), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
      .subarray(0, -4);
  const rsv = { rsv: kRsv1 };
  const rows = [
    {
      name: "RSV1 on a continuation",
      send: [frame(1, hello, { fin: false, rsv: kRsv1 }), frame(0, hello, rsv)],
      end: kProtocolError,
    },
    { name: "RSV1 on a ping", send: [frame(9, "a", rsv)], end: kProtocolError },
    { name: "RSV1 and RSV2", send: [frame(1, hello, { rsv: 6 })], end: kProtocolError },
    {
      name: "a block of a type that does not exist",
      send: [frame(1, [0x07], rsv)],
      end: kInvalidPayload,
    },
    {
      name: "a distance beyond what came",
      send: [frame(2, [0x4b, 0x04, 0x92, 0x00], rsv)],
      end: kInvalidPayload,
    },
    {
      name: "text that unfolds to what is not UTF-8",
      send: [frame(1, [0x00, 0x01, 0x00, 0xfe, 0xff, 0xff, 0x00], rsv)],
      end: kInvalidPayload,
    },
    { name: "what unfolds to one byte more", send: [frame(2, bomb(100_001), rsv)], end: kTooLarge },
    {
      name: "what unfolds to a thousand times as much",
      send: [frame(2, bomb(60_000_000), rsv)],
      end: kTooLarge,
    },
    {
      name: "the same in fragments",
      send: split(bomb(60_000_000), 100).map((piece, i, all) =>
        frame(i === 0 ? 2 : 0, piece, { fin: i === all.length - 1, rsv: i === 0 ? kRsv1 : 0 }),
      ),
      together: true,
      end: kTooLarge,
    },
  ];
  defineCases(
    server,
    rows.map((row) => ({ ...row, headers })),
  );

  it("what unfolds to the limit is taken", async () => {
    const client = await CompressingPeer.open(server.port, kDeflate, kDeflate);
    client.use({});
    await client.send(Buffer.alloc(100_000));
    await client.expect(Buffer.alloc(100_000));
    await client.close();
  });

  it("a message without compression between two with it", async () => {
    const client = await CompressingPeer.open(server.port, kDeflate, kDeflate);
    client.use({});
    await client.send("compressed, with words that come again");
    await client.expect("compressed, with words that come again");
    await client.peer.sendText("plain");
    await client.expect("plain");
    await client.send("compressed, with words that come again");
    await client.expect("compressed, with words that come again");
    await client.close();
  });
});
