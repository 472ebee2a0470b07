// SPDX-License-Identifier: MIT
//
// Nothing in these tests waits for ever: each await on the network goes through one of these.

const kPatience = 5000;

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// The promise's outcome, or an error that names what did not come.
export function within(promise, what, ms = kPatience) {
  let timer;
  const expiry = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
  });
  return Promise.race([promise, expiry]).finally(() => clearTimeout(timer));
}

// Calls `probe` until it returns something truthy, and returns that.
export async function eventually(probe, what, ms = kPatience) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(5);
  }
}
