/** Barks where it was not fed for `limit` ms. It goes by the clock on the wall, since timers sleep
 * with the computer: `look()` after a sleep tells at once what the timer would tell late. */
export class Watchdog {
  #bark;
  #limit = 0;
  #fed = 0;
  #timer = null;

  constructor(bark) {
    this.#bark = bark;
  }

  feed(limit = this.#limit) {
    const sooner = limit < this.#limit;
    this.#limit = limit;
    this.#fed = Date.now();
    if (this.#timer === null || sooner) this.#wait(limit);
  }

  look() {
    if (this.#timer === null) return;
    const left = this.#limit - (Date.now() - this.#fed);
    if (left > 0) return this.#wait(Math.min(left, this.#limit));
    this.stop();
    this.#bark();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), ms);
  }
}
