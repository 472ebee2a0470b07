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
const kRoom = (16 * 1024 * 1024).toString();

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

export async function setUp({ redis, adapter, kinds, options = [] }) {
  const cluster = await Cluster.start({
    redis,
    adapter,
    kinds,
    options: ["--max-payload", kRoom, ...options],
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
      await cluster.reachable(drivers, all.filter(({ rooms }) => rooms.includes(room)), room);
    }
    return { cluster, adapter, driver: members.a1, members, all, resolve: resolver(members) };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

// The tests of one pair, in the describe() around them. `wanted` says which. Cases that are `only` for
// some adapters, or for what is asked `by` one kind of server, say why.
export function addCases(adapter, driver, prepare, wanted = () => true) {
  const context = {};
  before(async () => {
    Object.assign(context, await prepare());
  });
  after(() => context.cluster?.stop());
  const groups = { ...kBroadcastCases, ...kRequestCases, ...kControlCases };
  for (const [group, cases] of Object.entries(groups)) {
    for (const { name, only, by, run } of cases) {
      if ((only && !only.includes(adapter)) || (by && by !== driver)) continue;
      if (wanted(group, name)) it(`${group} ${name}`, () => run(context));
    }
  }
}

export function describeMatrix(adapter, handle) {
  for (const kinds of kPairs) {
    describe(`${adapter}, ${kinds[0]} to ${kinds[1]}:`, () => {
      addCases(adapter, kinds[0], () => setUp({ redis: handle.redis, adapter, kinds }));
    });
  }
}
