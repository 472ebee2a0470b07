// SPDX-License-Identifier: MIT
//
// A client that asks all the time, while others misbehave, and has to be answered in time.

import assert from "node:assert/strict";

import { io } from "socket.io-client";

import { sleep, within } from "../support/wait.mjs";

const kAnswerTimeout = 2000;
const kQuestionInterval = 50;

export class HealthyClient {
  answers = 0;
  slowest = 0;

  constructor(url, transport) {
    this.socket = io(url, { transports: [transport], forceNew: true, reconnection: false });
    this.transport = transport;
  }

  async start() {
    const outcome = new Promise((done, fail) => {
      this.socket.once("connect", done).once("connect_error", fail);
    });
    await within(outcome, `connecting by ${this.transport}`);
    this.lost = new Promise((_, fail) => {
      this.socket.once("disconnect", (reason) => {
        fail(new Error(`healthy client over ${this.transport} lost its connection: ${reason}`));
      });
    });
    this.lost.catch(() => {});
  }

  // `end` is a function, since it may come earlier than was thought.
  async askUntil(end) {
    while (Date.now() < end()) {
      const start = performance.now();
      const question = this.socket.emitWithAck("message-with-ack", this.answers);
      const what = `answer over ${this.transport}`;
      const answer = await within(Promise.race([question, this.lost]), what, kAnswerTimeout);
      if (answer !== this.answers) throw new Error(`${what}: ${answer} instead of ${this.answers}`);
      this.answers++;
      this.slowest = Math.max(this.slowest, performance.now() - start);
      await sleep(kQuestionInterval);
    }
  }
}

// Does `work` while two healthy clients ask; what it returns.
export async function besideHealthy(url, work) {
  const clients = ["websocket", "polling"].map((transport) => new HealthyClient(url, transport));
  let end = Infinity;
  try {
    await Promise.all(clients.map((client) => client.start()));
    const asking = Promise.all(clients.map((client) => client.askUntil(() => end)));
    asking.catch(() => {});
    // A healthy client that fails is what there is to know.
    const result = await Promise.race([work(), asking.then(() => assert.fail("they stopped"))]);
    end = 0;
    await asking;
    return result;
  } finally {
    for (const { socket } of clients) socket.disconnect();
  }
}
