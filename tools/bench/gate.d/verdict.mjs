// SPDX-License-Identifier: MIT
import { format, ratio, summarise } from "../lib/statistics.mjs";

/**
 * What two series of figures, smaller is better, say about each other: the ratio of their medians,
 * and whether that is more than `tolerance`. Without figures of both there is no passing.
 */
export function judge(now, base, tolerance) {
  const summary = { now: summarise(now), base: summarise(base) };
  const factor = ratio(summary.now?.median, summary.base?.median);
  return { ...summary, ratio: factor, passed: factor !== null && factor <= tolerance };
}

const spread = (summary) =>
  summary ? `${format(summary.median)} (${format(summary.min)}–${format(summary.max)})` : "no figures";

export function describe(scenario, verdict) {
  const outcome = verdict.passed ? "ok" : verdict.ratio === null ? "FAILED" : "SLOWER";
  const factor = verdict.ratio === null ? "" : `${verdict.ratio.toFixed(3)} ×`;
  return [scenario.name.padEnd(14), spread(verdict.base).padEnd(24), spread(verdict.now).padEnd(24),
          factor.padStart(8), outcome.padEnd(7), scenario.unit].join(" ").trimEnd();
}
