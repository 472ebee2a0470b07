// SPDX-License-Identifier: MIT
//
// What was measured: runs[case][server] has an element per round, which is the report of bench-load,
// or {failure: "why"} when there was none.
import { ratio, summary } from "./statistics.mjs";

const dig = (report, path) => path.split(".").reduce((value, key) => value?.[key], report);

/** A run counts only when every answer was right. */
export function failureOf(report) {
  if (report.failure) return report.failure;
  if (report.errors === 0) return undefined;
  const kinds = Object.entries(report.error_kinds ?? {}).map(([kind, count]) => `${kind}: ${count}`);
  return kinds.join(", ") || "errors";
}

export class Results {
  constructor(runs) {
    this.runs = runs;
  }

  rounds(name, server) {
    return this.runs[name]?.[server] ?? [];
  }

  /** One number per round, NaN for a run that failed or does not have it. `path` as in "rss_kib.before". */
  values(name, server, path) {
    return this.rounds(name, server).map((report) => (failureOf(report) ? NaN : (dig(report, path) ?? NaN)));
  }

  figure(name, server, path) {
    return summary(this.values(name, server, path));
  }

  /** Of two servers, two cases or two figures, each given as [case, server, path]. */
  ratio(above, below) {
    return ratio(this.values(...above), this.values(...below));
  }

  failures(name, server) {
    return this.rounds(name, server).map(failureOf).filter(Boolean);
  }
}
