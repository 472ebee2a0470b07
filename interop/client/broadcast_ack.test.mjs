// SPDX-License-Identifier: MIT
//
// Broadcasts that ask everyone for an acknowledgement, to clients on different transports.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { barrier, call, connect, next, oneOfEach, useClients } from "../support/client.mjs";
import { useServer } from "../support/server.mjs";

// Longer than an answer ever takes; only a test that goes wrong waits for it.
const kAmple = 4000;
const kShort = 500;

describe("a broadcast with acknowledgements", () => {
  const server = useServer("socketio", "--ping-interval", 2000, "--ping-timeout", 5000);
  useClients();

  it("collects the answer of everyone, the asker included", async () => {
    const sockets = await oneOfEach(server.url);
    sockets.forEach((socket, i) => socket.on("question", (n, ack) => ack(n + i)));
    const { error, answers } = await call(sockets[0], "ask-room", null, kAmple, 10);
    assert.equal(error, null);
    assert.deepEqual(answers.sort(), [10, 11, 12]);
  });

  it("asks only the room, and takes binary both ways", async () => {
    const sockets = await oneOfEach(server.url);
    const bin = Buffer.from("é");
    for (const socket of sockets.slice(1)) {
      await call(socket, "join", "r");
      socket.on("question", (value, ack) => ack({ back: value }));
    }
    sockets[0].on("question", () => assert.fail("is not in the room"));
    const { error, answers } = await call(sockets[0], "ask-room", "r", kAmple, bin);
    assert.deepEqual([error, answers], [null, [{ back: bin }, { back: bin }]]);
  });

  it("of nobody answers at once with nothing", async () => {
    const socket = await connect(server.url);
    assert.deepEqual(await call(socket, "ask-room", "empty", kAmple), {
      error: null,
      answers: [],
    });
  });

  it("hands over what has come when the time is up", async () => {
    const sockets = await oneOfEach(server.url);
    sockets[0].on("question", (ack) => ack("zero"));
    sockets[2].on("question", (ack) => ack("two"));
    const silent = next(sockets[1], "question");
    const { error, answers } = await call(sockets[0], "ask-room", null, kShort);
    assert.equal(error, "operation has timed out");
    assert.deepEqual(answers.sort(), ["two", "zero"]);
    // Too late, and harmless.
    const [ack] = await silent;
    ack("late");
    await barrier(sockets[1]);
  });

  it("takes the first value of an answer, and null for one without", async () => {
    const sockets = await oneOfEach(server.url);
    sockets[0].on("question", (ack) => ack("first", "second"));
    sockets[1].on("question", (ack) => ack());
    sockets[2].on("question", (ack) => {
      ack("once");
      ack("twice");
    });
    const { error, answers } = await call(sockets[0], "ask-room", null, kAmple);
    assert.equal(error, null);
    assert.equal(answers.length, 3);
    assert.deepEqual(answers.filter(Boolean).sort(), ["first", "once"]);
  });

  it("ends although someone leaves without an answer", async () => {
    const sockets = await oneOfEach(server.url);
    sockets[0].on("question", (ack) => ack("stays"));
    sockets[1].on("question", (ack) => ack("stays"));
    sockets[2].on("question", () => sockets[2].disconnect());
    const { error, answers } = await call(sockets[0], "ask-room", null, 1000);
    assert.notEqual(error, null);
    assert.deepEqual(answers, ["stays", "stays"]);
  });

  it("runs beside other questions without mixing up the answers", async () => {
    const sockets = await oneOfEach(server.url);
    for (const socket of sockets) socket.on("question", (n, ack) => ack(n));
    const asked = Array.from({ length: 50 }, (_, i) =>
      call(sockets[i % 3], "ask-room", null, kAmple, i),
    );
    const results = await Promise.all(asked);
    results.forEach((result, i) => {
      assert.deepEqual(result, { error: null, answers: [i, i, i] });
    });
  });

  it("without timeout() waits a time that suffices", async () => {
    const sockets = await oneOfEach(server.url);
    for (const socket of sockets) {
      socket.on("question", (ack) => setTimeout(() => ack("thought about it"), 50));
    }
    const { error, answers } = await call(sockets[0], "ask-room", null, 0);
    assert.equal(error, null);
    assert.equal(answers.length, 3);
  });
});
