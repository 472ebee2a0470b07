// SPDX-License-Identifier: MIT
//
// 5 fragmentation, 10 automatic fragmentation.

import { describe } from "node:test";

import { useServer } from "../support/server.mjs";
import {
  binary,
  closeFrame,
  defineCases,
  fragments,
  kOpen,
  kProtocolError,
  more,
  ping,
  pong,
  split,
  text,
} from "./cases.mjs";

const kText = "Hello-µ@ßöäüàá-UTF-8!!";

describe("5 fragmentation", () => {
  const server = useServer("websocket");
  const five = ["fragment1", "fragment2", "fragment3", "fragment4", "fragment5"];
  const [one, two, three, four, last] = fragments(text, five);
  defineCases(server, [
    {
      name: "5.1 a ping in two fragments",
      send: [ping("a", kOpen), more("b")],
      end: kProtocolError,
    },
    {
      name: "5.2 a pong in two fragments",
      send: [pong("a", kOpen), more("b")],
      end: kProtocolError,
    },
    { name: "5.2 a close in two fragments", send: [closeInFragments()], end: kProtocolError },
    {
      name: "5.3 a text in two fragments",
      send: fragments(text, ["fragment1", "fragment2"]),
      expect: ["fragment1fragment2"],
      alsoBytewise: true,
    },
    {
      name: "5.6 a ping between two fragments is answered at once",
      send: [text("fragment1", kOpen), ping("ping"), more("fragment2")],
      expect: [{ pong: "ping" }, "fragment1fragment2"],
      alsoBytewise: true,
    },
    {
      name: "5 a pong between two fragments",
      send: [binary("a", kOpen), pong("x"), more("b")],
      expect: [Buffer.from("ab")],
      alsoBytewise: true,
    },
    {
      name: "5.9 a last fragment of nothing",
      send: [more("non-continuation payload"), text("Hello")],
      end: kProtocolError,
      alsoBytewise: true,
    },
    {
      name: "5.12 a first continuation of nothing",
      send: [more("non-continuation payload", kOpen), text("Hello")],
      end: kProtocolError,
      alsoBytewise: true,
    },
    {
      name: "5.15 a continuation of nothing behind a message, which is answered",
      send: [
        ...fragments(text, ["fragment1", "fragment2"]),
        more("fragment3", kOpen),
        text("fragment4"),
      ],
      expect: ["fragment1fragment2"],
      end: kProtocolError,
    },
    {
      name: "5.16 continuation and text, twice",
      send: [
        more("fragment1", kOpen),
        text("fragment2"),
        more("fragment3", kOpen),
        text("fragment4"),
      ],
      end: kProtocolError,
    },
    {
      name: "5.17 last continuation and text, twice",
      send: [more("fragment1"), text("fragment2"), more("fragment3"), text("fragment4")],
      end: kProtocolError,
    },
    {
      name: "5.18 a text inside of a text",
      send: [text("fragment1", kOpen), text("fragment2")],
      end: kProtocolError,
    },
    {
      name: "5.18 a binary inside of a text",
      send: [text("fragment1", kOpen), binary("fragment2", kOpen)],
      end: kProtocolError,
    },
    {
      name: "5.19 five fragments with pings among them",
      send: [one, two, ping("pongme 1!"), three, four, ping("pongme 2!"), last],
      expect: [{ pong: "pongme 1!" }, { pong: "pongme 2!" }, five.join("")],
      alsoBytewise: true,
    },
    {
      name: "5 empty fragments",
      send: fragments(text, ["", "", "a", "", ""]),
      expect: ["a"],
      alsoBytewise: true,
    },
    {
      name: "5 nothing but empty fragments",
      send: fragments(binary, ["", "", ""]),
      expect: [Buffer.alloc(0)],
    },
    {
      name: "5 a close between fragments",
      send: [text("never", kOpen), closeFrame(1000)],
      end: { echo: 1000 },
    },
  ]);

  function closeInFragments() {
    const whole = closeFrame(1000);
    whole[0] &= 0x7f;
    return [whole, more("")];
  }
});

describe("10 automatic fragmentation", () => {
  const server = useServer("websocket");
  const rows = [1, 7, 125, 126, 1300, 65_535].map((size) => {
    const whole = "*".repeat(size === 1 ? 2000 : 65_536);
    return {
      name: `10.1 a text in fragments of ${size}`,
      send: fragments(text, split(whole, size)),
      together: size < 1000,
      expect: [whole],
    };
  });
  const wide = kText.repeat(500);
  rows.push({
    name: "10 a text whose fragments break its characters",
    send: fragments(text, split(wide, 3)),
    together: true,
    expect: [wide],
  });
  defineCases(server, rows);
});
