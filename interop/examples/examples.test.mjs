// SPDX-License-Identifier: MIT
//
// Each program of server/examples does what it is there to show, and ends on SIGTERM while clients
// are connected.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";

import {
  call,
  connect,
  connected,
  createSocket,
  next,
  record,
  useClients,
} from "../support/client.mjs";
import { eventually, within } from "../support/wait.mjs";
import { startExample } from "./program.mjs";

// Example -> what it shows -> a test, which gets the URL of the running program.
const kExamples = {
  chat: {
    "a message reaches the members of its room and nobody else": async (url) => {
      const [ada, bob, eve] = await Promise.all([connect(url), connect(url), connect(url)]);
      assert.equal(await call(ada, "join", "lobby", "Ada"), 1);
      const joined = next(ada, "joined");
      assert.equal(await call(bob, "join", "lobby", "Bob"), 2);
      assert.deepEqual(await joined, ["lobby", "Bob"]);
      assert.equal(await call(eve, "join", "attic", "Eve"), 1);

      const heard = [ada, bob, eve].map((socket) => record(socket, "message"));
      assert.equal(await call(bob, "message", "lobby", "Hello"), true);
      assert.equal(await call(eve, "message", "lobby", "I am not in there"), false);
      await call(ada, "message", "lobby", "Bye");
      await eventually(() => heard[1].length === 2, "both messages");
      const expected = [
        ["lobby", "Bob", "Hello"],
        ["lobby", "Ada", "Bye"],
      ];
      assert.deepEqual(heard, [expected, expected, []]);
    },
    "the others see who types, and who leaves": async (url) => {
      const [ada, bob] = await Promise.all([connect(url), connect(url)]);
      await call(ada, "join", "den", "Ada");
      await call(bob, "join", "den", "Bob");
      // Volatile: dropped for a client that is busy, as one is that upgrades.
      const typing = next(ada, "typing");
      const insist = setInterval(() => bob.emit("typing", "den"), 20);
      assert.deepEqual(await typing.finally(() => clearInterval(insist)), ["den", "Bob"]);
      const left = next(ada, "left");
      bob.disconnect();
      assert.deepEqual(await left, ["den", "Bob"]);
    },
  },

  coroutine: {
    "the answer to a question decides the answer to the order": async (url) => {
      const socket = await connect(url);
      socket.on("sure?", (item, answer) => answer(item === "tea"));
      assert.equal(await call(socket, "order", "tea"), "ordered");
      assert.equal(await call(socket, "order", "coffee"), "cancelled");
    },
    "a question that is not answered, or not by a boolean, ends as well": async (url) => {
      const socket = await connect(url);
      socket.on("sure?", (item, answer) => item === "cake" && answer({ sure: "very" }));
      const late = call(socket, "order", "tea");
      assert.equal(await call(socket, "order", "cake"), "not understood");
      assert.equal(await late, "too late");
    },
  },

  embed: {
    "the application's own timer is heard by clients and seen by HTTP": async (url) => {
      const socket = await connect(url);
      const [tick] = await next(socket, "tick");
      assert.ok(Number.isInteger(tick) && tick > 0);
      const response = await fetch(`${url}/health`);
      assert.equal(response.headers.get("content-type"), "application/json");
      const { ticks } = await response.json();
      assert.ok(ticks >= tick);
      assert.ok((await next(socket, "tick"))[0] > tick);
    },
  },

  namespaces: {
    "/admin is for those who know the token": async (url) => {
      for (const auth of [{}, { token: "guess" }, { token: ["secret"] }]) {
        const error = await connect(`${url}/admin`, { auth }).then(
          () => assert.fail("connected"),
          (refusal) => refusal,
        );
        assert.equal(error.message, "unauthorized");
        assert.deepEqual(error.data, { code: 401 });
      }
      const reader = await connect(url);
      const admin = await connect(`${url}/admin`, { auth: { token: "secret" } });
      const news = next(reader, "news");
      assert.equal(await call(admin, "announce", "Closing at six"), true);
      assert.deepEqual(await news, ["Closing at six"]);
    },
    "projects come into being, each on its own": async (url) => {
      const [one, two] = [createSocket(`${url}/project-1`), createSocket(`${url}/project-2`)];
      const hello = [next(one, "hello"), next(two, "hello")];
      await Promise.all([connected(one), connected(two)]);
      assert.deepEqual(await Promise.all(hello), [["/project-1"], ["/project-2"]]);

      const heard = record(two, "said");
      const said = next(one, "said");
      one.emit("say", "hi");
      assert.deepEqual(await said, ["hi"]);
      two.emit("say", "ho");
      await eventually(() => heard.length > 0, "own words");
      assert.deepEqual(heard, [["ho"]]);
    },
    "other namespaces do not exist": async (url) => {
      await assert.rejects(connect(`${url}/project-x`), /Invalid namespace/);
    },
  },

  recovery: {
    "who comes back is who it was, and gets what it missed": async (url) => {
      const author = await connect(url);
      const reader = createSocket(url, {
        reconnection: true,
        reconnectionDelay: 100,
        reconnectionDelayMax: 100,
      });
      const notes = record(reader, "note");
      await connected(reader);
      await call(reader, "subscribe", "weather");
      await eventually(() => notes.length === 1, "welcome");
      const { id } = reader;
      assert.equal(reader.recovered, false);

      const back = within(new Promise((done) => reader.once("connect", done)), "reconnection");
      reader.io.engine.close();
      await call(author, "publish", "weather", "Rain");
      await call(author, "publish", "sports", "Goal");
      await back;
      assert.deepEqual([reader.recovered, reader.id], [true, id]);
      await call(author, "publish", "weather", "Sun");
      await eventually(() => notes.length === 3, "notes");
      assert.deepEqual(
        notes.map(([text]) => text),
        ["Welcome", "Rain", "Sun"],
      );
    },
  },

  upload: {
    "a file comes back byte by byte, by either transport": async (url) => {
      for (const transport of ["polling", "websocket"]) {
        const socket = await connect(url, { transports: [transport] });
        const content = randomBytes(1_000_000);
        assert.deepEqual(await call(socket, "upload", { name: transport, content }), {
          stored: true,
          size: content.length,
        });
        assert.deepEqual(await call(socket, "download", transport), content);
      }
    },
    "what is not there is null": async (url) => {
      const socket = await connect(url);
      assert.equal(await call(socket, "download", "nothing"), null);
    },
    "more than the limit ends the connection": async (url) => {
      const socket = await connect(url, { transports: ["websocket"] });
      const gone = next(socket, "disconnect");
      socket.emit("upload", { name: "big", content: Buffer.alloc(5_000_000) });
      assert.equal((await gone)[0], "transport close");
      const again = await connect(url);
      assert.equal(await call(again, "download", "big"), null);
    },
  },
};

for (const [name, tests] of Object.entries(kExamples)) {
  describe(`example ${name}`, () => {
    let program;
    before(async () => (program = await startExample(name)));
    after(() => program?.stop());
    useClients();
    for (const [behaviour, test] of Object.entries(tests)) it(behaviour, () => test(program.url));
  });

  it(`example ${name} ends on SIGTERM and tells its clients`, async () => {
    const program = await startExample(name);
    const socket = await connect(program.url, { transports: ["websocket"] });
    const gone = next(socket, "disconnect", 15_000);
    await program.stop();
    assert.equal((await gone)[0], "transport close");
  });
}
