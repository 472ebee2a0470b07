// SPDX-License-Identifier: MIT
import { format } from "../lib/statistics.mjs";

/**
 * What the runs of one case (Results of compare.d/) say about the two builds: `ratio`, the median of
 * now / base round by round, and "ok", or "slower" than `tolerance` allows. "failed" when any run
 * had errors or there is no figure: such a case has not passed.
 */
export function judge(results, { name, figure }, tolerance) {
  const [now, base] = ["now", "base"].map((side) => results.figure(name, side, figure));
  const ratio = results.ratio([name, "now", figure], [name, "base", figure])?.median ?? null;
  const failures = ["now", "base"].flatMap((side) => results.failures(name, side).map((why) => `${side}: ${why}`));
  const failed = failures.length > 0 || ratio === null;
  return { name, now, base, ratio, outcome: failed ? "failed" : ratio <= tolerance ? "ok" : "slower", failures };
}

const range = (summary) =>
  summary ? `${format(summary.median)} (${format(summary.min)}–${format(summary.max)})` : "no figure";

const row = (name, base, now, ratio, outcome) =>
  [name.padEnd(18), base.padEnd(24), now.padEnd(24), ratio.padStart(7), outcome].join(" ").trimEnd();

export const HEAD = row("", "base", "now", "ratio", "");

export function describe({ name, now, base, ratio, outcome, failures }) {
  const line = row(name, range(base), range(now), ratio?.toFixed(3) ?? "", outcome);
  return [line, ...[...new Set(failures)].map((why) => `  ${why}`)].join("\n");
}
