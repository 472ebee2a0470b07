// SPDX-License-Identifier: MIT
import { load } from "./machine.mjs";
import { output, withServer } from "./processes.mjs";
import { LOAD } from "./servers.mjs";

const kLimitMs = 15 * 60_000;

async function measureOnce(server, each, { serverCpu, loadCpu, generator }) {
  const cpus = each.cpus === "both" ? `${serverCpu},${loadCpu}` : serverCpu;
  try {
    return await withServer(server.command, cpus, async ({ port, pid }) => {
      const target = ["--port", String(port), "--server-pid", String(pid)];
      return JSON.parse(await output([LOAD, ...each.load, ...generator, ...target], loadCpu, kLimitMs));
    });
  } catch (error) {
    return { failure: error.message };
  }
}

// The cases that are measured in the same rounds.
function grouped(cases) {
  const groups = new Map();
  for (const each of cases) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return [...groups.values()];
}

/** Measures each case with each of its servers, in turn (A B C A B C), each time on a fresh server:
 * a machine that changes meanwhile changes for all of them. Returns runs[case][server], an array with
 * a report per round. `progress(case, server, report)` hears of each. */
export async function measure(cases, servers, settings, progress) {
  const runs = {};
  for (const group of grouped(cases)) {
    for (let round = 0; round < settings.repeat; ++round) {
      for (const each of group.filter(({ repeat }) => round < (repeat ?? Infinity))) {
        for (const server of servers.filter(({ name }) => each.servers.includes(name))) {
          const report = await measureOnce(server, each, settings);
          report.load_average = load();
          progress(each, server, report);
          ((runs[each.name] ??= {})[server.name] ??= []).push(report);
        }
      }
    }
  }
  return runs;
}
