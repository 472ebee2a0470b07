// SPDX-License-Identifier: MIT
//
// Arguments of events, as JSON can carry them and as it cannot.

const kBytes = Buffer.from([0, 1, 2, 0x7b, 0x7f, 0x80, 0xc0, 0xff]);
const kText = 'é ☃ 😀 \u0000 \u2028 \\ " \u007f';

const deep = (depth) =>
  depth === 0 ? "end" : depth % 2 ? [deep(depth - 1)] : { x: deep(depth - 1) };

// Of each length at which MessagePack changes its form.
const kLengths = [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536];
const kIntegers = [
  0,
  1,
  127,
  128,
  255,
  256,
  65535,
  65536,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
];

export const kJson = {
  "no arguments": [],
  null: [null],
  booleans: [true, false],
  integers: [...kIntegers, ...kIntegers.slice(1).map((n) => -n), -32, -33, -129, -32769],
  // None without a fraction beyond the integers: notepack.io writes only the lower half of those.
  fractions: [0.1, -2.5, 1.7976931348623157e-300, 5e-324],
  "empty things": ["", [], {}],
  text: [kText, { [kText]: kText }],
  "what looks like a number or an attachment": ["1", { _placeholder: true, num: 0 }],
  nested: [{ a: [{ b: { c: [1, [2, [3]]] } }], z: 1, "": 2 }, deep(30)],
  strings: kLengths.map((length) => "x".repeat(length)),
  "long lists and objects": [
    ...[15, 16, 20, 70].map((length) => Array.from({ length }, (_, i) => i)),
    ...[15, 16, 20, 70].map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [i, i]))),
  ],
};

export const kBinary = {
  bytes: [kBytes],
  "no bytes": [Buffer.alloc(0)],
  "several, nested, beside text": [kText, [kBytes, { a: { b: [Buffer.from(kText)] } }], 1.5, null],
  // Five, since twice as many is what a client takes in one event.
  "of many lengths": [1, 255, 256, 65535, 65536].map((length) => Buffer.alloc(length, "x")),
  "what begins like JSON": [Buffer.from('{"type":2}')],
  "1 MiB": [Buffer.alloc(1024 * 1024, "0123456789abcdef☃")],
};
