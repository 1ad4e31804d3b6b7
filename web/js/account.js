/** Which sign-in this browser is at, so that its tabs agree: they share the cookie, whoever got it.
 *
 * A mark in the storage that all tabs share changes with every sign-in and goes with every sign-out;
 * a tab that finds another mark than its own shows what is not true any more. Where storage is
 * forbidden there is no mark, and a tab learns from the server.
 */
import { uuid } from "./ids.js";
import { PREFIX, storage } from "./storage.js";

const MARK = "signed-in";

export class Account {
  #mark = storage.get(MARK);
  #changed;

  /** `changed(isSomebodyIn)`: another tab has signed in or out. */
  constructor(changed) {
    this.#changed = changed;
    addEventListener("storage", ({ key }) => {
      if (key === PREFIX + MARK) this.look();
    });
  }

  /** This page shows `user`, who has signed in just now, here (`afresh`), or earlier. */
  entered(user, { afresh }) {
    const there = storage.get(MARK);
    if (afresh || !there?.startsWith(`${user}:`)) storage.set(MARK, `${user}:${uuid()}`);
    this.#mark = storage.get(MARK);
  }

  /** Which sign-in is shown. */
  get mark() {
    return this.#mark;
  }

  /** The sign-in `mark` has ended, here; false where there is another already. */
  left(mark) {
    if (mark !== this.#mark) return false;
    if (storage.get(MARK) === mark) storage.set(MARK, null);
    this.#mark = null;
    return true;
  }

  /** Has it changed while we were put away? */
  look() {
    const there = storage.get(MARK);
    if (there === this.#mark) return;
    this.#mark = there;
    this.#changed(there !== null);
  }
}
