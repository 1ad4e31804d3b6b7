/** The stream as a tab has it: its own cursor, and one source for all tabs of this browser.
 *
 * The source (source.js) is in the tab that leads or in a SharedWorker; tabs and source speak over a
 * BroadcastChannel. Which of them we are is settled by tenure.js and makes no difference to whoever
 * uses this. What is missing after our cursor is asked of the source, and fetched where that does not
 * reach back so far.
 */
import { news, Recent } from "./claims.js";
import { uuid } from "../js/ids.js";
import { now } from "./server-clock.js";
import { Source } from "./source.js";
import { tenureFor } from "./tenure.js";
import { trail } from "./trail.js";
import { Watchdog } from "./watchdog.js";

/** Part of the names of channel and lock, so that pages of another make do not hear each other. */
const VERSION = 2;
/** How long a source may take to say its first word, in ms. */
const FIRST_WORD_MS = 3000;
/** How long it may take to answer when it seems gone, in ms; a hidden tab leaves it to the others. */
const ANSWER_MS = 1000;
const HIDDEN_ANSWER_MS = 4000;

export class SharedStream {
  #id = uuid();
  #user = null; // whose stream: null where there is none
  #cursor = null; // null: the snapshot is under way
  #asking = null; // timer: what we lack was asked for
  #fetching = false; // what the source does not have is on its way
  #recent = new Recent();
  #source = null; // where this tab leads
  #channel = null;
  #tenure = null;
  #watchdog = new Watchdog(() => this.#doubt());
  #doubting = null; // timer
  #hooks;
  #poll;

  /**
   * hooks: `event(event)` each logged event once, in order; `passing(event)` what is said live and not
   * logged; `fresh()` the stream has a new connection; `line({line, retryAt})` see Stream;
   * `reset()` what we lack is no longer to be had, load the snapshot; `bye(code)` the session is over.
   * `poll(cursor)` promises `{cursor, reset, events}`.
   */
  constructor(hooks, { poll }) {
    this.#hooks = hooks;
    this.#poll = poll;
  }

  /** Hands on what comes after `cursor` for `user`. */
  start(user, cursor) {
    if (user !== this.#user) this.stop();
    this.#cursor = cursor;
    if (!this.#source) this.#recent.restart(cursor);
    if (this.#user === user) return this.#ask();
    this.#user = user;
    this.#join();
  }

  /** Hands on nothing until the next `start`; the other tabs are served meanwhile. */
  pause() {
    this.#cursor = null;
  }

  stop() {
    this.#leave();
    this.#user = null;
    this.#cursor = null;
  }

  /** The page is put away (frozen, or kept for "back"): another tab shall lead. */
  sleep() {
    this.#leave();
  }

  /** The page is back, or the network, or somebody looks: look at once whether all is well. */
  wake() {
    if (this.#user === null) return;
    if (!this.#channel) return this.#join();
    this.#watchdog.look();
    this.#tell({ type: "poke" });
  }

  /** Somebody does not want to wait for the next try. */
  retry() {
    if (this.#channel) this.#tell({ type: "retry" });
  }

  #join() {
    const name = `tornchat.stream.${VERSION}.${this.#user}`;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }) => this.#overhear(data));
    this.#tenure = tenureFor(name, { lead: () => this.#lead(), follow: () => this.#follow() });
    this.#watchdog.feed(FIRST_WORD_MS);
    this.#ask();
    this.#tenure.join();
  }

  #leave() {
    this.#tenure?.leave();
    this.#channel?.close();
    this.#tenure = this.#channel = null;
    this.#watchdog.stop();
    this.#trust();
    this.#answered();
  }

  #lead() {
    this.#watchdog.stop();
    this.#trust();
    this.#answered();
    const say = (message) => {
      this.#channel?.postMessage(message);
      this.#learn(message);
    };
    this.#source = new Source({ say, poll: this.#poll, recent: this.#recent });
    this.#channel.postMessage({ type: "lead" });
    this.#ask();
  }

  #follow() {
    this.#source?.stop();
    this.#source = null;
    this.#watchdog.feed(FIRST_WORD_MS);
  }

  #tell(message) {
    const mine = { ...message, from: this.#id };
    if (this.#source) this.#source.hear(mine);
    else this.#channel.postMessage(mine);
  }

  /** Something was said in another tab, or in the worker. */
  #overhear(message) {
    if (this.#source) return this.#source.hear(message); // Whoever led before us may not know yet.
    if ("from" in message) return; // One tab asks; it is not for us.
    this.#trust();
    this.#watchdog.feed(message.patience);
    this.#learn(message);
  }

  /** The source says something. */
  #learn(message) {
    const mine = message.to === this.#id;
    if (message.type === "lead") this.#ask();
    else if (message.type === "line") this.#line(message);
    else if (message.type === "claim" && (mine || message.to === null)) this.#take(message.claim);
    else if (message.type === "missing" && mine) this.#fetch();
    else if (message.type === "reset") this.#reset();
    else if (message.type === "bye") this.#hooks.bye(message.code);
    else if (message.type === "fresh") this.#hooks.fresh();
    else if (message.type === "passing" && this.#cursor !== null) this.#hooks.passing(message.event);
  }

  #reset() {
    this.#recent.restart(0);
    this.#hooks.reset();
  }

  #line({ line, retryAt, top }) {
    if (this.#cursor === null) return;
    this.#hooks.line({ line, retryAt });
    if (top > this.#cursor && this.#asking === null) this.#ask();
  }

  #take(claim) {
    if (this.#cursor === null) return;
    const events = news(this.#cursor, claim);
    if (events === null) return this.#asking === null && this.#ask();
    this.#answered();
    if (!this.#source) this.#recent.add(claim);
    for (const event of events) {
      this.#cursor = event.id;
      trail.came(event, { ...claim.how, shared: !this.#source && !claim.how?.own });
      this.#hooks.event(event);
      if (this.#cursor === null) return; // It made us load the snapshot.
    }
    this.#cursor = Math.max(this.#cursor, claim.to);
  }

  #ask() {
    if (this.#cursor === null || !this.#channel) return;
    this.#answered();
    this.#asking = setTimeout(() => this.#answered(), ANSWER_MS);
    this.#tell({ type: "ask", after: this.#cursor });
  }

  #answered() {
    clearTimeout(this.#asking);
    this.#asking = null;
  }

  /** The source does not reach back to our cursor: fetch what lies between. */
  async #fetch() {
    const after = this.#cursor;
    if (after === null || this.#fetching) return;
    this.#fetching = true;
    let answer = null;
    let problem = null;
    try {
      answer = await this.#poll(after);
    } catch (error) {
      problem = error;
    }
    this.#fetching = false;
    if (this.#cursor !== after) return;
    if (answer && !answer.reset) {
      const how = { transport: "poll", at: now(), own: true };
      this.#take({ after, to: answer.cursor, events: answer.events, how });
      this.#ask();
    } else if (answer || !problem.temporary) this.#reset();
    // Otherwise the next beat shows that we still lack something.
  }

  /** Nothing was heard for too long. One that lives answers; a frozen one does not. */
  #doubt() {
    this.#tell({ type: "poke" });
    const wait = document.hidden ? HIDDEN_ANSWER_MS : ANSWER_MS;
    this.#doubting = setTimeout(() => {
      this.#watchdog.feed(FIRST_WORD_MS);
      this.#tenure.replace();
    }, wait);
  }

  #trust() {
    clearTimeout(this.#doubting);
    this.#doubting = null;
  }
}
