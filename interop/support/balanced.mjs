// SPDX-License-Identifier: MIT
//
// With CONFORMANCE_BALANCER in the environment, the tests' server is two instances of the fixture
// with a balancer before them: a file of tools/deploy without its ending, "nginx/header". Every client
// is then true to one of the instances, chance says which, by the way of that file. With
// CONFORMANCE_ADAPTER=classic, sharded or streams the two are joined by a Redis.

import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { io } from "socket.io-client";
import msgpackParser from "socket.io-msgpack-parser";

import { startBalancer } from "./balancer.mjs";
import { Redis } from "./redis.mjs";
import { eventually } from "./wait.mjs";

export const kBalancer = process.env.CONFORMANCE_BALANCER;
// Options of a test that sends half a body: nginx hands bodies on when it has all of them, HAProxy when
// it likes.
export const kWholeBodies = { skip: kBalancer && "the server does not see half a body" };

const kByCookie = kBalancer?.endsWith("/cookie");
// HAProxy's cookie names the instance, and is given by HAProxy only.
const kNamed = kBalancer === "haproxy/cookie";

let lastName = 0;
const someRoute = () => (kNamed ? "ab"[lastName++ % 2] : randomUUID());

const headerOf = (route) => (kByCookie ? { Cookie: `patchbay=${route}` } : { "X-Session": route });

// Options of a stock client. Since 4.7 it keeps cookies when told to.
export function clientRoute(client) {
  if (!kBalancer) return {};
  if (kByCookie && client === io) return { withCredentials: true };
  return { extraHeaders: headerOf(someRoute()) };
}

// Those by which another one goes where this one is.
export function routeOf(socket) {
  if (!kBalancer) return {};
  const { extraHeaders } = socket.io.opts;
  if (extraHeaders) return { extraHeaders };
  const cookies = [...socket.io.engine._cookieJar.cookies];
  const pairs = cookies.map(([name, { value }]) => `${name}=${value}`);
  return { withCredentials: false, extraHeaders: { cookie: pairs.join("; ") } };
}

// Requests by hand: all of one test, which follow one session over many connections and ask another
// about it, go to the same instance; those of the next test may go to the other one.
let testRoute = kBalancer ? headerOf(someRoute()) : {};

export function nextTest() {
  if (kBalancer) testRoute = headerOf(someRoute());
}

export const routeFields = () => testRoute;

const kAdapter = process.env.CONFORMANCE_ADAPTER;
const kPatience = 15_000;
const kRetry = 200;
// Two more processes are between a ping and its pong, on a machine that may be busy.
const kPatient = ["--ping-timeout", 2000];
// The health check asks Socket.IO, which is not there in that mode.
const kOtherCheck = [["uri /socket.io/", "uri /engine.io/"]];

let redis;
let pairs = 0;
if (kBalancer) after(async () => (await redis)?.stop());

async function adapterOptions() {
  redis ??= Redis.start();
  const names = ["--key", `pair${++pairs}`];
  return ["--adapter", kAdapter, "--redis", (await redis).url, ...names];
}

// What the tests know of a server, of two. `start` gives one with the options that it is given.
export async function startBalanced(start, mode, options) {
  const joined = kAdapter && mode === "socketio";
  const more = joined ? await adapterOptions() : [];
  const all = [...(mode === "socketio" ? kPatient : []), ...options, ...more];
  const instances = await Promise.all([start(all), start(all)]);
  const scouts = joined ? new Scouts(instances, options) : undefined;
  try {
    await scouts?.settled();
    const replacements = mode === "engineio" && kBalancer.startsWith("haproxy/") ? kOtherCheck : [];
    const balancer = await startBalancer(kBalancer, instances, replacements);
    return new Balanced(instances, balancer, scouts);
  } catch (error) {
    scouts?.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
    throw error;
  }
}

// Those of the servers that run.
const settling = new Set();

// Resolves when everything that one of two joined instances had emitted has arrived at the other.
export async function settled() {
  await Promise.all([...settling].map((scouts) => scouts.settled()));
}

// One client on each instance, apart from all others, which hear what the other instance emits.
class Scouts {
  #sockets;
  #heard = []; // by each of them, the tokens
  #last = 0;

  constructor(instances, options) {
    const parser = options.includes("--msgpack") ? { parser: msgpackParser } : {};
    const own = { ...parser, transports: ["websocket"], forceNew: true, reconnectionDelay: 10 };
    this.#sockets = instances.map(({ url }, i) => {
      this.#heard.push(new Set());
      const socket = io(`${url}/settling`, own);
      return socket.on("settled", (token) => this.#heard[i].add(token));
    });
    settling.add(this);
  }

  async settled() {
    const tokens = this.#sockets.map(() => String(++this.#last));
    const say = () => this.#sockets.forEach((socket, i) => socket.emit("settle", tokens[i]));
    const all = () => this.#heard.every((heard) => tokens.every((token) => heard.has(token)));
    say();
    // Again when it was lost: instances take their time to subscribe, and scouts may have to connect
    // anew. Whatever arrives later says no less.
    const again = setInterval(say, kRetry);
    try {
      await eventually(all, "what one instance emits to arrive at the other", kPatience);
    } finally {
      clearInterval(again);
    }
  }

  stop() {
    settling.delete(this);
    for (const socket of this.#sockets) socket.disconnect();
  }
}

class Balanced {
  #balancer;
  #scouts;

  constructor(instances, balancer, scouts) {
    this.instances = instances;
    this.#balancer = balancer;
    this.#scouts = scouts;
    this.url = balancer.url;
    this.port = balancer.port;
  }

  get alive() {
    return this.#balancer.alive && this.instances.every(({ alive }) => alive);
  }

  get stderr() {
    return this.instances.map(({ stderr }) => stderr).join("");
  }

  // The instances first, for their clients see their end and not the balancer's.
  async stop() {
    this.#scouts?.stop();
    try {
      await Promise.all(this.instances.map((instance) => instance.stop()));
    } finally {
      await this.#balancer.stop();
    }
  }
}
