// SPDX-License-Identifier: MIT
//
// What is measured. A case is one scenario of bench-load with its options:
//   name, title
//   load      arguments of bench-load
//   servers   for which servers (DEFAULT_SERVERS unless said); the order is that of measuring
//   group     cases of one group are measured in the same rounds, to be compared with each other
//   cpus      "both": the server may use both cores, not only its own
//   repeat    at most so often
//   long      takes minutes: not part of --quick
//   per       what a message is here, for the tables

export const DEFAULT_SERVERS = ["limit", "patchbay", "node-ws", "eiows", "bun"];

const kPatchbay = ["patchbay"];
const kThreads = { servers: ["patchbay", "patchbay-2-threads"], cpus: "both", per: "message" };

const kMessages = [
  { name: "echo", title: "echo", load: ["echo"] },
  { name: "ack", title: "acknowledgement", load: ["ack"] },
  { name: "echo-d1", title: "echo, one under way", load: ["echo", "--depth", "1"] },
  { name: "echo-4k", title: "echo, 4 KiB", load: ["echo", "--payload", "4096"] },
  { name: "binary", title: "binary echo", load: ["binary"] },
  { name: "polling", title: "echo over long-polling", load: ["polling"] },
  { name: "rate-5000", title: "echo, 5,000 a second", load: ["echo", "--rate", "5000"] },
];

const kDeliveries = [
  { name: "broadcast", title: "broadcast to 1,000", load: ["broadcast"], group: "broadcast" },
  {
    name: "broadcast-10k",
    title: "broadcast to 10,000",
    load: ["broadcast", "--connections", "10000"],
    group: "broadcast",
    long: true,
  },
  { name: "broadcast-d4", title: "broadcast to 1,000, four under way", load: ["broadcast", "--depth", "4"] },
  { name: "room", title: "1,000 in 100 rooms", load: ["room"] },
  {
    name: "room-of-100",
    title: "a room of 10 among 100",
    load: ["room", "--connections", "10", "--rooms", "1", "--idle-connections", "90"],
    servers: kPatchbay,
    group: "room-among-many",
    long: true,
  },
  {
    name: "room-of-100k",
    title: "a room of 10 among 100,000",
    load: ["room", "--connections", "10", "--rooms", "1", "--idle-connections", "99990"],
    servers: kPatchbay,
    group: "room-among-many",
    long: true,
  },
  { name: "slow", title: "broadcast while 50 of 100 do not read", load: ["slow"] },
];

const kOpenings = [
  { name: "connect", title: "opening, WebSocket", load: ["connect"] },
  { name: "upgrade", title: "opening, through the upgrade", load: ["upgrade"] },
  { name: "storm", title: "5,000 come back at once", load: ["storm"] },
  {
    name: "storm-20k",
    title: "20,000 come back at once",
    load: ["storm", "--connections", "20000"],
    servers: kPatchbay,
    group: "storm",
    long: true,
  },
];

export const CASES = [
  ...kMessages.map((each) => ({ per: "message", ...each })),
  ...kDeliveries.map((each) => ({ per: "delivery", ...each })),
  ...kOpenings.map((each) => ({ per: "connection", group: each.name.split("-")[0], ...each })),
  { name: "idle", title: "10,000 idle", load: ["idle"] },
  {
    name: "idle-50k",
    title: "50,000 idle for two minutes",
    load: ["idle", "--connections", "50000", "--hold", "120"],
    servers: kPatchbay,
    repeat: 1,
    long: true,
  },
  {
    name: "join",
    title: "a million room memberships",
    load: ["join", "--memberships", "1000000"],
    servers: kPatchbay,
    per: "join",
    long: true,
  },
  { name: "threads-echo", title: "echo, both cores", load: ["echo"], ...kThreads },
  { name: "threads-broadcast", title: "broadcast, both cores", load: ["broadcast"], ...kThreads },
].map((each) => ({ servers: DEFAULT_SERVERS, group: each.name, ...each }));
