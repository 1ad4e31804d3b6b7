/** The life of the event stream: open, look whether it still lives, and open again, with full jitter.
 *
 * Every reopening is ours: the browser's own comes after a fixed pause, all clients at once, and not
 * at all after an answer but 200. A new connection is opened before the old one is closed wherever
 * the old one still serves. Runs in a page and in a SharedWorker.
 */
import { jitter } from "../js/backoff.js";
import { Connection } from "./connection.js";
import { now } from "./server-clock.js";

/** The longest pause between two tries, and without a network, where trying is of little use, in ms. */
const LONGEST_MS = 20_000;
/** The longest that a Retry-After is obeyed, in ms. */
const OBEYED_MS = 60_000;
/** Signs of life of page and network do not make a try of ours come sooner than this after another. */
const CALM_MS = 1000;
/** With these the session is over; after any other `bye` without `retry` only a person tries again. */
const SESSION_OVER = new Set(["signed_out", "disabled", "leaving"]);

const isOnline = () => navigator.onLine !== false;

export class Stream {
  #current = null; // the connection that is live
  #next = null; // the one that is opening
  #position = null; // everything up to here was claimed; null: not running
  #line = { line: "connecting", retryAt: null };
  #attempt = 0;
  #due = null; // timer of the next try
  #tried = 0; // when, in unix ms
  #refused = false; // the last answer was no stream: ask why before the next try
  #asking = null; // the poll under way
  #ended = false; // by a `bye` that leaves it to the person
  #hooks;

  /**
   * hooks: `claim(claim)`, `passing(event)` what is not logged, `line({line, retryAt})` as it changes, `heartbeat(seconds)`, `reset()` the
   * log does not reach back to our position, `bye(code)` the session is over; `poll(cursor)` promises
   * what `GET /api/events` answers to a short poll.
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get running() {
    return this.#position !== null;
  }

  /** `line`: "connecting", "live", "lost", "unavailable", "offline" or "ended"; `retryAt`: when it is
   * tried again, in unix ms, or null. */
  get line() {
    return this.#line;
  }

  start(cursor) {
    this.stop();
    this.#position = cursor;
    this.#say("connecting");
    this.#open();
  }

  stop() {
    this.#rest();
    this.#position = null;
    this.#attempt = 0;
    this.#refused = false;
  }

  /** Something has changed (network, sight, sleep): look at once whether the stream still lives. */
  wake() {
    if (!this.running || this.#ended) return;
    this.#current?.look();
    this.#next?.look();
    const wasOffline = this.#line.line === "offline";
    if (!isOnline()) {
      if (this.#line.line !== "offline") this.#say("offline", this.#line.retryAt);
    } else if (this.#due !== null) {
      if (wasOffline || Date.now() - this.#tried > CALM_MS) this.retry();
    } else if (wasOffline && !this.#next) {
      this.#open(); // What was open before the network went may be dead without a word.
    }
  }

  /** Try now. */
  retry() {
    if (!this.running || (this.#due === null && !this.#ended)) return;
    this.#attempt = 0;
    this.#try();
  }

  #rest() {
    clearTimeout(this.#due);
    this.#due = null;
    this.#asking = null;
    this.#ended = false;
    this.#current?.close();
    this.#next?.close();
    this.#current = this.#next = null;
  }

  #open() {
    this.#tried = Date.now();
    this.#next?.close();
    this.#next = new Connection(this.#position, {
      hello: (connection, { heartbeat }) => this.#hello(connection, heartbeat),
      claim: (_, claim) => this.#claim(claim),
      // Of two connections the older one has no gap.
      passing: (connection, event) => connection === this.#current && this.#hooks.passing(event),
      move: (_, ms) => this.#later({ ms }),
      bye: (connection, bye) => this.#bye(connection, bye),
      reset: () => this.#reset(),
      broken: (connection, { refused }) => {
        this.#refused ||= refused;
        this.#lose(connection);
      },
    });
  }

  #hello(connection, heartbeat) {
    if (connection === this.#next) {
      this.#current?.close();
      this.#current = connection;
      this.#next = null;
    }
    this.#attempt = 0;
    this.#refused = false;
    this.#hooks.heartbeat(heartbeat);
    this.#say("live");
  }

  #claim(claim) {
    this.#position = Math.max(this.#position, claim.to);
    // To hear something is a better proof than what the computer thinks of its network.
    if (this.#current && this.#line.line === "offline") this.#say("live");
    this.#hooks.claim(claim);
  }

  #bye(connection, { code, retry }) {
    connection.close();
    if (retry || (connection === this.#current && this.#next)) return this.#lose(connection);
    if (SESSION_OVER.has(code)) return this.#over(code);
    this.#rest();
    this.#ended = true;
    this.#say("ended");
  }

  #over(code) {
    this.stop();
    this.#hooks.bye(code);
  }

  #reset() {
    this.stop();
    this.#hooks.reset();
  }

  #lose(connection) {
    if (connection === this.#current) this.#current = null;
    if (connection === this.#next) this.#next = null;
    if (this.#next) return; // is opening already
    if (this.#due === null || !this.#current) this.#later();
  }

  /** Tries after `ms`, or with jitter; never sooner than `least` ms. */
  #later({ ms = null, least = 0, line = this.#trouble() } = {}) {
    clearTimeout(this.#due);
    const calm = isOnline() ? 0 : LONGEST_MS;
    const wait = ms ?? Math.max(calm, least + jitter(this.#attempt, { longest: LONGEST_MS }));
    this.#attempt += 1;
    this.#due = setTimeout(() => this.#try(), wait);
    if (!this.#current) this.#say(line, Date.now() + wait);
  }

  #trouble() {
    if (!isOnline()) return "offline";
    const { line } = this.#line;
    return line === "live" || line === "offline" ? "lost" : line;
  }

  #try() {
    clearTimeout(this.#due);
    this.#due = null;
    this.#ended = false;
    if (!this.#current) this.#say(this.#trouble());
    if (this.#refused) this.#ask();
    else this.#open();
  }

  /** EventSource does not tell why it was refused; a poll of the same does, and brings what was
   * missed meanwhile. */
  async #ask() {
    const after = this.#position;
    const asking = (this.#asking = Symbol("poll"));
    this.#tried = Date.now();
    let answer = null;
    let problem = null;
    try {
      answer = await this.#hooks.poll(after);
    } catch (error) {
      problem = error;
    }
    if (asking !== this.#asking) return;
    this.#asking = null;
    if (answer?.reset) return this.#reset();
    if (problem?.status === 401) return this.#over("signed_out");
    if (problem?.temporary) {
      const least = Math.min(OBEYED_MS, (problem.retryAfter ?? 0) * 1000);
      const line = problem.status >= 500 ? "unavailable" : this.#trouble();
      return this.#later({ least, line });
    }
    const how = { transport: "poll", at: now() };
    if (answer) this.#claim({ after, to: answer.cursor, events: answer.events, how });
    this.#open();
  }

  #say(line, retryAt = null) {
    if (line === this.#line.line && retryAt === this.#line.retryAt) return;
    this.#line = { line, retryAt };
    this.#hooks.line(this.#line);
  }
}
