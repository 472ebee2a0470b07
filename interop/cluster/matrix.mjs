// SPDX-License-Identifier: MIT
//
// Every operation between two servers, for each pair of kinds. The first acts; what comes of it is
// looked at where it counts, at stock clients of both.

import { after, before, describe, it } from "node:test";

import { kBroadcastCases } from "./broadcast_cases.mjs";
import { Cluster, kPairs } from "./cluster.mjs";
import { kControlCases } from "./control_cases.mjs";
import { kRequestCases } from "./request_cases.mjs";

// Those that begin with an "a" are on the first server; a1 is the one through which it is told what
// to do.
const kMembers = {
  a1: { rooms: ["red"] },
  a2: { rooms: ["blue", "green", "white"] },
  b1: { rooms: ["red", "blue", "abcdefghijklmnopqrst", "r*[a-z]?#é ☃", "42"] },
  b2: { rooms: ["green"] },
  b3: { rooms: ["black"], transports: ["polling"] },
};
const kMaxPayload = 16 * 1024 * 1024;

export const kCases = { ...kBroadcastCases, ...kRequestCases, ...kControlCases };

// Ids in the place of "@b1".
function resolver(members) {
  const resolved = (rooms) =>
    rooms?.map((room) => (room.startsWith("@") ? members[room.slice(1)].id : room));
  return ({ to, except, ...command }) => ({
    ...command,
    ...(to && { to: resolved(to) }),
    ...(except && { except: resolved(except) }),
  });
}

// options: of a server of one kind or the other.
export async function setUp({ redis, adapter, kinds, options = () => [] }) {
  const cluster = await Cluster.start({
    redis,
    adapter,
    kinds,
    options: (_, kind) => ["--max-payload", kMaxPayload, ...options(kind)],
  });
  try {
    for (const scout of await cluster.scouts()) scout.socket.disconnect();
    const members = {};
    for (const [name, { rooms, transports = ["websocket"] }] of Object.entries(kMembers)) {
      const member = await cluster.connect(name[0] === "a" ? 0 : 1, name, {
        transports,
        auth: { name, nested: { "☃": [1] } },
        query: { asked: name },
      });
      await member.do("enter", { rooms });
      member.rooms = [member.id, ...rooms];
      members[name] = member;
    }
    const all = Object.values(members);
    // Servers that subscribe to each room do so on their own time.
    const drivers = [members.a1, members.b1];
    for (const room of new Set(all.flatMap(({ rooms }) => rooms))) {
      await cluster.reachable(
        drivers,
        all.filter(({ rooms }) => rooms.includes(room)),
        room,
      );
    }
    const stop = () => cluster.stop();
    return { cluster, driver: members.a1, members, all, resolve: resolver(members), stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

// Inside describe(): the cases that are `wanted`. `prepare` makes what they work with.
export function addCases(prepare, wanted) {
  const context = {};
  before(async () => {
    Object.assign(context, await prepare());
  });
  after(() => context.stop?.());
  for (const [group, cases] of Object.entries(kCases)) {
    for (const each of cases) {
      if (wanted(each, group)) it(`${group} ${each.name}`, () => each.run(context));
    }
  }
  return context;
}

// Cases that are `only` for some adapters, or for what is asked `by` one kind of server, say why.
export function isFor(adapter, driver, { only, by }) {
  return (only === undefined || only.includes(adapter)) && (by === undefined || by === driver);
}

export function describeMatrix(adapter, handle) {
  for (const kinds of kPairs) {
    describe(`${adapter}, ${kinds[0]} to ${kinds[1]}:`, () => {
      addCases(
        () => setUp({ redis: handle.redis, adapter, kinds }),
        (each) => isFor(adapter, kinds[0], each),
      );
    });
  }
}
