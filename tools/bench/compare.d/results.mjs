// SPDX-License-Identifier: MIT
//
// What was measured: runs[case][server] has an element per round, which is the report of bench-load;
// `failure` in it says why there is none.
import { figureOf } from "../lib/scenarios.mjs";
import { ratio, summarise } from "../lib/statistics.mjs";

/** A run counts only when every answer was right. */
export function failureOf(report) {
  if (report.failure) return report.failure;
  if (report.errors === 0) return null;
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

  failures(name, server) {
    return this.rounds(name, server).map(failureOf).filter(Boolean);
  }

  /** Median and range over the rounds; `path` as in "rss_kib.before". Null when no round has it. */
  figure(name, server, path) {
    return summarise(this.#values(name, server, path).filter(Number.isFinite));
  }

  /** The same of the quotient of two figures, each given as [case, server, path]. What was measured in
   * the same round is divided, so that a machine that gets slower from round to round does no harm. */
  ratio(above, below) {
    const divisors = this.#values(...below);
    const ratios = this.#values(...above).map((value, round) => ratio(value, divisors[round]));
    return summarise(ratios.filter(Number.isFinite));
  }

  // One number or null per round.
  #values(name, server, path) {
    return this.rounds(name, server).map((report) => (failureOf(report) ? null : figureOf(report, path.split("."))));
  }
}
