/** Messages on their way to the server, in order within a room, each with its nonce.
 *
 * The same nonce is sent again after a broken line or a 5xx, so that a message whose answer was lost is
 * not posted twice. After a refusal (4xx) a retry is a new message with a new nonce.
 * An item is {nonce, room, body, at, status: "pending"|"failed", error}.
 */
import { Unreachable } from "./api.js";
import { jitter } from "./backoff.js";
import { uuid } from "./ids.js";

/** How long a message may wait before it is shown as failed, in ms. */
const PATIENCE_MS = 20_000;

export class Outbox {
  #items = [];
  #since = new Map(); // nonce -> when it was sent or retried, unix ms
  #pumping = new Set(); // rooms
  #wakers = new Set();
  #post;
  #hooks;
  #now;

  /** `post(room, {body, nonce})` sends; hooks: `changed(items)`, `posted(message)`, `failed(item)`. */
  constructor({ post, changed, posted, failed, now = Date.now }) {
    this.#post = post;
    this.#hooks = { changed, posted, failed };
    this.#now = now;
  }

  send(room, body) {
    const item = { nonce: uuid(), room, body, at: this.#now(), status: "pending", error: null };
    this.#since.set(item.nonce, item.at);
    this.#change([...this.#items, item]);
    this.#pump(room);
  }

  retry(nonce) {
    const item = this.#find(nonce);
    if (item?.status !== "failed") return;
    const again = { ...item, status: "pending", error: null, at: this.#now() };
    if (!item.error.temporary) again.nonce = uuid();
    this.#since.delete(nonce);
    this.#since.set(again.nonce, again.at);
    this.#change([...this.#items.filter((other) => other !== item), again]);
    this.#pump(again.room);
  }

  /** Drops a message: discarded by its author, or seen in the room (then it has arrived). */
  remove(nonce) {
    if (!this.#find(nonce)) return;
    this.#since.delete(nonce);
    this.#change(this.#items.filter((item) => item.nonce !== nonce));
    this.#wake();
  }

  /** The line is back: what waits need not wait longer. */
  hurry() {
    this.#wake();
  }

  /** Empties the outbox and gives back what was in it. */
  clear() {
    const items = this.#items;
    this.#since.clear();
    this.#change([]);
    this.#wake();
    return items;
  }

  async #pump(room) {
    if (this.#pumping.has(room)) return;
    this.#pumping.add(room);
    try {
      for (;;) {
        const item = this.#items.find((it) => it.room === room && it.status === "pending");
        if (!item) return;
        await this.#deliver(item);
      }
    } finally {
      this.#pumping.delete(room);
    }
  }

  async #deliver({ nonce, room, body }) {
    for (let attempt = 0; this.#find(nonce)?.status === "pending"; attempt += 1) {
      try {
        const message = await this.#post(room, { body, nonce });
        this.#hooks.posted(message);
        this.remove(nonce);
        return;
      } catch (problem) {
        // A fault of our own must not block the room behind it.
        const error = "temporary" in problem ? problem : new Unreachable("", { cause: problem });
        const waited = this.#now() - (this.#since.get(nonce) ?? 0);
        if (!error.temporary || waited > PATIENCE_MS) return this.#fail(nonce, error);
        await this.#wait(
          error.retryAfter ? error.retryAfter * 1000 : jitter(attempt, { longest: 4000 }),
        );
      }
    }
  }

  #fail(nonce, error) {
    const item = this.#find(nonce);
    if (!item) return;
    const failed = { ...item, status: "failed", error };
    this.#change(this.#items.map((other) => (other === item ? failed : other)));
    this.#hooks.failed(failed);
  }

  #wait(ms) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakers.add(done);
    });
  }

  #wake() {
    for (const done of [...this.#wakers]) done();
  }

  #find(nonce) {
    return this.#items.find((item) => item.nonce === nonce);
  }

  #change(items) {
    this.#items = items;
    this.#hooks.changed(items);
  }
}
