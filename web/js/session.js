/** From "who am I" to a live stream and back: snapshot, stream, reset, sign-out. */
import { Account } from "./account.js";
import { api } from "./api.js";
import { jitter, pause } from "./backoff.js";
import { isGap } from "./events.js";
import { insist, late } from "./late.js";

/** Loads that follow each other more closely than this wait first, in ms: a server that keeps sending
 * us back to the snapshot must not be asked in a circle. */
const CALM_MS = 3000;

export class Session {
  #store;
  #hooks;
  #stream;
  #account;
  #load = 0; // counts loads: an answer to an earlier one is not used
  #entered = 0; // when, in unix ms
  #hurry = () => {}; // ends a pause between two tries

  /** hooks: `unanswered()` where the server is not there at first, `entered()` after each snapshot, `live()`,
   * `event(event)` applied, `leaving()`; `passing(event)` and `fresh()` see SharedStream. */
  constructor(store, hooks) {
    this.#store = store;
    this.#hooks = hooks;
    const heard = {
      event: (event) => this.#event(event),
      passing: hooks.passing,
      fresh: hooks.fresh,
      line: (line) => this.#line(line),
      reset: () => this.load(),
      bye: (code) => this.#leave(code),
    };
    this.#stream = late(async () => {
      const { SharedStream } = await insist((again) => import(`../later/shared-stream.js${again}`));
      return new SharedStream(heard, { poll: api.events });
    }, ["start", "pause", "stop", "wake", "sleep", "retry"]);
    this.#account = new Account((isSomebodyIn) => {
      if (isSomebodyIn) this.load();
      else this.#leave("signed_out");
    });
  }

  /** The first load of a page. A stranger is not made to ask who they are: that would be a 401. */
  async begin() {
    const load = ++this.#load;
    const server = await this.#untilAnswered(load, api.server);
    if (load !== this.#load) return;
    if (server.signed_in) return this.load();
    this.#store.dispatch({ type: "signed.out", reason: null });
    this.#store.dispatch({ type: "server.known", server });
  }

  /** Loads the snapshot, again and again until the server answers, and opens the stream from it. */
  async load() {
    const load = ++this.#load;
    this.#stream.pause();
    if (Date.now() - this.#entered < CALM_MS) await pause(jitter(0, { first: CALM_MS }));
    if (load !== this.#load) return;
    try {
      const snapshot = await this.#untilAnswered(load, api.session);
      if (load === this.#load) this.#enter(snapshot, { afresh: false });
    } catch {
      if (load === this.#load) this.#leave(this.#store.state.phase === "in" ? "signed_out" : null);
    }
  }

  /** Somebody has signed in here. */
  enter(snapshot) {
    this.#enter(snapshot, { afresh: true });
  }

  /** Signs out here, and so in all tabs. Throws where the server could not be told. */
  async signOut() {
    const { mark } = this.#account;
    try {
      await api.signOut();
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    // The stream may have told it sooner, and somebody may have signed in again since.
    if (this.#account.left(mark)) this.#leave(null);
  }

  /** My account was closed, here. */
  closed(reason) {
    if (this.#account.left(this.#account.mark)) this.#leave(reason);
  }

  /** The network, the sight of the page or the sleep of the computer has changed. */
  wake() {
    this.#account.look();
    this.#hurry();
    if (this.#store.state.user) this.#stream.wake();
  }

  /** The page is put away: frozen, or kept for the way back. */
  sleep() {
    if (this.#store.state.user) this.#stream.sleep();
  }

  /** Somebody does not want to wait for the next try. */
  retry() {
    this.#hurry();
    this.#stream.retry();
  }

  #enter(snapshot, { afresh }) {
    this.#load += 1;
    this.#entered = Date.now();
    const { user } = this.#store.state;
    if (user && user.id !== snapshot.user.id) this.#forget(null);
    this.#account.entered(snapshot.user.id, { afresh });
    this.#store.dispatch({ type: "snapshot", snapshot });
    this.#hooks.entered();
    this.#stream.start(snapshot.user.id, snapshot.cursor);
  }

  async #leave(reason) {
    if (this.#store.state.phase === "welcome") {
      // Told twice: by the server, and by the tab where it was done. Somebody may be typing already.
      if (reason === null) this.#forget(null);
      return;
    }
    const load = ++this.#load;
    this.#stream.stop();
    this.#forget(reason);
    const server = await this.#untilAnswered(load, api.server);
    if (load === this.#load) this.#store.dispatch({ type: "server.known", server });
  }

  #forget(reason) {
    if (this.#store.state.user) this.#hooks.leaving();
    this.#store.dispatch({ type: "signed.out", reason });
  }

  /** Asks until there is an answer, or until another load has begun. Throws where there is no hope. */
  async #untilAnswered(load, ask) {
    for (let attempt = 0; load === this.#load; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (load !== this.#load) return null;
        if (error.status === 401) throw error;
        if (attempt === 0) this.#hooks.unanswered();
        const wait = Math.max((error.retryAfter ?? 0) * 1000, jitter(attempt));
        const line = error.status >= 500 ? "unavailable" : "lost";
        this.#line({ line, retryAt: Date.now() + wait });
        await Promise.race([pause(wait), new Promise((resolve) => (this.#hurry = resolve))]);
        this.#line({ line, retryAt: null });
      }
    }
    return null;
  }

  #event(event) {
    if (isGap(this.#store.state, event)) return this.load();
    this.#store.dispatch({ type: "event.came", event });
    this.#hooks.event(event);
  }

  #line({ line, retryAt }) {
    const before = this.#store.state.line;
    const isNew = line === "lost" && before === "connecting";
    const offline = line !== "live" && navigator.onLine === false;
    const shown = offline ? "offline" : isNew ? "connecting" : line;
    this.#store.dispatch({ type: "line.changed", line: shown, retryAt });
    if (line === "live" && before !== "live" && before !== "delayed") this.#hooks.live();
  }
}
