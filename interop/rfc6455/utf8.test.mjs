// SPDX-License-Identifier: MIT
//
// 6 UTF-8 handling.

import { describe } from "node:test";

import { useServer } from "../support/server.mjs";
import { binary, defineCases, fragments, kInvalidPayload, ping, split, text } from "./cases.mjs";

const hex = (digits) => Buffer.from(digits.replaceAll(" ", ""), "hex");
const kGreek = "cebae1bdb9cf83cebcceb5"; // κόσμε
const kMixed = "Hello-µ@ßöäüàá-UTF-8!!";

// Sequences that are UTF-8, by the numbers of the list.
const kValid = [
  ["6.5 Greek", kGreek],
  ["6.6.2 the first character of it", "ceba"],
  ["6.6.5 its first two", "cebae1bdb9"],
  ["6.6.7 its first three", "cebae1bdb9cf83"],
  ["6.6.9 its first four", "cebae1bdb9cf83cebc"],
  ["6.7.1 the first of one byte", "00"],
  ["6.7.2 the first of two", "c280"],
  ["6.7.3 the first of three", "e0a080"],
  ["6.7.4 the first of four", "f0908080"],
  ["6.9.1 the last of one byte", "7f"],
  ["6.9.2 the last of two", "dfbf"],
  ["6.9.3 the last of three", "efbfbf"],
  ["6.9.4 the last of four", "f48fbfbf"],
  ["6.11.1 below the surrogates", "ed9fbf"],
  ["6.11.2 above the surrogates", "ee8080"],
  ["6.11.3 the replacement character", "efbfbd"],
  ["6.22.1 noncharacter fffe", "efbfbe"],
  ["6.22.2 noncharacter ffff", "efbfbf"],
  ...Array.from({ length: 16 }, (_, plane) => [
    `6.22 the noncharacters of plane ${plane + 1}`,
    Buffer.from(
      String.fromCodePoint((plane + 1) * 0x10000 + 0xfffe, (plane + 1) * 0x10000 + 0xffff),
    ).toString("hex"),
  ]),
  ["6.23.1 the byte order mark", "efbbbf"],
  ["6.23.2 specials fff9 to fffc", "efbfb9efbfbaefbfbbefbfbc"],
];

const kInvalid = [
  ["6.3.1 a surrogate in the middle", `${kGreek}eda080656469746564`],
  ["6.4.1 above the range in the middle", `${kGreek}f4908080656469746564`],
  ["6.6.1 a first byte alone", "ce"],
  ["6.6.3 one of three", "cebae1"],
  ["6.6.4 two of three", "cebae1bd"],
  ["6.6.6 one of two", "cebae1bdb9cf"],
  ["6.6.8 one of two, later", "cebae1bdb9cf83ce"],
  ["6.6.10 one of two, at the end", "cebae1bdb9cf83cebcce"],
  ["6.8.1 the first of five bytes", "f888808080"],
  ["6.8.2 the first of six", "fc8480808080"],
  ["6.10.1 the last of four bytes", "f7bfbfbf"],
  ["6.10.2 the last of five", "fbbfbfbfbf"],
  ["6.10.3 the last of six", "fdbfbfbfbfbf"],
  ["6.11.5 the first beyond Unicode", "f4908080"],
  ["6.12.1 a continuation, first", "80"],
  ["6.12.2 a continuation, last", "bf"],
  ["6.12.3 two of them", "80bf"],
  ["6.12.7 six of them", "80bf80bf80bf"],
  [
    "6.12.8 all 64 continuations",
    Buffer.from(Array.from({ length: 64 }, (_, i) => 0x80 + i)).toString("hex"),
  ],
  ...[
    ["6.13.1 all first bytes of two, each with a space", 0xc0, 32],
    ["6.13.2 all first bytes of three", 0xe0, 16],
    ["6.13.3 all first bytes of four", 0xf0, 8],
    ["6.13.4 all first bytes of five", 0xf8, 4],
    ["6.13.5 all first bytes of six", 0xfc, 2],
  ].map(([name, first, count]) => [
    name,
    Buffer.from(Array.from({ length: count }, (_, i) => [first + i, 0x20]).flat()).toString("hex"),
  ]),
  ["6.14.1 two bytes without the last", "c0"],
  ["6.14.2 three without the last", "e080"],
  ["6.14.3 four without the last", "f08080"],
  ["6.14.4 five without the last", "f8808080"],
  ["6.14.5 six without the last", "fc80808080"],
  ["6.14.6 the last of two, cut", "df"],
  ["6.14.7 the last of three, cut", "efbf"],
  ["6.14.8 the last of four, cut", "f7bfbf"],
  ["6.14.9 the last of five, cut", "fbbfbfbf"],
  ["6.14.10 the last of six, cut", "fdbfbfbfbf"],
  ["6.15 all of these together", "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"],
  ["6.16.1 byte fe", "fe"],
  ["6.16.2 byte ff", "ff"],
  ["6.16.3 both, twice", "fefeffff"],
  ["6.17.1 a slash in two bytes", "c0af"],
  ["6.17.2 in three", "e080af"],
  ["6.17.3 in four", "f08080af"],
  ["6.17.4 in five", "f8808080af"],
  ["6.17.5 in six", "fc80808080af"],
  ["6.18.1 the last of one byte in two", "c1bf"],
  ["6.18.2 the last of two in three", "e09fbf"],
  ["6.18.3 the last of three in four", "f08fbfbf"],
  ["6.18.4 the last of four in five", "f887bfbfbf"],
  ["6.18.5 the last of five in six", "fc83bfbfbfbf"],
  ["6.19.1 NUL in two bytes", "c080"],
  ["6.19.2 in three", "e08080"],
  ["6.19.3 in four", "f0808080"],
  ["6.19.4 in five", "f880808080"],
  ["6.19.5 in six", "fc8080808080"],
  ["6.20.1 the first high surrogate", "eda080"],
  ["6.20.2 the last private high surrogate", "edadbf"],
  ["6.20.3 the first private one", "edae80"],
  ["6.20.4 the last high surrogate", "edafbf"],
  ["6.20.5 the first low surrogate", "edb080"],
  ["6.20.6 a low surrogate", "edbe80"],
  ["6.20.7 the last low surrogate", "edbfbf"],
  ["6.21.1 a pair of surrogates", "eda080edb080"],
  ["6.21.2 the pair with the last low one", "eda080edbfbf"],
  ["6.21.5 a private pair", "edae80edb080"],
  ["6.21.8 the last pair", "edafbfedbfbf"],
];

describe("6 UTF-8", () => {
  const server = useServer("websocket");
  const mixed = Buffer.from(kMixed);
  defineCases(server, [
    { name: "6.1.1 an empty text", send: [text("")], expect: [""] },
    { name: "6.1.2 three empty fragments", send: fragments(text, ["", "", ""]), expect: [""] },
    {
      name: "6.1.3 two empty fragments around one that is not",
      send: fragments(text, ["", "middle frame payload", ""]),
      expect: ["middle frame payload"],
    },
    { name: "6.2.1 characters of one and two bytes", send: [text(mixed)], expect: [kMixed] },
    {
      name: "6.2.2 the same, cut between characters",
      send: fragments(text, ["Hello-µ@ßöä", "üàá-UTF-8!!"]),
      expect: [kMixed],
    },
    {
      name: "6.2.3 the same in fragments of one byte",
      send: fragments(text, split(mixed, 1)),
      expect: [kMixed],
      alsoBytewise: true,
    },
    {
      name: "6 what is no text need not be UTF-8",
      send: [binary(hex("feff80"))],
      expect: [hex("feff80")],
    },
    {
      name: "6 neither does a ping",
      send: [ping(hex("feff80"))],
      expect: [{ pong: hex("feff80") }],
    },
  ]);

  defineCases(
    server,
    kValid.flatMap(([name, digits]) => {
      const bytes = hex(digits);
      const expect = [bytes.toString("utf8")];
      return [
        { name, send: [text(bytes)], expect },
        {
          name: `${name}, in fragments of one byte`,
          send: fragments(text, split(bytes, 1)),
          expect,
        },
      ];
    }),
  );

  defineCases(
    server,
    kInvalid.flatMap(([name, digits]) => {
      const bytes = hex(digits);
      return [
        { name, send: [text(bytes)], end: kInvalidPayload },
        {
          name: `${name}, in fragments of one byte`,
          send: fragments(text, split(bytes, 1)),
          end: kInvalidPayload,
        },
        {
          name: `${name}, behind a good one that is answered`,
          send: [text("good"), text(bytes)],
          expect: ["good"],
          end: kInvalidPayload,
        },
      ];
    }),
  );
});
