/** From "who am I" to a live stream and back: snapshot, stream, reset, sign-out. */
import { api } from "./api.js";
import { jitter, pause } from "./backoff.js";
import { isGap } from "./events.js";
import { Stream } from "./stream.js";

/** Loads that follow each other more closely than this wait first, in ms: a server that keeps sending
 * us back to the snapshot must not be asked in a circle. */
const CALM_MS = 3000;

export class Session {
  #store;
  #hooks;
  #stream;
  #load = 0; // counts loads: an answer to an earlier one is not used
  #entered = 0; // when, in unix ms

  /** hooks: `entered()` after each snapshot, `live()`, `event(event)` applied, `leaving()`. */
  constructor(store, hooks) {
    this.#store = store;
    this.#hooks = hooks;
    this.#stream = new Stream({
      event: (event) => this.#event(event),
      live: () => this.#live(),
      lost: () => this.#lost(),
      reset: () => this.load(),
      bye: (code) => this.leave(code),
      signedIn: () => this.#signedIn(),
    });
  }

  /** The first load of a page. A stranger is not made to ask who they are: that would be a 401. */
  async begin() {
    const load = ++this.#load;
    for (let attempt = 0; load === this.#load; attempt += 1) {
      try {
        const server = await api.server();
        if (load !== this.#load) return;
        if (server.signed_in) return this.load();
        this.#store.dispatch({ type: "signed.out", reason: null });
        this.#store.dispatch({ type: "server.known", server });
        return;
      } catch {
        if (load !== this.#load) return;
        this.#lost();
        await pause(jitter(attempt));
      }
    }
  }

  /** Loads the snapshot, again and again until the server answers, and opens the stream from it. */
  async load() {
    const load = ++this.#load;
    this.#stream.stop();
    if (Date.now() - this.#entered < CALM_MS) await pause(jitter(0, { first: CALM_MS }));
    for (let attempt = 0; load === this.#load; attempt += 1) {
      try {
        const snapshot = await api.session();
        if (load === this.#load) this.enter(snapshot);
        return;
      } catch (error) {
        if (load !== this.#load) return;
        if (error.status === 401) {
          return this.leave(this.#store.state.phase === "in" ? "signed_out" : null);
        }
        this.#lost();
        await pause(Math.max((error.retryAfter ?? 0) * 1000, jitter(attempt)));
      }
    }
  }

  enter(snapshot) {
    this.#load += 1;
    this.#entered = Date.now();
    this.#store.dispatch({ type: "snapshot", snapshot });
    this.#stream.start(snapshot.cursor);
    this.#hooks.entered();
  }

  async leave(reason) {
    const load = ++this.#load;
    this.#stream.stop();
    if (this.#store.state.user) this.#hooks.leaving();
    this.#store.dispatch({ type: "signed.out", reason });
    for (let attempt = 0; load === this.#load; attempt += 1) {
      try {
        const server = await api.server();
        if (load === this.#load) this.#store.dispatch({ type: "server.known", server });
        return;
      } catch {
        await pause(jitter(attempt));
      }
    }
  }

  /** The network, the sight of the page or the sleep of the computer has changed. */
  wake() {
    if (["lost", "offline"].includes(this.#store.state.line)) this.#lost();
    this.#stream.wake();
  }

  #event(event) {
    if (isGap(this.#store.state, event)) return this.load();
    this.#store.dispatch({ type: "event.came", event });
    this.#hooks.event(event);
  }

  #live() {
    this.#line("live");
    this.#hooks.live();
  }

  #lost() {
    const { line } = this.#store.state;
    if (navigator.onLine === false) this.#line("offline");
    else if (line !== "connecting") this.#line("lost");
  }

  #line(line) {
    this.#store.dispatch({ type: "line.changed", line });
  }

  async #signedIn() {
    try {
      await api.session();
      return true;
    } catch (error) {
      return error.status !== 401;
    }
  }
}
