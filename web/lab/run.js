/** One measurement: probes go out on their schedule, and four transports bring them back. */
import { api, Problem } from "../js/api.js";
import { now, ServerClock } from "./clock.js";
import { Distribution } from "./distribution.js";
import { Ledger } from "./ledger.js";
import { dice, gap } from "./pace.js";
import { LongPoll, poll, ShortPoll } from "./polls.js";
import { partsOf } from "./split.js";
import { EventStream, Socket } from "./streams.js";

export const TRANSPORTS = ["sse", "websocket", "long-poll", "short-poll"];
const SLOWEST = 0.25;
/** ms for the connections to be made before the first probe is due. */
const LEAD = 500;
/** Who is so many ms late was stopped by the browser or the computer. */
const ASLEEP = 5000;
/** Probes that come later than this after the last one was sent count as missing, in ms. */
const LAST_CALL = 5000;
/** The newest are kept to see where their time went: more would make the page itself slow, and what it measures. */
const MOST_TRIPS = 5000;

/** What one transport has brought. */
class Results {
  /** From the moment at which the probe was to be sent. */
  delays = new Distribution();
  /** From the moment at which it was sent: what a closed loop would have seen. */
  closed = new Distribution();
  ledger = new Ledger();
  trips = [];

  took(parts) {
    this.trips.push(parts);
    if (this.trips.length > MOST_TRIPS) this.trips.splice(0, MOST_TRIPS / 5);
  }
}

export class Run {
  clock = new ServerClock();
  probes = new Map();
  results = Object.fromEntries(TRANSPORTS.map((name) => [name, new Results()]));
  channels = {};
  /** "starting", "running", "ending", "done", "failed", "signed-out" */
  state = "starting";
  problem = null;
  refused = 0;
  unanswered = 0;
  /** Moments at which a probe was due while the tab was in the background, where timers are slow. */
  skipped = 0;
  startedAt = now();
  #timer = null;
  #roll;
  #name;
  #due = 0;
  #end = 0;
  #offered = 0;
  #sentUntil = null;
  #posting = new Set();

  /** `settings`: `rate` in probes/s, `pad`, `interval` of short polls in ms, `seconds` (Infinity for no
   * end), `seed`. `changed` is called when the state has. */
  constructor(settings, changed = () => {}) {
    this.settings = settings;
    this.rate = settings.rate;
    this.changed = changed;
    this.#roll = dice(settings.seed);
    this.#name = `${settings.seed.toString(36)}-${Date.now().toString(36)}`;
  }

  async start() {
    const told = {
      heard: (channel, event, at) => this.#heard(channel, event, at),
      failed: (channel, status) => status === 401 && this.#finish("signed-out"),
    };
    try {
      const { status, answer } = await poll(null, 0, AbortSignal.timeout(10_000));
      if (status === 401) return this.#finish("signed-out");
      if (answer === null) throw new Problem(status);
      // A probe before all others: who answers at all, and where its clock stands.
      await this.#post(-1, now());
      if (this.state !== "starting") return;
      const { interval } = this.settings;
      this.channels = {
        sse: new EventStream("sse", told),
        websocket: new Socket("websocket", told),
        "long-poll": new LongPoll("long-poll", told),
        "short-poll": new ShortPoll("short-poll", { ...told, interval }),
      };
      for (const channel of Object.values(this.channels)) channel.open(answer.cursor);
    } catch (error) {
      if (error.status === 401) return this.#finish("signed-out");
      this.problem = error;
      return this.#finish("failed");
    }
    this.state = "running";
    this.startedAt = this.#due = now() + LEAD;
    this.#end = this.startedAt + this.settings.seconds * 1000;
    this.changed();
    this.#plan(0);
  }

  /** Send no more, wait for what is on its way, and close everything. */
  async stop() {
    if (this.state !== "running") return;
    clearTimeout(this.#timer);
    this.#sentUntil = Math.min(now(), this.#end);
    this.state = "ending";
    this.changed();
    await Promise.allSettled(this.#posting);
    const last = now() + Math.max(LAST_CALL, 2 * this.settings.interval);
    while (this.state === "ending" && now() < last && this.#anyMissing()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (this.state === "ending") this.#finish("done");
  }

  /** Ids of accepted probes that were measured. */
  accepted() {
    return [...this.probes.values()].filter(({ k, id }) => k >= 0 && id).map(({ id }) => id);
  }

  get sent() {
    return [...this.probes.values()].filter(({ k }) => k >= 0).length;
  }

  /** Probes a second while they were sent: those that were due, and those that were accepted. */
  get rates() {
    const seconds = Math.max(0.001, ((this.#sentUntil ?? now()) - this.startedAt) / 1000);
    return { offered: this.#offered / seconds, achieved: this.accepted().length / seconds };
  }

  get secondsLeft() {
    return Math.max(0, (this.#end - now()) / 1000);
  }

  #plan(k) {
    if (this.state !== "running") return;
    if (this.#due >= this.#end) return this.stop();
    this.#timer = setTimeout(() => {
      this.#offered += 1;
      const slept = now() - this.#due > ASLEEP;
      if (document.hidden || slept) this.skipped += 1;
      else this.#send(k, this.#due);
      // What was due while the computer slept is not sent in one go when it wakes.
      if (slept) this.#due = now();
      this.#due += gap(this.rate, this.#roll);
      this.#plan(k + 1);
    }, this.#due - now());
  }

  #send(k, intended) {
    const posting = this.#post(k, intended)
      .catch((error) => this.#refused(error))
      .finally(() => this.#posting.delete(posting));
    this.#posting.add(posting);
  }

  async #post(k, intended) {
    const nonce = `${this.#name}-${k}`;
    const probe = { k, nonce, intended, sent: now(), id: null };
    this.probes.set(nonce, probe);
    const { id, received, appended } = await api.probe({ nonce, pad: this.settings.pad });
    const answered = now();
    Object.assign(probe, { id, received, appended, answered });
    this.clock.learn(probe);
    this.problem = null;
  }

  #refused(error) {
    if (error.status === 401) return this.#finish("signed-out");
    if (error.status === 429) {
      this.refused += 1;
      this.rate = Math.max(SLOWEST, this.rate / 2);
      this.#due = Math.max(this.#due, now() + (error.retryAfter ?? 1) * 1000);
    } else {
      this.unanswered += 1;
      this.problem = error;
    }
    this.changed();
  }

  #heard(channel, event, at) {
    const probe = this.probes.get(event.nonce);
    if (!probe || probe.k < 0) return; // of another tab, or of an earlier run
    const results = this.results[channel.name];
    // What had its id before this connection was opened waited in the log.
    const replayed = event.replayed === true || this.#before(event, channel.openedAt);
    if (!results.ledger.take(event, replayed)) return;
    this.arrived?.(channel, event, replayed, at);
    if (replayed) return;
    results.delays.add(at - probe.intended);
    results.closed.add(at - probe.sent);
    afterPaint((painted) => {
      const arrival = { event, at, painted };
      // Not before the answer has shown where the server's clock stands.
      const parts = partsOf(probe, arrival, this.clock);
      if (parts) results.took(parts);
    });
  }

  /** Polls hold no connection: what they bring late is part of how they are. */
  #before(event, openedAt) {
    return this.clock.known && this.clock.ours(event.received) + this.clock.uncertainty < openedAt;
  }

  #anyMissing() {
    const ids = this.accepted();
    return TRANSPORTS.some((name) => this.results[name].ledger.missing(ids).length > 0);
  }

  #finish(state) {
    clearTimeout(this.#timer);
    this.state = state;
    this.#sentUntil ??= now();
    for (const channel of Object.values(this.channels)) channel.close();
    this.changed();
  }
}

/** Calls back with the time once the next frame is on the screen, with null where none is drawn. */
function afterPaint(then) {
  if (document.hidden) return then(null);
  requestAnimationFrame(() => {
    // A message comes after the frame that is being made.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), then(now()));
    port2.postMessage(null);
  });
}
