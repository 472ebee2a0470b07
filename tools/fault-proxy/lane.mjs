// SPDX-License-Identifier: MIT
//
// One direction of a connection through the proxy: bytes wait here for their time.

// While more than this waits, the sender is not read from, as by a network that is full.
const kMaxWaiting = 256 * 1024;

export class Lane {
  #source;
  #target;
  #faults; // () => the faults that apply now
  #random;
  #pieces = []; // {bytes, due}, by due
  #waiting = 0;
  #lastDue = 0;
  #heldUntil = 0; // Infinity: for good
  #timer = null;
  #ending = false; // the sender has ended, and that has to be told behind the pieces
  passed = 0;

  constructor(source, target, faults, random) {
    this.#source = source;
    this.#target = target;
    this.#faults = faults;
    this.#random = random;
    source.on("data", (bytes) => this.#add(bytes));
    source.on("end", () => {
      this.#ending = true;
      this.#arm();
    });
    target.on("drain", () => this.#arm());
  }

  // Nothing passes for so long; what comes meanwhile waits.
  hold(ms) {
    this.#heldUntil = Math.max(this.#heldUntil, Date.now() + ms);
    this.#arm();
  }

  release() {
    this.#heldUntil = 0;
    this.#arm();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#pieces = [];
    this.#heldUntil = Infinity;
  }

  #add(bytes) {
    for (const piece of this.#cut(bytes)) {
      this.#pieces.push({ bytes: piece, due: this.#dueTime(piece.length) });
    }
    this.#waiting += bytes.length;
    if (this.#waiting > kMaxWaiting) this.#source.pause();
    this.#arm();
  }

  #cut(bytes) {
    const { split } = this.#faults();
    if (!split) return [bytes];
    const pieces = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + this.#random.below(split);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }

  // TCP keeps the order: a piece that is held up holds up those behind it.
  #dueTime(size) {
    const { delay = 0, jitter = 0, rate = 0, split = 0 } = this.#faults();
    const arrival = Date.now() + delay + this.#random.fraction() * jitter;
    // Pieces of one write would be put together again by the kernel when they left together.
    const gap = rate > 0 ? (size * 1000) / rate : split ? 0.05 : 0;
    this.#lastDue = Math.max(arrival, this.#lastDue) + gap;
    return this.#lastDue;
  }

  #arm() {
    clearTimeout(this.#timer);
    const first = this.#pieces[0]?.due ?? (this.#ending ? this.#lastDue : Infinity);
    const due = Math.max(first, this.#heldUntil);
    if (due === Infinity) return;
    this.#timer = setTimeout(() => this.#pass(), Math.max(0, due - Date.now()));
  }

  #pass() {
    const now = Date.now();
    if (now < this.#heldUntil) return this.#arm();
    const alone = this.#faults().split > 0; // in a turn of its own, or the cut would be lost
    let taken = 0;
    while (taken < this.#pieces.length && this.#pieces[taken].due <= now) {
      const { bytes } = this.#pieces[taken++];
      this.#waiting -= bytes.length;
      this.passed += bytes.length;
      if (!this.#target.write(bytes)) break; // until "drain"
      if (alone) break;
    }
    this.#pieces.splice(0, taken);
    if (this.#waiting <= kMaxWaiting) this.#source.resume();
    if (this.#pieces.length > 0) {
      if (!this.#target.writableNeedDrain) this.#arm();
    } else if (this.#ending) {
      this.#target.end();
    }
  }
}
