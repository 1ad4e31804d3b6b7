/** What a stream proves, and how a tab adds it to what it has. Pure.
 *
 * A claim `{after, to, events}` says: these are all the events of this person's topics whose ids are
 * above `after` and at most `to`. That stays true whoever says it, however late and however often, so
 * a tab that only ever takes a claim which begins at or below its own cursor misses nothing, and
 * one that drops what is at or below its cursor repeats nothing. `how` it came is told beside it (trail.js),
 * where that is known, and proves nothing.
 */

/** Events that are kept for those who come late. */
const KEPT = 1000;

/** The claim's events that a reader at `cursor` lacks; null where something before them is missing. */
export function news(cursor, { after, events }) {
  if (after > cursor) return null;
  return events.filter(({ id }) => id > cursor);
}

/** The last events of an unbroken run: everything above `floor` and at most `top`. */
export class Recent {
  floor = 0;
  top = 0;
  #events = [];
  #kept;

  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  /** Forgets all and begins at `cursor`. */
  restart(cursor) {
    this.floor = cursor;
    this.top = cursor;
    this.#events = [];
  }

  /** Takes a claim; false where it leaves a gap, and then nothing is taken. */
  add(claim) {
    const events = news(this.top, claim);
    if (events === null) return false;
    this.#events.push(...events);
    this.top = Math.max(this.top, claim.to);
    if (this.#events.length > this.#kept) {
      const dropped = this.#events.splice(0, this.#events.length - this.#kept);
      this.floor = dropped.at(-1).id;
    }
    return true;
  }

  /** A claim of everything after `cursor`; null where it is no longer all here. */
  since(cursor) {
    if (cursor < this.floor) return null;
    const events = this.#events.filter(({ id }) => id > cursor);
    return { after: cursor, to: Math.max(cursor, this.top), events };
  }
}
