// SPDX-License-Identifier: MIT
//
// What is compared: the scenarios of lib/scenarios.mjs, and some more. In addition to what they have:
//   servers      those it is for; DEFAULT_SERVERS unless said
//   group        cases of one group are measured in the same rounds, to be compared with each other
//   cores        of the server, when it is to have more than its own
//   repeat       at most so often
//   long         takes minutes, or tens of thousands of connections: not part of --quick
//   connections  {option, count}: how many; fewer where the machine does not let a process have that
//                many open files
import { SCENARIOS } from "../lib/scenarios.mjs";

export const DEFAULT_SERVERS = ["limit", "patchbay", "node-ws", "eiows", "bun"];

const kPatchbay = ["patchbay"];
const kTimes = ["--seconds", 3, "--warmup", 1];
const kRoomOfTen = ["room", "--connections", 10, "--rooms", 1, ...kTimes];
const kThreads = { servers: ["patchbay", "patchbay-2-threads"], cores: "0,1" };
// The server gives memory back some seconds after connections have left.
const kSettle = ["--settle", 5];
// For what a server opens beside connections.
const kSpareFiles = 100;

const kMore = [
  { name: "rate-5000", title: "echo, 5,000 a second in all", args: ["echo", "--rate", 5000, ...kTimes] },
  {
    name: "broadcast-10k",
    title: "broadcast to 10,000, one at a time",
    args: ["broadcast", ...kTimes],
    connections: { option: "--connections", count: 10_000 },
    group: "broadcast",
    long: true,
  },
  {
    name: "room-of-100",
    title: "a room of 10 among 100",
    args: kRoomOfTen,
    connections: { option: "--idle-connections", count: 90 },
    servers: kPatchbay,
    group: "room-among-many",
    long: true,
  },
  {
    name: "room-of-100k",
    title: "a room of 10 among 100,000",
    args: kRoomOfTen,
    connections: { option: "--idle-connections", count: 99_990 },
    servers: kPatchbay,
    group: "room-among-many",
    long: true,
  },
  { name: "slow", title: "broadcast while 50 of 100 do not read", args: ["slow", ...kTimes] },
  { name: "storm", title: "5,000 come back at once", args: ["storm"], group: "storm" },
  {
    name: "storm-20k",
    title: "20,000 come back at once",
    args: ["storm"],
    connections: { option: "--connections", count: 20_000 },
    servers: kPatchbay,
    group: "storm",
    long: true,
  },
  {
    name: "idle-50k",
    title: "50,000 idle for two minutes",
    args: ["idle", "--rooms", 100, "--hold", 120, ...kSettle],
    connections: { option: "--connections", count: 50_000 },
    servers: kPatchbay,
    repeat: 1,
    long: true,
  },
  {
    name: "join",
    title: "a million room memberships",
    args: ["join", "--memberships", 1_000_000],
    servers: kPatchbay,
    long: true,
  },
  { name: "threads-echo", title: "echo, both cores", args: ["echo", ...kTimes], ...kThreads },
  { name: "threads-broadcast", title: "broadcast, both cores", args: ["broadcast", ...kTimes], ...kThreads },
];

function fromScenario(scenario) {
  return scenario.name === "idle" ? { ...scenario, args: [...scenario.args, ...kSettle] } : scenario;
}

export const CASES = [...SCENARIOS.map(fromScenario), ...kMore].map((each) => ({
  servers: DEFAULT_SERVERS,
  group: each.name,
  ...each,
}));

/** The case with as many connections as a process with so many open files can have; the title says so
 * when they are fewer than the case is about. */
export function fitted(each, openFiles) {
  if (!each.connections) return each;
  const { option, count } = each.connections;
  const possible = Math.min(count, openFiles - kSpareFiles);
  const title = possible < count ? `${each.title} (here ${possible.toLocaleString("en")})` : each.title;
  return { ...each, title, args: [...each.args, option, possible] };
}
