// SPDX-License-Identifier: MIT
import { format, median, ratio, summarise } from "../lib/statistics.mjs";

/**
 * What two series of figures, smaller is better, say about each other: the median of the ratios of
 * those that were measured right after one another (what else the machine does changes more slowly
 * than that), and "ok" or "slower" than `tolerance` allows. "failed" when a run had errors or there
 * is nothing to compare: such a scenario has not passed.
 */
export function judge({ now, base, errors }, tolerance) {
  const ratios = now.map((figure, turn) => ratio(figure, base[turn])).filter((factor) => factor !== null);
  const failed = errors.length > 0 || ratios.length === 0 || ratios.length < base.length;
  const factor = ratios.length > 0 ? median(ratios) : null;
  const outcome = failed ? "failed" : factor <= tolerance ? "ok" : "slower";
  return { now: summarise(now), base: summarise(base), ratio: factor, outcome, errors };
}

const spread = (summary) =>
  summary ? `${format(summary.median)} (${format(summary.min)}–${format(summary.max)})` : "no figures";

export function describe(scenario, verdict) {
  const factor = verdict.ratio === null ? "" : `${verdict.ratio.toFixed(3)} ×`;
  return [scenario.name.padEnd(14), spread(verdict.base).padEnd(24), spread(verdict.now).padEnd(24),
          factor.padStart(8), verdict.outcome.padEnd(7), scenario.unit].join(" ").trimEnd();
}
