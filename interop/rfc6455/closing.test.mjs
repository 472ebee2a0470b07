// SPDX-License-Identifier: MIT
//
// 7 closing.

import { describe } from "node:test";

import { useServer } from "../support/server.mjs";
import {
  binary,
  closeFrame,
  defineCases,
  kInvalidPayload,
  kOpen,
  kProtocolError,
  more,
  ping,
  text,
} from "./cases.mjs";
import { frame } from "../support/ws.mjs";

const kClose = 8;
const kValidCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const kInvalidCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

function closeWith(code, reason) {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
  return frame(kClose, payload);
}

describe("7 closing", () => {
  const server = useServer("websocket");
  const large = "*".repeat(256 * 1024);
  defineCases(server, [
    { name: "7.1.1 a message, then a close", send: [text("Hello")], expect: ["Hello"] },
    {
      name: "7.1.1 a message and a close in one piece: the message is answered first",
      send: [text("Hello"), closeFrame(1000)],
      together: true,
      expect: ["Hello"],
      end: { echo: 1000 },
    },
    { name: "7.1.2 two closes", send: [closeFrame(1000), closeFrame(1001)], end: { echo: 1000 } },
    {
      name: "7.1.3 a ping behind a close",
      send: [closeFrame(1000), ping("late")],
      end: { echo: 1000 },
    },
    {
      name: "7.1.4 a text behind a close",
      send: [closeFrame(1000), text("late")],
      end: { echo: 1000 },
    },
    {
      name: "7.1.5 a close inside of a message",
      send: [text("fragment1", kOpen), closeFrame(1000), more("fragment2")],
      end: { echo: 1000 },
    },
    {
      name: "7.1.6 256 KiB, a close and a ping",
      send: [text(large), text("Hello"), closeFrame(1000), ping("late")],
      together: true,
      expect: [large, "Hello"],
      end: { echo: 1000 },
    },
    { name: "7.3.1 a close without content", send: [frame(kClose)], end: { echo: undefined } },
    { name: "7.3.2 a close of one byte", send: [frame(kClose, "a")], end: kProtocolError },
    {
      name: "7.3.3 a close with a code",
      send: [closeFrame(1000)],
      end: { echo: 1000 },
      alsoBytewise: true,
    },
    { name: "7.3.4 with a reason", send: [closeFrame(1000, "Hello World!")], end: { echo: 1000 } },
    {
      name: "7.3.5 with a reason of 123 bytes",
      send: [closeFrame(1000, "*".repeat(123))],
      end: { echo: 1000 },
    },
    {
      name: "7.3.6 with a reason of 124 bytes",
      send: [closeFrame(1000, "*".repeat(124))],
      end: kProtocolError,
    },
    {
      name: "7.3 with a length of its own in two bytes",
      send: [frame(kClose, "ab", { lengthForm: 16 })],
      end: kProtocolError,
    },
    {
      name: "7.5.1 with a reason that is not UTF-8",
      send: [closeWith(1000, Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex"))],
      end: kInvalidPayload,
    },
    {
      name: "7.5 with a reason that is cut inside of a character",
      send: [closeWith(1000, Buffer.from("cebae1", "hex"))],
      end: kInvalidPayload,
    },
    {
      name: "7 data behind a close is nobody's",
      send: [closeFrame(4000), binary(Buffer.alloc(100_000))],
      together: true,
      end: { echo: 4000 },
    },
    ...kValidCodes.flatMap((code) => [
      { name: `7.7 code ${code}`, send: [closeFrame(code)], end: { echo: code } },
      {
        name: `7.7 code ${code} with a reason`,
        send: [closeFrame(code, "reason")],
        end: { echo: code },
      },
    ]),
    ...kInvalidCodes.flatMap((code) => [
      { name: `7.9 code ${code}`, send: [closeFrame(code)], end: kProtocolError },
      {
        name: `7.9 code ${code} with a reason`,
        send: [closeFrame(code, "reason")],
        end: kProtocolError,
      },
    ]),
  ]);
});
