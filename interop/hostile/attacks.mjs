// SPDX-License-Identifier: MIT
//
// The things that hostile clients do. Each is a function of a Random and a Target; whatever the
// server answers, or does not, is fine with it.

import net from "node:net";

import { Random as SeededRandom } from "../../tools/fault-proxy/random.mjs";
import { formatRequest } from "../support/http.mjs";
import { Opcode, closeFrame, frame, upgradeRequest } from "../support/ws.mjs";

const kAttackTimeout = 1000;
const kPath = "/socket.io/";
const kSeparator = "\x1e";

export class Random extends SeededRandom {
  bytes(limit) {
    return Buffer.from(Array.from({ length: this.below(limit + 1) }, () => this.below(256)));
  }

  // A few random edits: changed, doubled, dropped and inserted bytes.
  mutate(data) {
    let bytes = Buffer.from(data);
    for (let edits = this.below(4); edits > 0 && bytes.length > 0; edits--) {
      const at = this.below(bytes.length);
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
      bytes = this.pick([
        () => Buffer.concat([head, this.bytes(3), tail.subarray(1)]),
        () => Buffer.concat([head, tail.subarray(0, 8), tail]),
        () => head,
        () => Buffer.concat([head, this.bytes(8), tail]),
        () => Buffer.concat([head, tail.subarray(1 + this.below(8))]),
      ])();
    }
    return bytes;
  }
}

// Where attacks go, and what they did.
export class Target {
  connections = 0;
  bytesSent = 0;

  constructor(port) {
    this.port = port;
  }

  // A connection whose errors do not matter; undefined when there is none to be had.
  async dial(random) {
    // Many source addresses, since one does not have ports enough for a long run.
    const localAddress = `127.0.0.${2 + random.below(200)}`;
    const socket = net.connect({
      port: this.port,
      host: "127.0.0.1",
      localAddress,
      allowHalfOpen: true,
      noDelay: true,
    });
    socket.on("error", () => {});
    socket.setTimeout(kAttackTimeout, () => socket.destroy());
    const opened = await new Promise((done) => {
      socket.once("connect", () => done(true)).once("close", () => done(false));
    });
    if (!opened) return undefined;
    this.connections++;
    return socket;
  }

  // In one piece or several; resolves when they were handed over or the connection is gone.
  async send(random, socket, data) {
    const bytes = Buffer.from(data);
    this.bytesSent += bytes.length;
    const cut = random.chance(30) ? random.below(bytes.length + 1) : bytes.length;
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      if (piece.length === 0 || socket.destroyed || !socket.writable) continue;
      // The callback comes also when the connection breaks.
      await new Promise((done) => socket.write(piece, done));
    }
  }
}

// The first answer that has come, or "" after a while.
function answer(socket) {
  return new Promise((done) => {
    const timer = setTimeout(() => finish(""), 200);
    const onData = (chunk) => finish(chunk.toString("latin1"));
    const onClose = () => finish("");
    function finish(text) {
      clearTimeout(timer);
      socket.off("data", onData).off("close", onClose);
      done(text);
    }
    socket.on("data", onData).on("close", onClose);
  });
}

// Ends the connection in one of the ways there are.
async function leave(random, socket) {
  const pause = () => new Promise((done) => setTimeout(done, random.below(20)));
  socket.resume();
  await random.pick([
    () => socket.destroy(),
    () => socket.resetAndDestroy(),
    async () => {
      socket.end();
      await pause();
      socket.resetAndDestroy();
    },
    async () => {
      await pause();
      socket.resetAndDestroy();
    },
  ])();
}

function target(transport, sid) {
  return `${kPath}?EIO=4&transport=${transport}${sid ? `&sid=${sid}` : ""}`;
}

async function openPolling(random, target_) {
  const socket = await target_.dial(random);
  if (!socket) return undefined;
  await target_.send(random, socket, formatRequest("GET", target("polling")));
  const sid = /"sid":"([\w-]+)"/.exec(await answer(socket))?.[1];
  return { socket, sid };
}

async function openWebSocket(random, target_, sid) {
  const socket = await target_.dial(random);
  if (!socket) return undefined;
  await target_.send(random, socket, upgradeRequest(target("websocket", sid)));
  await answer(socket);
  return socket;
}

const kMethods = [
  "GET",
  "POST",
  "PUT",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "PATCH",
  "TRACE",
  "CONNECT",
  "get",
  "BREW",
  "",
];
const kHeaders = [
  ["Content-Length", "0"],
  ["Content-Length", "5"],
  ["Content-Length", "99999999999999999999"],
  ["Content-Length", "-1"],
  ["Transfer-Encoding", "chunked"],
  ["Transfer-Encoding", "gzip, chunked"],
  ["Connection", "close"],
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Expect", "100-continue"],
  ["Origin", "null"],
  ["Cookie", "x".repeat(3000)],
  ["Accept-Encoding", "gzip, deflate, br"],
  ["Content-Type", "application/octet-stream"],
  ["X-\u0080", "\u00ff"],
];
const kEnginePackets = [
  "",
  "0",
  "1",
  "2",
  "2probe",
  "3",
  "3probe",
  "4",
  "4hi",
  "5",
  "6",
  "7",
  "bAAEC",
  "b",
  "b!",
  "40",
  "x",
];
const kSocketPackets = [
  "0",
  '0{"a":1}',
  "0/custom,",
  "0/guarded,{}",
  '0/guarded,{"token":"secret"}',
  "0/slow,",
  "0/absent,",
  "1",
  "1/custom,",
  '2["message",1]',
  '2["message","é😀"]',
  '21["message-with-ack",{"a":[1,null]}]',
  '2/custom,5["who"]',
  '2["join","r"]',
  '2["in","r",1]',
  '2["except","r"]',
  '2["broadcast",true]',
  '2["flood",50]',
  '2["ask",1]',
  '2["bye"]',
  '2["kick"]',
  '29["rooms"]',
  '28["last-disconnect"]',
  "30[1]",
  "31[]",
  "3",
  "4{}",
  '51-["message",{"_placeholder":true,"num":0}]',
  '52-["message",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
  '61-3[{"_placeholder":true,"num":0}]',
  `2["message",${"[".repeat(200)}${"]".repeat(200)}]`,
  '2["message",1e999]',
];

function socketMessage(random) {
  const seed = random.pick(kSocketPackets);
  return random.chance(60) ? random.mutate(seed) : Buffer.from(seed);
}

function randomFrame(random) {
  const opcode = random.chance(50) ? random.pick(Object.values(Opcode)) : random.below(16);
  const payload = random.chance(50) ? random.bytes(200) : Buffer.from(random.pick(kEnginePackets));
  const options = {
    fin: random.chance(80),
    rsv: random.chance(90) ? 0 : random.below(8),
    masked: random.chance(95),
  };
  if (random.chance(5)) options.length = random.pick([0, 126, 65_536, 2 ** 31, 2 ** 40]);
  else if (random.chance(5)) options.lengthForm = random.pick([16, 64]);
  const bytes = frame(opcode, payload, options);
  return random.chance(5) ? random.mutate(bytes) : bytes;
}

function randomRequest(random) {
  const fields = { Host: "127.0.0.1" };
  for (let i = random.below(5); i > 0; i--) {
    const [name, value] = random.pick(kHeaders);
    fields[name] = value;
  }
  const path = random.pick([
    target("polling"),
    target("websocket"),
    target("polling", "A".repeat(20)),
    `${kPath}?${random.bytes(30).toString("latin1")}`,
    `${kPath}?EIO=%zz&transport=%`,
    "*",
    "/",
    `/${"x".repeat(random.below(20_000))}`,
  ]);
  const bytes = formatRequest(random.pick(kMethods), path, {
    headers: fields,
    body: random.bytes(100),
  });
  return random.chance(40) ? random.mutate(bytes) : bytes;
}

export const attacks = {
  async randomBytes(random, target_) {
    const socket = await target_.dial(random);
    if (!socket) return;
    await target_.send(random, socket, random.bytes(4000));
    await leave(random, socket);
  },

  async randomRequests(random, target_) {
    const socket = await target_.dial(random);
    if (!socket) return;
    for (let i = random.below(4); i >= 0; i--)
      await target_.send(random, socket, randomRequest(random));
    if (random.chance(50)) await answer(socket);
    await leave(random, socket);
  },

  async truncatedRequest(random, target_) {
    const socket = await target_.dial(random);
    if (!socket) return;
    const whole = random.pick([
      formatRequest("GET", target("polling")),
      formatRequest("POST", target("polling"), { body: "4hello" }),
      upgradeRequest(target("websocket")),
    ]);
    await target_.send(random, socket, whole.subarray(0, random.below(whole.length)));
    await leave(random, socket);
  },

  async pipelinedRequests(random, target_) {
    const socket = await target_.dial(random);
    if (!socket) return;
    const one = formatRequest("GET", random.pick([target("polling"), "/", kPath]));
    await target_.send(random, socket, Buffer.concat(Array(1 + random.below(50)).fill(one)));
    if (random.chance(50)) await answer(socket);
    await leave(random, socket);
  },

  async randomFrames(random, target_) {
    const socket = await openWebSocket(random, target_);
    if (!socket) return;
    for (let i = random.below(20); i >= 0; i--)
      await target_.send(random, socket, randomFrame(random));
    await leave(random, socket);
  },

  async enginePackets(random, target_) {
    const socket = await openWebSocket(random, target_);
    if (!socket) return;
    for (let i = random.below(10); i >= 0; i--) {
      const packet = random.mutate(random.pick(kEnginePackets));
      await target_.send(
        random,
        socket,
        frame(random.chance(90) ? Opcode.text : Opcode.binary, packet),
      );
    }
    if (random.chance(30)) await target_.send(random, socket, closeFrame(random.below(6000)));
    await leave(random, socket);
  },

  async socketPackets(random, target_) {
    const socket = await openWebSocket(random, target_);
    if (!socket) return;
    socket.resume();
    if (random.chance(90)) await target_.send(random, socket, frame(Opcode.text, "40"));
    for (let i = random.below(20); i >= 0; i--) {
      const message = random.chance(15)
        ? frame(Opcode.binary, random.bytes(50))
        : frame(Opcode.text, Buffer.concat([Buffer.from("4"), socketMessage(random)]));
      await target_.send(random, socket, message);
    }
    await leave(random, socket);
  },

  async postedPackets(random, target_) {
    const session = await openPolling(random, target_);
    if (!session) return;
    const packets = ["40"];
    for (let i = random.below(10); i >= 0; i--) packets.push(`4${socketMessage(random)}`);
    if (random.chance(20)) packets.push(random.pick(kEnginePackets));
    const path = target("polling", session.sid);
    const body = packets.join(kSeparator);
    await target_.send(
      random,
      session.socket,
      formatRequest("POST", path, { body: random.chance(20) ? random.mutate(body) : body }),
    );
    if (random.chance(50)) {
      await answer(session.socket);
      await target_.send(random, session.socket, formatRequest("GET", path));
      await answer(session.socket);
    }
    await leave(random, session.socket);
  },

  async abortedPoll(random, target_) {
    const session = await openPolling(random, target_);
    if (!session) return;
    await target_.send(
      random,
      session.socket,
      formatRequest("GET", target("polling", session.sid)),
    );
    await leave(random, session.socket);
  },

  async overlappingRequests(random, target_) {
    const session = await openPolling(random, target_);
    if (!session) return;
    const path = target("polling", session.sid);
    const others = [];
    for (let i = 1 + random.below(4); i > 0; i--) {
      const socket = await target_.dial(random);
      if (!socket) continue;
      others.push(socket);
      const half = formatRequest("POST", path, {
        headers: { "Content-Length": "100" },
        body: "4half",
      });
      await target_.send(random, socket, random.chance(50) ? half : formatRequest("GET", path));
    }
    await Promise.all([session.socket, ...others].map((socket) => leave(random, socket)));
  },

  async upgrades(random, target_) {
    const session = await openPolling(random, target_);
    if (!session) return;
    const candidates = [];
    for (let i = random.below(3); i >= 0; i--)
      candidates.push(await openWebSocket(random, target_, session.sid));
    for (const candidate of candidates.filter(Boolean)) {
      for (let i = random.below(4); i >= 0; i--) {
        const packet = random.pick(["2probe", "5", "4hi", "40", '42["message",1]', "1", "6", "x"]);
        await target_.send(random, candidate, frame(Opcode.text, packet));
      }
    }
    if (random.chance(50)) {
      await target_.send(
        random,
        session.socket,
        formatRequest("GET", target("polling", session.sid)),
      );
    }
    const all = [session.socket, ...candidates.filter(Boolean)];
    await Promise.all(all.map((socket) => leave(random, socket)));
  },

  // Asks for much and reads nothing.
  async slowReader(random, target_) {
    const socket = await openWebSocket(random, target_);
    if (!socket) return;
    socket.pause();
    await target_.send(random, socket, frame(Opcode.text, "40"));
    const order = frame(Opcode.text, `42["message","${"x".repeat(10_000)}"]`);
    for (let i = 1 + random.below(30); i > 0; i--) await target_.send(random, socket, order);
    await new Promise((done) => setTimeout(done, random.below(200)));
    socket.resetAndDestroy();
  },

  async halfClosed(random, target_) {
    const socket = await target_.dial(random);
    if (!socket) return;
    const requests = [
      formatRequest("GET", target("polling")),
      upgradeRequest(target("websocket")),
      Buffer.alloc(0),
    ];
    await target_.send(random, socket, random.pick(requests));
    socket.end();
    socket.resume();
    await new Promise((done) => setTimeout(done, random.below(300)));
    socket.resetAndDestroy();
  },

  async silence(random, target_) {
    const socket = await (random.chance(50)
      ? target_.dial(random)
      : openWebSocket(random, target_));
    if (!socket) return;
    await new Promise((done) => setTimeout(done, random.below(800)));
    await leave(random, socket);
  },
};
