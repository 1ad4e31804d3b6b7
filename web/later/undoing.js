/** Undo instead of "are you sure?": what is hard to take back is shown as done at once, and the server is told when
 * the notice that offers to undo it has gone. Until then nobody else sees anything of it.
 *
 * The notice keeps the time (elements/notice-board.js). A page that is closed or hidden does at once what waits:
 * whoever turns away has decided, and a phone may stop the page without another word. Whoever goes back to a room
 * that they leave has decided otherwise.
 */
import { explain } from "../js/explain.js";
import { t } from "../js/i18n.js";
import { owner } from "../js/owner.js";
import { isGone, withoutGoing } from "./going.js";

/** The event of what was done comes sooner; where it does not, the page shows what the state says. */
const EVENT_MS = 9_000;

export class Undoing {
  #app;
  #store;
  #waiting = new Map(); // key -> {deed, how, user, notice}: can be undone; `isOut` of a room that is not open any more
  #told = new Set(); // deeds that the server has done, and that the state does not show yet

  constructor({ app, store }) {
    this.#app = app;
    this.#store = store;
    store.subscribe((state) => this.#look(state));
    addEventListener("pagehide", () => this.settle());
    document.addEventListener("visibilitychange", () => document.hidden && this.settle());
  }

  /** What elements are to see of the state. */
  shown(state) {
    return withoutGoing(state);
  }

  /** Shows `deed` (going.js) as done. `how`: `words` that say so, `run()` that tells the server, and perhaps
   * `undone()`, and `seconds` to think it over. */
  offer(deed, how) {
    const { words, undone, seconds } = how;
    this.#begin(deed);
    const user = this.#store.state.user.id;
    const undo = () => {
      this.#waiting.delete(deed.key);
      this.#end(deed);
      undone?.();
      this.#app.announce(t("undo.done"), { unseen: true });
    };
    const over = () => this.#do(deed.key);
    const notice = this.#app.announce(words, { act: { words: t("undo"), run: undo, over, seconds } });
    this.#waiting.set(deed.key, { deed, how, user, notice });
  }

  /** Undoes what was done last. */
  last() {
    [...this.#waiting.values()].at(-1)?.notice.act();
  }

  /** Undoes a deed by its key; false where none is waiting. */
  withdraw(key) {
    const waiting = this.#waiting.get(key);
    waiting?.notice.act();
    return Boolean(waiting);
  }

  /** Does all that waits, now. Resolves when the server has answered. */
  async settle() {
    await Promise.all([...this.#waiting.keys()].map((key) => this.#do(key)));
  }

  async #do(key) {
    const { deed, how, user, notice } = this.#waiting.get(key) ?? {};
    if (!deed) return;
    this.#waiting.delete(key);
    notice.close();
    // Another tab may have let somebody else in: it would be done in their name.
    if (!owner.is(user)) return this.#end(deed);
    try {
      await how.run();
    } catch (error) {
      if (error.status === 404) return this.#done(deed);
      this.#end(deed);
      return seen(() => this.#failed(deed, how, user, error));
    }
    this.#done(deed);
  }

  #done(deed) {
    this.#told.add(deed);
    setTimeout(() => this.#end(deed), EVENT_MS);
    this.#look(this.#store.state);
  }

  #failed(deed, how, user, error) {
    if (this.#store.state.user?.id !== user) return;
    const again = () => {
      this.#begin(deed);
      this.#waiting.set(deed.key, { deed, how, user, notice: { close() {} } });
      this.#do(deed.key);
    };
    const act = error.temporary ? { words: t("send.retry"), run: again } : null;
    this.#app.announce(`${t("undo.not_done")} ${explain(error)}`, { urgent: true, act });
  }

  #begin(deed) {
    this.#go([...this.#store.state.going.filter(({ key }) => key !== deed.key), deed]);
  }

  #end(deed) {
    this.#told.delete(deed);
    const going = this.#store.state.going.filter((other) => other !== deed);
    if (going.length < this.#store.state.going.length) this.#go(going);
  }

  #go(going) {
    this.#store.dispatch({ type: "going.changed", going });
  }

  #look(state) {
    for (const deed of this.#told) if (isGone(state, deed)) this.#end(deed);
    for (const [key, waiting] of this.#waiting) {
      const { deed, user, notice } = waiting;
      if (state.user?.id === user) {
        if (deed.kind !== "room") continue;
        if (state.open !== deed.room) waiting.isOut = true;
        else if (waiting.isOut) notice.act();
        continue;
      }
      this.#waiting.delete(key);
      notice.close();
    }
  }
}

/** Does something as soon as the page is in sight: what is said to nobody is not said. */
function seen(work) {
  if (!document.hidden) return work();
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    work();
  };
  document.addEventListener("visibilitychange", look);
}
