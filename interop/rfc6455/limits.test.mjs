// SPDX-License-Identifier: MIT
//
// 9 limits and performance: sizes up to the limit of the fixture, fragmented, in parts, in number.

import { describe } from "node:test";

import { useServer } from "../support/server.mjs";
import { binary, defineCases, fragments, kOpen, more, split, text } from "./cases.mjs";

const kKiB = 1024;
const kMiB = 1024 * kKiB;
const kTooLarge = 1009;
const kPolicy = 1008;

const words = (size) => "BAsd7&jh23".repeat(Math.ceil(size / 10)).slice(0, size);
const bytes = (size) => Buffer.alloc(size, "\x00\xfe\x00\xff\x01", "latin1");

describe("9 sizes", () => {
  const server = useServer("websocket");
  const rows = [64 * kKiB, 256 * kKiB, kMiB, 4 * kMiB, 16 * kMiB].flatMap((size) => [
    {
      name: `9.1 text of ${size / kKiB} KiB`,
      send: () => [text(words(size))],
      expect: () => [words(size)],
    },
    {
      name: `9.2 binary of ${size / kKiB} KiB`,
      send: () => [binary(bytes(size))],
      expect: () => [bytes(size)],
    },
  ]);
  for (const size of [64, 256, kKiB, 16 * kKiB, 256 * kKiB, kMiB]) {
    rows.push({
      name: `9.3 text of 4 MiB in fragments of ${size}`,
      send: () => fragments(text, split(words(4 * kMiB), size)),
      together: true,
      expect: () => [words(4 * kMiB)],
    });
  }
  for (const size of [256, 64 * kKiB]) {
    rows.push({
      name: `9.4 binary of 4 MiB in fragments of ${size}`,
      send: () => fragments(binary, split(bytes(4 * kMiB), size)),
      together: true,
      expect: () => [bytes(4 * kMiB)],
    });
  }
  for (const chop of [128, 512, 2048]) {
    rows.push(
      {
        name: `9.5 text of 1 MiB in parts of ${chop}`,
        send: () => [text(words(kMiB))],
        chop,
        expect: () => [words(kMiB)],
      },
      {
        name: `9.6 binary of 1 MiB in parts of ${chop}`,
        send: () => [binary(bytes(kMiB))],
        chop,
        expect: () => [bytes(kMiB)],
      },
    );
  }
  for (const size of [0, 16, 64, 256, kKiB, 4 * kKiB]) {
    rows.push({
      name: `9.7 a thousand texts of ${size}, one after the other's answer`,
      send: () => Array(1000).fill(text(words(size))),
      lockstep: true,
      expect: () => Array(1000).fill(words(size)),
    });
  }
  rows.push({
    name: "9.8 a thousand binaries of 4096, all at once",
    send: () => Array(1000).fill(binary(bytes(4096))),
    together: true,
    expect: () => Array(1000).fill(bytes(4096)),
  });
  defineCases(server, rows);
});

describe("9 limits", () => {
  const server = useServer("websocket", "--max-payload", 1000, "--max-fragments", 10);
  const many = (count) => fragments(text, Array(count).fill("a"));
  defineCases(server, [
    { name: "a text of the limit", send: [text(words(1000))], expect: [words(1000)] },
    { name: "a text of one byte more", send: [text(words(1001))], end: kTooLarge },
    {
      name: "a binary that is announced as one byte more",
      send: [binary("", { length: 1001 })],
      end: kTooLarge,
    },
    {
      name: "a binary that is announced as 2^62 bytes",
      send: [binary("", { length: 2n ** 62n, lengthForm: 64 })],
      end: kTooLarge,
    },
    {
      name: "fragments of the limit together",
      send: fragments(text, [words(600), words(400)]),
      expect: [words(600) + words(400)],
    },
    {
      name: "fragments of one byte more",
      send: [text(words(600), kOpen), more(words(401))],
      end: kTooLarge,
    },
    { name: "as many fragments as allowed", send: many(10), expect: ["a".repeat(10)] },
    { name: "one fragment more", send: many(11), end: kPolicy },
    {
      name: "what came before is answered",
      send: [text("good"), text(words(1001))],
      together: true,
      expect: ["good"],
      end: kTooLarge,
    },
  ]);
});
