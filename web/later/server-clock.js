/** Two clocks: the browser's, and the one that gives events their `at` (Redis').
 *
 * What has happened in this order on the two bounds how far they are apart: an event came after it was logged,
 * and was logged after its author's browser had sent it. Every event and every post of ours narrows that; nothing
 * has to be asked for it. (NTP takes the middle of one such pair, RFC 5905; these are the bounds of all of them.)
 */

/** Unix ms with fractions, by a clock of the browser that is never set back. */
export const now = () => performance.timeOrigin + performance.now();

/** What was learned counts for so long, and at most twice, in ms: clocks drift. */
const FRESH_MS = 300_000;

export class ServerClock {
  #now;
  #began = -Infinity;
  #before = [-Infinity, Infinity];
  #latest = [-Infinity, Infinity];

  constructor(clock = now) {
    this.#now = clock;
  }

  /** What was logged `at` (whole ms, cut off) was here when it was `came`. */
  heard(at, came) {
    this.#narrow(at - came, Infinity);
  }

  /** What was asked for when it was `sent` was logged `at`, and `answered` then. */
  asked(sent, at, answered) {
    this.#narrow(at - answered, at + 1 - sent);
  }

  /** [least, most] ms by which the server's clock is ahead of ours; infinite where nothing is known. */
  get ahead() {
    this.#turn();
    return meet(this.#before, this.#latest) ?? this.#latest;
  }

  #narrow(least, most) {
    this.#turn();
    // Where they do not meet, one of the clocks was set, or the computer slept: what is newer counts.
    this.#latest = meet(this.#latest, [least, most]) ?? [least, most];
    if (!meet(this.#before, this.#latest)) this.#before = [-Infinity, Infinity];
  }

  #turn() {
    const at = this.#now();
    if (at - this.#began < FRESH_MS) return;
    this.#before = at - this.#began < 2 * FRESH_MS ? this.#latest : [-Infinity, Infinity];
    this.#latest = [-Infinity, Infinity];
    this.#began = at;
  }
}

function meet([a, b], [c, d]) {
  const [least, most] = [Math.max(a, c), Math.min(b, d)];
  return least <= most ? [least, most] : null;
}
