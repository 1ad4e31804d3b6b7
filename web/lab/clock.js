/** One time line for the whole lab: milliseconds of `performance.now()`, into which the stamps of the
 * server are put with what is known of its clock. */

export const now = () => performance.now();

/** How far the server's clock is ahead of ours, as NTP finds it (RFC 5905, section 8): of four stamps of
 * one request and its answer. The quickest request tells most, and can be wrong by half of what it took
 * on the way. */
export class ServerClock {
  #origin;
  #best = null;

  /** `origin`: unix ms at which our time line begins. */
  constructor(origin = performance.timeOrigin) {
    this.#origin = origin;
  }

  /** `sent` and `answered` are ours, in ms; `received` and `appended` the server's, in unix µs. */
  learn({ sent, received, appended, answered }) {
    const [came, went] = [this.#plain(received), this.#plain(appended)];
    const way = answered - sent - (went - came);
    if (this.#best && way >= this.#best.way) return;
    this.#best = { way, ahead: (came - sent + (went - answered)) / 2 };
  }

  get known() {
    return this.#best !== null;
  }

  /** Milliseconds; 0 while nothing is known. */
  get ahead() {
    return this.#best?.ahead ?? 0;
  }

  /** The most by which `ahead` can be wrong, in ms. */
  get uncertainty() {
    return this.#best ? Math.max(0, this.#best.way) / 2 : Infinity;
  }

  /** A stamp of the server (unix µs) on our time line, in ms. */
  ours(stamp) {
    return this.#plain(stamp) - this.ahead;
  }

  #plain(stamp) {
    return stamp / 1000 - this.#origin;
  }
}
