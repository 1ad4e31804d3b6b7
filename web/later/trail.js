/** What this tab knows of how events about messages came to it, and how its own messages went out: of the last of
 * them, in memory only, and without what they say. `panels/inspector.js` shows it.
 *
 * `how` of a claim: {transport: "sse"|"poll", at} and, of a stream, {opened, worker, liveAfter}: when it was asked
 * for, who serves it, and the id up to which it was replayed. All times are unix ms of the browser.
 */
import { isChange } from "../js/changes.js";
import { now, ServerClock } from "./server-clock.js";

/** Events, and posts. */
export const KEPT = 500;
const TAKEN_BY = "Tornchat-Worker";

export class Trail {
  clock = new ServerClock();
  #events = new Map(); // id -> record
  #posts = new Map(); // nonce -> trip
  #dropped = 0; // the highest id of which the record was let go
  #unpainted = [];

  /** An event is about to be applied. `shared`: another tab, or the SharedWorker, holds the stream. */
  came(event, { transport = null, at = null, opened = null, worker = null, liveAfter = null, shared = false }) {
    if (event.kind !== "message" && !isChange(event)) return;
    const { id, prev, kind, user, author, by } = event;
    const live = transport === "sse" && liveAfter !== null ? id > liveAfter : null;
    const way = { transport, live, shared, worker, opened, arrived: at, here: now(), painted: null };
    const about = { id, prev, kind, at: event.at, message: event.message ?? id, who: by ?? user ?? author };
    if (at !== null) this.clock.heard(event.at, at);
    this.#keep(this.#events, id, { ...about, ...way });
    if (!document.hidden && this.#unpainted.push(id) === 1) this.#watchPaint();
  }

  /** A message is posted now; of what comes: `answered(response)`, then `taken(message)`. */
  post(nonce) {
    const { tries = 0 } = this.#posts.get(nonce) ?? {};
    const trip = { tries: tries + 1, sent: now(), answered: null, again: false, worker: null, id: null };
    this.#keep(this.#posts, nonce, trip);
    return {
      answered({ status, headers }) {
        Object.assign(trip, { answered: now(), again: status === 200, worker: headers.get(TAKEN_BY) });
      },
      taken: ({ id, at }) => {
        trip.id = id;
        // What an earlier try has posted was logged before this one was sent.
        if (trip.answered && !trip.again) this.clock.asked(trip.sent, at, trip.answered);
      },
    };
  }

  /** Of one message: its `event` and its `trip`, where this tab has a record of them, and what `touched` it since;
   * `dropped`: its event may have been let go. */
  of({ id, nonce }) {
    const touched = [...this.#events.values()].filter(({ message }) => message === id);
    const event = touched.find((one) => one.id === id) ?? null;
    const mine = this.#posts.get(nonce);
    const trip = mine?.id === id ? mine : null;
    return { event, trip, touched: touched.filter((one) => one.id !== id), dropped: id <= this.#dropped };
  }

  #keep(records, key, record) {
    records.delete(key);
    records.set(key, record);
    if (records.size <= KEPT) return;
    const [oldest] = records.keys();
    records.delete(oldest);
    if (records === this.#events) this.#dropped = Math.max(this.#dropped, oldest);
  }

  /** The next frame shows what has come, where its place in the room is in sight or near. */
  #watchPaint() {
    requestAnimationFrame(() => {
      // A message comes after the frame that is being made.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        const painted = now();
        const rows = document.querySelectorAll("message-list .message[data-id]");
        const shown = new Set([...rows].map((row) => Number(row.dataset.id)));
        for (const id of this.#unpainted.splice(0)) {
          const record = this.#events.get(id);
          if (record && shown.has(record.message)) record.painted = painted;
        }
      };
      port2.postMessage(null);
    });
  }
}

/** Of this tab. */
export const trail = new Trail();
