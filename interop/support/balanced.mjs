// SPDX-License-Identifier: MIT
//
// With CONFORMANCE_BALANCER in the environment, the tests' server is two instances of the fixture
// with a balancer before them: a file of tools/deploy without its ending, "nginx/header". Every client
// is then true to one of the instances, chance says which, by the way of that file.

import { randomUUID } from "node:crypto";

import { io } from "socket.io-client";

import { startBalancer } from "./balancer.mjs";

export const kBalancer = process.env.CONFORMANCE_BALANCER;
const kByCookie = kBalancer?.endsWith("/cookie");
// HAProxy's cookie names the instance, and is given by HAProxy only.
const kNamed = kBalancer === "haproxy/cookie";

let lastName = 0;
const someRoute = () => (kNamed ? "ab"[lastName++ % 2] : randomUUID());

const headerOf = (route) => (kByCookie ? { Cookie: `patchbay=${route}` } : { "X-Session": route });

// Options of a stock client. Since 4.7 it keeps cookies when told to.
export function clientRoute(client, options) {
  if (!kBalancer) return {};
  if (kByCookie && client === io) return { withCredentials: true };
  return { extraHeaders: { ...options.extraHeaders, ...headerOf(someRoute()) } };
}

// Requests by hand: all of one test, which follow one session over many connections and ask another
// about it, go to the same instance; those of the next test may go to the other one.
let testRoute = kBalancer ? headerOf(someRoute()) : {};

export function nextTest() {
  if (kBalancer) testRoute = headerOf(someRoute());
}

export const routeFields = () => testRoute;

// What the tests know of a server, of two. `start` gives one.
export async function startBalanced(start) {
  const instances = await Promise.all([start(), start()]);
  try {
    return new Balanced(instances, await startBalancer(kBalancer, instances));
  } catch (error) {
    await Promise.all(instances.map((instance) => instance.stop()));
    throw error;
  }
}

class Balanced {
  #balancer;

  constructor(instances, balancer) {
    this.instances = instances;
    this.#balancer = balancer;
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
    try {
      await Promise.all(this.instances.map((instance) => instance.stop()));
    } finally {
      await this.#balancer.stop();
    }
  }
}
