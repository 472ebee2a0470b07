// SPDX-License-Identifier: MIT
//
// What Patchbay is to reach, and whether it does.

const kCpu = "server_cpu_us.total";
const kP99 = "latency_us.p99";

// [case, at most so many times the limit, at least so many times better than Node.js]
const kRatios = [
  ["echo", 1.5, 10],
  ["ack", 1.5, 10],
  ["echo-d1", 1.15, 2.5],
  ["echo-4k", 2, 8],
  ["binary", 1.6, 12],
  ["broadcast", 1.15, 2.5],
  ["broadcast-d4", 1.3, 6],
  ["room", 1.3, 2],
  ["polling", 1.6, 3.5],
  ["connect", 2, 5],
  ["upgrade", 2, 5],
];

const atMost = (bound) => ({ bound: `≤ ${bound}`, holds: (value) => value <= bound });
const atLeast = (bound) => ({ bound: `≥ ${bound}`, holds: (value) => value >= bound });
const between = (low, high) => ({ bound: `${low} to ${high}`, holds: (value) => value >= low && value <= high });

/** The median of Patchbay's `path` over that of the other's, or over that of another case. */
const over = (path, name, server, otherName = name, self = "patchbay") => (results) =>
  results.ratio([name, self, path], [otherName, server, path])?.median;
const better = (path, name, server) => (results) =>
  results.ratio([name, server, path], [name, "patchbay", path])?.median;
const own = (path, name) => (results) => results.figure(name, "patchbay", path)?.median;

const kAgainstOthers = kRatios.flatMap(([name, limit, node]) => [
  { name, what: "CPU, × the limit", value: over(kCpu, name, "limit"), ...atMost(limit) },
  { name, what: "CPU, × better than Node.js with ws", value: better(kCpu, name, "node-ws"), ...atLeast(node) },
  { name, what: "CPU, × better than Bun", value: better(kCpu, name, "bun"), ...atLeast(1) },
]);

const kMemory = [
  { name: "idle", what: "KiB a connection", value: own("rss_kib.per_connection", "idle"), ...atMost(3) },
  {
    name: "idle",
    what: "memory after they have left, × before",
    value: (results) =>
      results.ratio(["idle", "patchbay", "rss_kib.after"], ["idle", "patchbay", "rss_kib.before"])?.median,
    ...atMost(1.1),
  },
  { name: "idle-50k", what: "heartbeats, % of one core", value: own("hold.cpu_percent", "idle-50k"), ...atMost(5) },
];

const kStorm = [
  { name: "storm-20k", what: "clients that failed to come back", value: own("failed", "storm-20k"), ...atMost(0) },
  {
    name: "storm-20k",
    what: "p99 of the return, × that of 5,000 with Node.js",
    value: over(kP99, "storm-20k", "node-ws", "storm"),
    ...atMost(2),
  },
];

const kGrowth = [
  {
    name: "broadcast-10k",
    what: "CPU per delivery, × that of 1,000 recipients",
    value: over(kCpu, "broadcast-10k", "patchbay", "broadcast"),
    ...atMost(1.25),
  },
  {
    name: "join",
    what: "CPU of the last joins, × the first ones'",
    value: own("join_cpu_us.ratio", "join"),
    ...between(0.5, 1.5),
  },
  {
    name: "room-of-100k",
    what: "CPU per delivery, × that among 100 connections",
    value: over(kCpu, "room-of-100k", "patchbay", "room-of-100"),
    ...atMost(1.25),
  },
];

const kTwo = "patchbay-2-threads";
const kThreads = ["threads-echo", "threads-broadcast"].flatMap((name) => [
  { name, what: "CPU with 2 threads, × 1 thread", value: over(kCpu, name, "patchbay", name, kTwo), ...atMost(1.15) },
  {
    name,
    what: "per second with 2 threads, × 1 thread",
    value: over("per_second", name, "patchbay", name, kTwo),
    ...atLeast(1),
  },
]);

const kLatency = [
  { name: "rate-5000", what: "p99, × the limit's", value: over(kP99, "rate-5000", "limit"), ...atMost(1.3) },
];

const kAll = [...kAgainstOthers, ...kLatency, ...kMemory, ...kStorm, ...kGrowth, ...kThreads];

/** [{name, what, bound, value, met}] for each requirement that the measured cases and servers can
 * tell something about. A case of Patchbay's that failed is a miss without a value. */
export function judge(results) {
  return kAll.flatMap(({ name, what, bound, holds, value: measure }) => {
    const value = measure(results);
    if (value !== undefined) return [{ name, what, bound, value, met: holds(value) }];
    const failed = ["patchbay", kTwo].some((server) => results.failures(name, server).length > 0);
    return failed ? [{ name, what, bound, met: false }] : [];
  });
}
