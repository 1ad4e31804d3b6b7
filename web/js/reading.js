/** Tells the server how far I have read: at most once a second, and only forward. */
import { api } from "./api.js";

const EVERY_MS = 1000;

export class Reading {
  #store;
  #due = new Map(); // room -> message id to be sent
  #sent = new Map();
  #timer = null;

  constructor(store) {
    this.#store = store;
  }

  /** The reader has `message` of `room` before their eyes. */
  seen(room, message) {
    const mine = this.#store.state.rooms[room];
    if (!mine || (message <= mine.last_read && mine.unread === 0)) return;
    this.#store.dispatch({ type: "read.marked", room, message });
    if (message <= (this.#sent.get(room) ?? 0)) return;
    this.#due.set(room, message);
    if (this.#timer === null) this.#send();
  }

  forget() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#due.clear();
    this.#sent.clear();
  }

  #send() {
    this.#timer = this.#due.size > 0 ? setTimeout(() => this.#send(), EVERY_MS) : null;
    for (const [room, message] of this.#due) {
      this.#due.delete(room);
      this.#sent.set(room, message);
      api.markRead(room, message).catch((error) => {
        if (!error.temporary || this.#sent.get(room) !== message) return;
        this.#sent.delete(room);
        this.#due.set(room, Math.max(message, this.#due.get(room) ?? 0));
        this.#timer ??= setTimeout(() => this.#send(), (error.retryAfter ?? 2) * 1000);
      });
    }
  }
}
