// SPDX-License-Identifier: MIT
//
// Random numbers that a seed repeats: mulberry32, which is small, and the same everywhere.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // 32 bits.
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(limit) {
    return this.next() % limit;
  }

  // From 0 to below 1.
  fraction() {
    return this.next() / 2 ** 32;
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // How long until something that happens every `mean` on average, at any time alike.
  interval(mean) {
    return -Math.log(1 - this.fraction()) * mean;
  }
}
