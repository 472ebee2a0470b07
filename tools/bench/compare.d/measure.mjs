// SPDX-License-Identifier: MIT
import { measure } from "../lib/load.mjs";
import { loadAverage } from "./machine.mjs";
import { LOAD, ROOT } from "./servers.mjs";

// The cases that are measured in the same rounds.
function grouped(cases) {
  const groups = new Map();
  for (const each of cases) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return [...groups.values()];
}

/** Who is measured when: a round has each case of a group with each of its servers, in turn
 * (A B C A B C), so that a machine that changes meanwhile changes for all of them. */
export function* schedule(cases, servers, repeat) {
  for (const group of grouped(cases)) {
    for (let round = 0; round < repeat; ++round) {
      for (const each of group.filter((one) => round < (one.repeat ?? Infinity))) {
        for (const server of servers.filter(({ name }) => each.servers.includes(name))) yield [each, server];
      }
    }
  }
}

/** Measures, each time on a fresh server. Returns runs[case][server], an array with a report per
 * round. `progress(case, server, report)` hears of each. */
export async function measureAll(cases, servers, repeat, progress) {
  const runs = {};
  for (const [each, server] of schedule(cases, servers, repeat)) {
    const report = await measure(LOAD, server.command, each, each.cores && { serverCore: each.cores });
    report.load_average = loadAverage();
    // Reports are published: where the tree lies is no one's business.
    if (report.failure) report.failure = report.failure.replaceAll(`${ROOT}/`, "");
    progress(each, server, report);
    ((runs[each.name] ??= {})[server.name] ??= []).push(report);
  }
  return runs;
}
