// SPDX-License-Identifier: MIT
//
// What is measured, by name. `args` are bench-load's; `figure` is where in its report the figure
// lies that counts, smaller is better; `unit` says what that is.

const CPU = ["server_cpu_us", "total"];
const CPU_UNIT = { message: "µs CPU / message", delivery: "µs CPU / delivery", connection: "µs CPU / connection" };

const scenario = (name, title, unit, args, more = {}) => ({ name, title, unit, args, figure: CPU, ...more });

const SECONDS = 3;
const times = ["--seconds", SECONDS, "--warmup", 1];

export const SCENARIOS = [
  scenario("echo", "echo, 100 connections, depth 16", CPU_UNIT.message, ["echo", ...times]),
  scenario("ack", "ack, 100 connections, depth 16", CPU_UNIT.message, ["ack", ...times]),
  scenario("echo-d1", "echo, 100 connections, depth 1", CPU_UNIT.message, ["echo", "--depth", 1, ...times]),
  scenario("echo-4k", "echo 4 KiB, depth 16", CPU_UNIT.message, ["echo", "--payload", 4096, ...times]),
  scenario("binary", "binary echo, depth 16", CPU_UNIT.message, ["binary", ...times]),
  scenario("broadcast", "broadcast to 1,000, one at a time", CPU_UNIT.delivery, ["broadcast", ...times]),
  scenario("broadcast-d4", "broadcast to 1,000, four under way", CPU_UNIT.delivery, ["broadcast", "--depth", 4, ...times]),
  scenario("room", "1,000 connections in 100 rooms", CPU_UNIT.delivery, ["room", ...times]),
  scenario("polling", "long-polling echo", CPU_UNIT.message, ["polling", ...times]),
  scenario("connect", "opening by WebSocket", CPU_UNIT.connection, ["connect"]),
  scenario("upgrade", "opening through the upgrade", CPU_UNIT.connection, ["upgrade", "--connections", 5_000]),
  scenario("idle", "idle connection in a room", "KiB each", ["idle", "--rooms", 100], {
    figure: ["rss_kib", "per_connection"],
  }),
];

export function findScenario(name, scenarios = SCENARIOS) {
  const found = scenarios.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no such scenario: ${name} (there are ${scenarios.map((s) => s.name).join(", ")})`);
  return found;
}

/** The number at `figure` of a report, or null. */
export function figureOf(report, figure) {
  const value = figure.reduce((at, key) => at?.[key], report);
  return Number.isFinite(value) ? value : null;
}

/** The scenario for short runs, whose figures say little. */
export function quick(scenario, seconds = 0.5) {
  const args = [...scenario.args];
  const at = args.indexOf("--seconds");
  if (at >= 0) args.splice(at, 4, "--seconds", seconds, "--warmup", seconds / 2);
  return { ...scenario, args };
}
