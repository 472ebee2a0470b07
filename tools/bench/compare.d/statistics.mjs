// SPDX-License-Identifier: MIT

export function median(values) {
  if (values.length === 0) throw new RangeError("the median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** {median, min, max} of the numbers among `values`; undefined when there are none. */
export function summary(values) {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length === 0) return undefined;
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** The summary of `above[i] / below[i]`: what was measured in the same round is compared, so that a
 * machine that gets slower from round to round does both alike. Rounds that lack one do not count. */
export function ratio(above, below) {
  return summary(above.map((value, round) => value / below[round]));
}
