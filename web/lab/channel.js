/** A transport as the lab uses it: opened at a cursor, closed, opened again; and what that costs.
 *
 * What a page that is asleep would not notice is passed over while `asleep`: its cursor stays.
 */
import { now } from "./clock.js";

const AGAIN_MS = [500, 1000, 2000, 5000];

export class Channel {
  cursor = 0;
  asleep = false;
  openedAt = null;
  lastByteAt = null;
  heartbeat = null;
  worker = null;
  /** Requests made; bytes that came, as the page counted them; polls that brought no probe. */
  cost = { requests: 0, bytes: 0, empty: 0 };
  /** Connections that ended without having been asked to: `{at, lasted, silence, status}`. */
  cuts = [];
  resets = 0;
  #timer = null;
  #failures = 0;

  /** `heard(channel, event, at)` is told of each probe, `failed(channel, status)` of refusals. */
  constructor(name, { heard, failed = () => {} }) {
    this.name = name;
    this.heard = heard;
    this.failed = failed;
  }

  get isOpen() {
    return this.openedAt !== null;
  }

  open(cursor = this.cursor) {
    this.close();
    this.cursor = cursor;
    this.openedAt = this.lastByteAt = now();
    this.connect();
  }

  close() {
    clearTimeout(this.#timer);
    if (this.openedAt === null) return;
    this.openedAt = null;
    this.disconnect();
  }

  // -- for the transports

  /** An event of whatever kind, and about how many bytes it took. */
  take(event, bytes) {
    const at = now();
    this.lastByteAt = at;
    this.cost.bytes += bytes;
    this.#failures = 0;
    if (this.asleep) return;
    if (event.kind === "hello") return this.#greeted(event);
    if (event.kind === "beat") this.cursor = event.cursor;
    else if (event.id) this.cursor = event.id;
    if (event.kind === "probe") this.heard(this, event, at);
    else if (event.kind === "move") this.#again(event.after_ms);
    else if (event.kind === "bye") this.#ended(event.retry);
  }

  /** The connection is over, and nobody said so; `status` where there was an answer. */
  lost(status = null) {
    if (this.openedAt === null) return;
    const at = now();
    this.cuts.push({
      at,
      lasted: at - this.openedAt,
      silence: at - this.lastByteAt,
      status,
    });
    this.failed(this, status);
    if (this.openedAt === null) return; // whoever was told has closed it
    const wait = AGAIN_MS[Math.min(this.#failures, AGAIN_MS.length - 1)];
    this.#failures += 1;
    this.#again(wait);
  }

  /** The log does not reach back to the cursor: begin anew, and know that something may be missing. */
  reset() {
    this.resets += 1;
    this.close();
    this.open(null);
  }

  #greeted({ reset, cursor, heartbeat, worker }) {
    if (reset) return this.reset();
    this.cursor = cursor;
    this.heartbeat = heartbeat;
    this.worker = worker;
  }

  #ended(retry) {
    if (retry) this.#again(AGAIN_MS[0]);
    else {
      this.close();
      this.failed(this, 401);
    }
  }

  #again(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), wait);
  }
}

/** `?after=`, or nothing where the stream is to begin now. */
export const after = (cursor, separator = "?") =>
  cursor === null ? "" : `${separator}after=${cursor}`;
