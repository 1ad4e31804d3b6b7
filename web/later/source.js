/** Where the events of all tabs come from: the one stream, and what it brought lately.
 *
 * There is one in the tab that leads, or in the SharedWorker. It says what it hears to all tabs, and
 * answers what they ask (docs/web.md, "One stream for all tabs").
 */
import { Recent } from "./claims.js";
import { patienceOf } from "./connection.js";
import { Stream } from "./stream.js";

/** While the stream is not live there are no beats to be heard: this often we say that we are there. */
const TICK_MS = 2000;

export class Source {
  #stream;
  #recent;
  #say;
  #patience = patienceOf(TICK_MS / 1000);
  #ticking = null;

  /** `say(message)` to all tabs; `poll(cursor)` see Stream; `recent`: what is known already. */
  constructor({ say, poll, recent = new Recent() }) {
    this.#say = say;
    this.#recent = recent;
    this.#stream = new Stream({
      poll,
      claim: (claim) => this.#claim(claim),
      passing: (event) => say({ type: "passing", event }),
      line: () => this.#tell(),
      heartbeat: (seconds) => {
        this.#patience = patienceOf(seconds);
        say({ type: "fresh" });
      },
      reset: () => this.#reset(),
      bye: (code) => {
        this.#rest();
        say({ type: "bye", code });
      },
    });
  }

  /** A tab says: `ask {after, from}` what is after my cursor?, `poke` look at the line, `retry` it. */
  hear({ type, after, from }) {
    if (type === "ask") this.#answer(after, from);
    else if (type === "poke") this.#poke();
    else if (type === "retry") this.#stream.retry();
  }

  stop() {
    this.#rest();
    this.#stream.stop();
  }

  #answer(after, tab) {
    if (!this.#stream.running) {
      if (after < this.#recent.floor || after > this.#recent.top) this.#recent.restart(after);
      this.#ticking = setInterval(() => this.#tick(), TICK_MS);
      this.#stream.start(this.#recent.top);
    }
    const claim = this.#recent.since(after);
    this.#tell();
    this.#say(claim ? { type: "claim", to: tab, claim } : { type: "missing", to: tab });
  }

  #poke() {
    this.#stream.wake();
    this.#tell();
  }

  #claim(claim) {
    if (this.#recent.add(claim)) this.#say({ type: "claim", to: null, claim });
    // Else the stream began above what it was asked for: a snapshot tells what lies between.
    else this.#reset();
  }

  #reset() {
    this.stop();
    this.#recent.restart(0);
    this.#say({ type: "reset" });
  }

  #tick() {
    if (this.#stream.line.line !== "live") this.#tell();
  }

  #tell() {
    const live = this.#stream.line.line === "live";
    const patience = live ? this.#patience : patienceOf(TICK_MS / 1000);
    this.#say({ type: "line", ...this.#stream.line, patience, top: this.#recent.top });
  }

  #rest() {
    clearInterval(this.#ticking);
    this.#ticking = null;
  }
}
