/** Who holds the stream of all tabs: three ways to settle it, chosen by what the browser offers.
 *
 * Each has `join()`, `leave()` and `replace()`, which is called where the holder gives no sign of
 * life; and calls `lead()` as this tab is to hold the stream and `follow()` as it is no longer.
 */
import { workerUrl } from "./worker-url.js";

const WORKER = "/later/stream-worker.js";

/** The tab that has the lock leads. It is given on as the tab goes, however it goes. */
class Election {
  #name;
  #hooks;
  #turn = null; // our request for the lock, or our hold on it

  constructor(name, hooks) {
    this.#name = name;
    this.#hooks = hooks;
  }

  join() {
    this.#request(false);
  }

  leave() {
    const turn = this.#turn;
    this.#turn = null;
    turn?.abort.abort();
    turn?.release();
    if (turn?.leads) this.#hooks.follow();
  }

  /** A frozen tab keeps its lock: take it away. */
  replace() {
    this.leave();
    this.#request(true);
  }

  async #request(steal) {
    const abort = new AbortController();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const turn = (this.#turn = { abort, release, leads: false });
    const options = steal ? { steal } : { signal: abort.signal };
    try {
      await navigator.locks.request(this.#name, options, () => {
        if (turn !== this.#turn) return;
        this.#lead(turn);
        return held;
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      // Locks may be forbidden, as storage may be: then this tab is on its own.
      if (error.name !== "AbortError") return this.#lead(turn);
      this.leave(); // Somebody thought that we are gone, and took it.
      this.join();
    }
  }

  #lead(turn) {
    turn.leads = true;
    this.#hooks.lead();
  }
}

/** A SharedWorker holds the stream; where it does not even start, this tab does. */
class Employment {
  #name;
  #hooks;
  #worker = null;
  #hired = 0;
  #leads = false;

  constructor(name, hooks) {
    this.#name = name;
    this.#hooks = hooks;
  }

  join() {
    this.#hired += 1;
    const url = workerUrl(WORKER);
    this.#worker = new SharedWorker(url, { type: "module", name: this.#name });
    this.#worker.addEventListener("error", () => this.#lead());
  }

  leave() {
    this.#worker?.port.close();
    this.#worker = null;
    if (this.#leads) this.#hooks.follow();
    this.#leads = false;
  }

  /** It may have crashed: the browser starts another; but only one that stays silent. */
  replace() {
    if (this.#hired < 2) this.join();
    else this.#lead();
  }

  #lead() {
    if (this.#leads || !this.#worker) return;
    this.#leads = true;
    this.#hooks.lead();
  }
}

/** Every tab for itself. */
class Solitude {
  #hooks;

  constructor(_name, hooks) {
    this.#hooks = hooks;
  }

  join() {
    this.#hooks.lead();
  }

  leave() {
    this.#hooks.follow();
  }

  replace() {}
}

/** On plain http from another host (no secure context) there are no locks. */
export function tenureFor(name, hooks, offers = globalThis) {
  if (offers.navigator.locks) return new Election(name, hooks);
  if (offers.SharedWorker) return new Employment(name, hooks);
  return new Solitude(name, hooks);
}
