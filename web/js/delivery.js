/** Notices a stream that is open but late: a message that the server accepted must come back on it. */

/** How long the stream may take with a message of our own, in ms. */
const LATE_MS = 5000;

export class DeliveryWatch {
  #waiting = new Map(); // message id -> timer
  #late = new Set();
  #hooks;

  /** hooks: `late()` as the first message is missed, `caughtUp()` when none is any more. */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  /** The server has accepted message `id`; `arrived` where the stream was quicker. */
  accepted(id, arrived) {
    if (arrived || this.#waiting.has(id)) return;
    const timer = setTimeout(() => {
      this.#late.add(id);
      this.#hooks.late();
    }, LATE_MS);
    this.#waiting.set(id, timer);
  }

  arrived(id) {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    if (this.#late.delete(id) && this.#late.size === 0) this.#hooks.caughtUp();
  }

  /** The stream starts anew: the browser or a snapshot catches up. */
  forget() {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#late.clear();
  }
}
