/** Notices a stream that is open but late: a message that the server accepted must come back on it. */

/** How long the stream may take with a message of our own, in ms; then twice as long, and so on. */
const LATE_MS = 5000;

export class DeliveryWatch {
  #waiting = new Map(); // message id -> timer
  #late = new Set();
  #hooks;

  /** hooks: `late(message)` where one is missed, again and again while it is; `caughtUp()` when none is
   * any more. */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  /** The server has accepted a message; `arrived` where the stream was quicker. */
  accepted(message, arrived) {
    if (!arrived && !this.#waiting.has(message.id)) this.#watch(message, LATE_MS);
  }

  /** It came, or is known to be lost. */
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

  #watch(message, patience) {
    const timer = setTimeout(() => {
      this.#late.add(message.id);
      this.#watch(message, patience * 2);
      this.#hooks.late(message);
    }, patience);
    this.#waiting.set(message.id, timer);
  }
}
