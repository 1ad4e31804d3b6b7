/** Presence as this page keeps it: asks who is there, hears who comes and goes, tells that I write or idle.
 * Loaded when a room is shown (js/doing/presence.js). */
import { Activity } from "./activity.js";
import "./typing-line.js";

/** Others see for so long that somebody writes, in ms; and it is said again so often. */
const SHOWN_MS = 6000;
const SAID_MS = 3000;
/** Thousands of pages that come back at once ask over so long a time, in ms. */
const SPREAD_MS = 4000;
/** A status may end while nothing else happens: looked at this often, in ms. */
const LOOK_MS = 30_000;

export class PresenceKeeper {
  #store;
  #known = false; // since the sign-in
  #timer = null;
  #during = null; // what was heard while the answer is on its way
  #said = new Map(); // room -> when it was said that I write
  #activity = new Activity((active) => this.#api.setActive(active));
  #api;

  /** `api`: the calls of the page to the server. */
  constructor(store, api) {
    this.#store = store;
    this.#api = api;
    setInterval(() => store.dispatch({ type: "status.over", now: Date.now() }), LOOK_MS);
  }

  /** The stream is live again. */
  live() {
    this.#askIn(this.#known ? Math.random() * SPREAD_MS : 0);
    this.#activity.tellAgain();
  }

  /** The stream goes on by another connection, which may have begun a moment late. */
  fresh() {
    if (this.#known) this.#askIn(1000 + Math.random() * SPREAD_MS);
  }

  entered() {
    this.#activity.start();
  }

  leaving() {
    clearTimeout(this.#timer);
    this.#known = false;
    this.#activity.stop();
    this.#said.clear();
  }

  /** A logged event: my rooms may be others now. */
  event({ kind, user }) {
    if (!kind.startsWith("member.") || user !== this.#store.state.user.id) return;
    this.#askIn(500 + Math.random() * 1000);
  }

  /** An event that is not logged. */
  passing({ kind, people, room, user, at }) {
    if (this.#store.state.phase !== "in") return;
    if (kind === "presence") {
      if (this.#during) Object.assign(this.#during, people);
      this.#store.dispatch({ type: "presence.came", people });
    } else if (kind === "typing") {
      this.#store.dispatch({ type: "typing.came", room, user, at });
      setTimeout(() => this.#store.dispatch({ type: "typing.over", room, user, at }), SHOWN_MS);
    }
  }

  /** Somebody writes here. */
  writes(room) {
    const now = Date.now();
    if (this.#store.state.line !== "live" || now - (this.#said.get(room) ?? 0) < SAID_MS) return;
    this.#said.set(room, now);
    this.#api.typing(room).catch(() => {}); // Nobody misses it.
  }

  #askIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    const during = (this.#during = {});
    try {
      const { people } = await this.#api.presence();
      if (this.#during !== during || this.#store.state.phase !== "in") return;
      this.#known = true;
      this.#store.dispatch({ type: "presence.known", people });
      this.#store.dispatch({ type: "presence.came", people: during });
    } catch (error) {
      if (this.#during === during && error.temporary) this.#askIn(10_000 + Math.random() * SPREAD_MS);
    } finally {
      if (this.#during === during) this.#during = null;
    }
  }
}
