/** What was sent and what came: nothing may be missing, twice, or out of order. Pure. */

/** What one transport brought of the probes of one page. */
export class Ledger {
  #came = new Map();
  #last = 0;
  doubled = [];
  disordered = [];
  replayed = [];

  /** `event` came by the way of a connection that was opened again, from the log: `replayed`. */
  take(event, replayed) {
    if (this.#came.has(event.id)) {
      this.doubled.push(event.id);
      return false;
    }
    if (event.id < this.#last) this.disordered.push(event.id);
    this.#last = Math.max(this.#last, event.id);
    this.#came.set(event.id, event.nonce);
    if (replayed) this.replayed.push(event.id);
    return true;
  }

  has(id) {
    return this.#came.has(id);
  }

  /** Of the accepted `ids`, those that did not come. */
  missing(ids) {
    return ids.filter((id) => !this.#came.has(id));
  }
}
