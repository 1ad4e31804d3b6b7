/** Tells the server how far I have read: at most once a second, and only forward, unless I say so. */
import { api } from "./api.js";

const EVERY_MS = 1000;

export class Reading {
  #store;
  #due = new Map(); // room -> {message, turn} to be sent
  #sent = new Map();
  #timer = null;

  constructor(store) {
    this.#store = store;
  }

  /** The reader has `message` of `room` before their eyes, or says that all up to it is read. */
  seen(room, message, { said = false } = {}) {
    const { rooms, held } = this.#store.state;
    const mine = rooms[room];
    if (!mine || (held === room && !said)) return;
    if (said) this.#store.dispatch({ type: "room.released", room });
    if (message <= mine.last_read && mine.unread === 0) return;
    this.#store.dispatch({ type: "read.marked", room, message, said });
    const mark = { message, turn: mine.read_turn };
    if (isPast(mark, this.#sent.get(room))) return;
    this.#due.set(room, mark);
    if (this.#timer === null) this.#send();
  }

  /** Everything in all rooms is read; what was unread before, for `unreadAgain`. */
  allSeen() {
    const unread = Object.values(this.#store.state.rooms).filter((room) => room.unread > 0);
    for (const { id, head } of unread) this.seen(id, head, { said: true });
    return unread.map(({ id, last_read }) => ({ room: id, message: last_read + 1 }));
  }

  /** `message` of `room` and all after it are to be unread again, on all devices. The event says when they are. */
  async unreadAgain(room, message) {
    const { open, held } = this.#store.state;
    this.#due.delete(room);
    if (room === open) this.#store.dispatch({ type: "room.held", room });
    try {
      await api.markUnread(room, message);
    } catch (error) {
      if (held !== room) this.#store.dispatch({ type: "room.released", room });
      throw error;
    }
  }

  forget() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#due.clear();
    this.#sent.clear();
  }

  #send() {
    this.#timer = this.#due.size > 0 ? setTimeout(() => this.#send(), EVERY_MS) : null;
    for (const [room, mark] of this.#due) {
      this.#due.delete(room);
      this.#sent.set(room, mark);
      api.markRead(room, mark).catch((error) => {
        if (!error.temporary || this.#sent.get(room) !== mark) return;
        this.#sent.delete(room);
        if (!isPast(mark, this.#due.get(room))) this.#due.set(room, mark);
        this.#timer ??= setTimeout(() => this.#send(), (error.retryAfter ?? 2) * 1000);
      });
    }
  }
}

/** Whether a mark says no more than another does. */
const isPast = (mark, other) =>
  other !== undefined && mark.turn <= other.turn && mark.message <= other.message;
