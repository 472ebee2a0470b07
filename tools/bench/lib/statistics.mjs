// SPDX-License-Identifier: MIT

/** The middle of the numbers; of an even count, the mean of the two middle ones. */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError("no numbers to take the median of");
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and extremes, or null when there is nothing to tell. */
export function summarise(numbers) {
  if (numbers.length === 0) return null;
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers), count: numbers.length };
}

/** a / b; null when either is missing or b is not positive. */
export function ratio(a, b) {
  return Number.isFinite(a) && Number.isFinite(b) && b > 0 ? a / b : null;
}

/** The number with three significant digits, thousands grouped: 0.0123, 1.43, 43 200. */
export function format(number) {
  if (!Number.isFinite(number)) return "–";
  if (number === 0) return "0";
  const rounded = Number(number.toPrecision(3));
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
  const digits = rounded.toFixed(Math.max(0, 2 - magnitude));
  const [whole, fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, " ");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
