// SPDX-License-Identifier: MIT
//
// 1 framing, 2 pings and pongs, 3 reserved bits, 4 opcodes.

import { describe } from "node:test";

import { useServer } from "../support/server.mjs";
import {
  binary,
  closeFrame,
  defineCases,
  kProtocolError,
  ping,
  pong,
  split,
  text,
} from "./cases.mjs";
import { frame } from "../support/ws.mjs";

const kSizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537];

describe("1 framing", () => {
  const server = useServer("websocket");
  const rows = kSizes.flatMap((size) => [
    { name: `1.1 text of ${size}`, send: [text("*".repeat(size))], expect: ["*".repeat(size)] },
    {
      name: `1.2 binary of ${size}`,
      send: [binary(Buffer.alloc(size, 0xfe))],
      expect: [Buffer.alloc(size, 0xfe)],
    },
  ]);
  rows.push(
    {
      name: "1.1.8 text of 65536 in parts of 997",
      send: [text("*".repeat(65_536))],
      chop: 997,
      expect: ["*".repeat(65_536)],
    },
    {
      name: "1.2.8 binary of 65536 in parts of 997",
      send: [binary(Buffer.alloc(65_536, 0xfe))],
      chop: 997,
      expect: [Buffer.alloc(65_536, 0xfe)],
    },
    {
      name: "1 a length in more bytes than it needs",
      send: [text("a", { lengthForm: 16 })],
      end: kProtocolError,
    },
    {
      name: "1 a length in eight bytes that fits in two",
      send: [text("a".repeat(200), { lengthForm: 64 })],
      end: kProtocolError,
    },
    {
      name: "1 a length of 64 bits",
      send: [binary("", { length: 2n ** 63n, lengthForm: 64 })],
      end: kProtocolError,
    },
    {
      name: "1 a frame that is not masked",
      send: [text("a", { masked: false })],
      end: kProtocolError,
    },
    {
      name: "1 a control frame that is not masked",
      send: [ping("a", { masked: false })],
      end: kProtocolError,
    },
  );
  defineCases(server, rows);
});

describe("2 pings and pongs", () => {
  const server = useServer("websocket");
  const full = Buffer.alloc(125, 0xfe);
  const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
  defineCases(server, [
    { name: "2.1 a ping without content", send: [ping()], expect: [{ pong: "" }] },
    {
      name: "2.2 a ping with text",
      send: [ping("Hello, world!")],
      expect: [{ pong: "Hello, world!" }],
    },
    {
      name: "2.3 a ping with bytes that are no text",
      send: [ping(Buffer.from([0, 255, 254, 253, 0]))],
      expect: [{ pong: Buffer.from([0, 255, 254, 253, 0]) }],
    },
    {
      name: "2.4 a ping of 125 bytes",
      send: [ping(full)],
      expect: [{ pong: full }],
      alsoBytewise: true,
    },
    { name: "2.5 a ping of 126 bytes", send: [ping(Buffer.alloc(126))], end: kProtocolError },
    { name: "2.5 a pong of 126 bytes", send: [pong(Buffer.alloc(126))], end: kProtocolError },
    { name: "2.7 a pong that nobody asked for", send: [pong()] },
    { name: "2.8 such a pong with content", send: [pong("unsolicited")] },
    {
      name: "2.9 such a pong, then a ping",
      send: [pong("unsolicited"), ping("asked")],
      expect: [{ pong: "asked" }],
    },
    {
      name: "2.10 ten pings, answered in their order",
      send: ten.map((payload) => ping(payload)),
      expect: ten.map((payload) => ({ pong: payload })),
      alsoBytewise: true,
    },
    {
      name: "2 pings among messages, each answered",
      send: [text("a"), ping("1"), binary("b"), ping("2")],
      // Which of a pong and a message goes first is the server's affair.
      lockstep: true,
      expect: ["a", { pong: "1" }, Buffer.from("b"), { pong: "2" }],
    },
  ]);
});

describe("3 reserved bits", () => {
  const server = useServer("websocket", "--no-deflate");
  const rows = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
    { name: `3 RSV ${rsv} on a text`, send: [text("Hello", { rsv })], end: kProtocolError },
    {
      name: `3 RSV ${rsv} on a binary`,
      send: [binary("Hello", { rsv })],
      end: kProtocolError,
      chop: 1,
    },
    { name: `3 RSV ${rsv} on a ping`, send: [ping("Hello", { rsv })], end: kProtocolError },
    { name: `3 RSV ${rsv} on a close`, send: [frame(8, "", { rsv })], end: kProtocolError },
    {
      name: `3 RSV ${rsv} behind a good message, which is answered`,
      send: [text("good"), text("bad", { rsv }), ping()],
      expect: ["good"],
      end: kProtocolError,
    },
  ]);
  defineCases(server, rows);
});

describe("4 opcodes", () => {
  const server = useServer("websocket");
  const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
  const rows = reserved.flatMap((opcode) => [
    { name: `4 opcode ${opcode}, empty`, send: [frame(opcode)], end: kProtocolError },
    {
      name: `4 opcode ${opcode} with content`,
      send: [frame(opcode, "reserved")],
      end: kProtocolError,
      chop: 1,
    },
    {
      name: `4 opcode ${opcode} behind a good message, which is answered`,
      send: [text("Hello"), frame(opcode, "reserved"), ping()],
      expect: ["Hello"],
      end: kProtocolError,
    },
  ]);
  defineCases(server, rows);
});

describe("the frames of a client that goes on after it was refused", () => {
  const server = useServer("websocket");
  defineCases(server, [
    {
      name: "nothing behind a broken frame is looked at",
      send: [
        frame(3, ""),
        text("late"),
        ping("late"),
        closeFrame(1000),
        ...split(Buffer.alloc(5000), 1000),
      ],
      end: kProtocolError,
    },
  ]);
});
