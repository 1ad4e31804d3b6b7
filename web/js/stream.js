/** The life of the event stream: one EventSource, opened again with the last id seen.
 *
 * The browser reconnects by itself after a broken connection (with Last-Event-ID); it gives up for
 * good after any answer but 200, and it does not notice a line that went dead. Both are done here:
 * reopening with jitter, and a watchdog over the beats.
 */
import { jitter } from "./backoff.js";

const KINDS = [
  "hello",
  "beat",
  "bye",
  "move",
  "message",
  "room.created",
  "member.joined",
  "member.left",
  "read",
];

/** How long opening may take before it is tried anew, in ms. */
const OPENING_MS = 15_000;
const MISSED_BEATS = 2.5;

export class Stream {
  #source = null;
  #last = 0;
  #running = false;
  #live = false;
  #limit = OPENING_MS;
  #heard = 0;
  #attempt = 0;
  #watchdog;
  #reopening;
  #hooks;

  /**
   * hooks: `event(event)` a logged event; `live()`, `lost()`; `reset()` the log does not reach back to
   * our cursor; `bye(code)` the server wants us gone; `signedIn()` promise of whether we still are.
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  start(cursor) {
    this.stop();
    this.#running = true;
    this.#last = cursor;
    this.#attempt = 0;
    this.#open();
  }

  stop() {
    this.#running = false;
    this.#close();
  }

  /** Something has changed (line, sight, sleep): look at once whether the stream still lives. */
  wake() {
    if (!this.#running) return;
    const silent = Date.now() - this.#heard;
    const closed = this.#source?.readyState === EventSource.CLOSED;
    if (closed || silent > (this.#live ? this.#limit : 1000)) {
      this.#attempt = 0;
      this.#lose();
      this.#open();
    }
  }

  #open() {
    this.#close();
    const source = new EventSource(`/api/events?after=${this.#last}`);
    this.#source = source;
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        if (source === this.#source) this.#hear(kind, event);
      });
    }
    source.addEventListener("error", () => {
      if (source === this.#source) this.#broken();
    });
    this.#watch(OPENING_MS);
  }

  #close() {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#reopening);
    this.#source?.close();
    this.#source = null;
  }

  #hear(kind, { data, lastEventId }) {
    const event = JSON.parse(data);
    if (kind === "hello") return this.#hello(event, lastEventId);
    this.#remember(lastEventId);
    this.#watch(this.#limit);
    if (kind === "bye") return this.#bye(event);
    if (kind === "move") {
      clearTimeout(this.#reopening);
      this.#reopening = setTimeout(() => this.#open(), event.after_ms);
    } else if (kind !== "beat") {
      this.#hooks.event({ ...event, kind });
    }
  }

  #hello({ reset, heartbeat }, lastEventId) {
    if (reset) {
      this.stop();
      this.#lose();
      this.#hooks.reset();
      return;
    }
    this.#remember(lastEventId);
    this.#attempt = 0;
    this.#limit = heartbeat * 1000 * MISSED_BEATS;
    this.#watch(this.#limit);
    this.#live = true;
    this.#hooks.live();
  }

  #bye({ code, retry }) {
    if (retry) return; // The server closes; the browser comes back with the last id.
    this.stop();
    this.#live = false;
    this.#hooks.bye(code);
  }

  #remember(lastEventId) {
    if (lastEventId !== "") this.#last = Math.max(this.#last, Number(lastEventId));
  }

  #broken() {
    this.#lose();
    if (this.#source.readyState === EventSource.CLOSED) this.#reopenLater();
    else this.#watch(OPENING_MS);
  }

  #lose() {
    this.#live = false;
    this.#hooks.lost();
  }

  #reopenLater() {
    this.#close();
    this.#reopening = setTimeout(async () => {
      const signedIn = await this.#hooks.signedIn();
      if (!this.#running || this.#source) return;
      if (signedIn) this.#open();
      else this.#bye({ code: "signed_out", retry: false });
    }, jitter(this.#attempt));
    this.#attempt += 1;
  }

  #watch(limit) {
    this.#heard = Date.now();
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#lose();
      this.#reopenLater();
    }, limit);
  }
}
