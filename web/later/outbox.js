/** Messages on their way to the server, in order within a room, each with its nonce.
 *
 * A message is kept in the browser before it is sent, and until its id is known: it outlives the page,
 * and whichever tab comes first sends it. The same nonce is sent again after a broken line or a 5xx, so
 * that a message whose answer was lost is not posted twice. A message that was refused (4xx) goes under
 * a new nonce when it is tried again.
 *
 * An item is {nonce, user, room, body, reply_to, at, since, status: "pending"|"failed", error, attempts, tried,
 * next, lost, kept}: `at` is its place and time, `since` when it last began to wait, `tried` and `next`
 * the last and the next attempt (all unix ms); `error` {code, detail, temporary} is why it is not sent
 * yet; `lost` the id it had before the server lost it, or 0.
 */
import { jitter } from "../js/backoff.js";
import { nonceAfterLoss, uuid } from "../js/ids.js";
import { anew, blank, plain } from "./outbox-item.js";
import { trail } from "./trail.js";

/** The server knows a nonce for 24 hours. What has waited nearly as long is not sent without being
 * asked for: it might be there already. */
const STALE_MS = 23 * 3_600_000;
/** Longest pause between two attempts, in ms. */
const LONGEST_MS = 10_000;
/** How often a 500 is tried: the message itself may provoke it, and others wait behind it. */
const MOST_FAULTS = 5;
/** Pauses where the session is in doubt, and after a fault, in ms. */
const SESSION_MS = 5000;
const FAULT_MS = 5000;

export class Outbox {
  #user = null;
  #items = [];
  #keeping = new Map(); // nonce -> item that is being written to the store
  #pumping = new Set(); // rooms
  #wakers = new Set();
  #hurried = 0; // when the line came back, unix ms
  #reads = 0;
  #post;
  #upload;
  #store;
  #turn;
  #hooks;
  #now;

  /**
   * `post(room, {body, nonce, files})` sends; `upload(files)` gives the same files, each with its id; `turn(name, work)` keeps other tabs out meanwhile.
   * hooks: `changed(items)`; `posted(message, item)`, where `item` is missing if another tab sent it;
   * `failed(item)`; `signedOut()`; `mayPost(user)` whether this browser is still theirs.
   */
  constructor({ post, upload, store, turn, now = Date.now, ...hooks }) {
    this.#post = post;
    this.#upload = upload;
    this.#store = store;
    this.#turn = turn;
    this.#hooks = hooks;
    this.#now = now;
    store.listen(({ user, posted }) => {
      if (user !== this.#user) return;
      if (posted) hooks.posted(posted);
      else this.#read();
    });
  }

  /** Goes on with what `user` has left to be sent. */
  start(user) {
    this.#user = user;
    this.#wake();
    return this.#read();
  }

  /** Nobody is signed in: what is kept stays for its author. */
  stop() {
    this.#user = null;
    this.#show([]);
    this.#wake();
  }

  /** Resolves once the message is kept: from then on it cannot get lost here. */
  async send(room, body, more = {}) {
    const user = this.#user;
    const at = this.#later(room);
    await this.#keep([{ ...blank(user, room, body, at, more), nonce: uuid(), since: this.#now() }]);
  }

  /** Messages of mine that the server took and then lost: shown as not sent until it is decided. */
  async notStored(messages) {
    const error = { code: "not_stored", detail: "", temporary: true };
    const items = messages.map(({ id, room, body, at, files, reply_to }) => ({
      ...blank(this.#user, room, body, at, { ...(files && { files }), ...(reply_to && { reply_to }) }),
      nonce: nonceAfterLoss(id),
      lost: id,
      status: "failed",
      error,
      since: this.#now(),
    }));
    const known = new Set(this.#items.map(({ nonce }) => nonce));
    await this.#keep(items.filter(({ nonce }) => !known.has(nonce)));
  }

  async retry(nonce) {
    const failed = this.#find(nonce);
    if (failed?.status !== "failed") return;
    const now = this.#now();
    await this.#change(failed, (item) => ({
      ...anew(item),
      nonce: item.error.temporary ? nonce : uuid(),
      at: this.#later(item.room),
      since: now,
      status: "pending",
      error: null,
      attempts: 0,
      next: 0,
    }));
  }

  /** Drops a message: discarded by its author, or seen in the room (then it has arrived). */
  async remove(nonce) {
    if (!this.#find(nonce)) return;
    await this.#store.remove(nonce, this.#user);
    await this.#read();
  }

  /** Drops all that `user` has left: on signing out, the next user of this computer must not find it. */
  async forget(user) {
    for (const { nonce } of await this.#store.list(user)) await this.#store.remove(nonce, user);
  }

  /** The line is back: what waits need not wait longer. */
  hurry() {
    this.#hurried = this.#now();
    this.#wake();
  }

  async #keep(items) {
    if (items.length === 0) return;
    for (const item of items) this.#keeping.set(item.nonce, item);
    this.#show([...this.#items, ...items]);
    for (const item of items) {
      await this.#store.add(item);
      this.#keeping.delete(item.nonce);
    }
    await this.#read();
  }

  async #change(item, change) {
    await this.#store.change(item, change);
    await this.#read();
  }

  /** Learns what is kept, from this tab or another, and sends what is due. */
  async #read() {
    const user = this.#user;
    const read = ++this.#reads;
    const kept = user === null ? [] : await this.#store.list(user);
    if (user !== this.#user || read !== this.#reads) return;
    const underWay = [...this.#keeping.values()].filter((item) => item.user === user);
    this.#show([...kept.filter(({ nonce }) => !this.#keeping.has(nonce)), ...underWay]);
    for (const room of new Set(this.#items.map((item) => item.room))) this.#pump(room);
  }

  /** Every tab does this; the store and their turns keep them from doing the same twice. */
  async #pump(room) {
    if (this.#pumping.has(room)) return;
    this.#pumping.add(room);
    try {
      for (let item = this.#first(room); item; item = this.#first(room)) {
        const { nonce, user } = item;
        const wait = this.#due(item) - this.#now();
        if (wait > 0) await this.#wait(wait);
        else if (!this.#hooks.mayPost(user)) await this.#wait(SESSION_MS);
        else await this.#inTurn(`${user}.${room}`, () => this.#deliver(nonce));
      }
    } finally {
      this.#pumping.delete(room);
    }
  }

  async #inTurn(name, work) {
    try {
      await this.#turn(name, work);
    } catch {
      // A fault of the page or of the browser must neither block the room nor be tried in a circle.
      await this.#wait(FAULT_MS);
    }
  }

  async #deliver(nonce) {
    const item = await this.#store.get(nonce);
    const now = this.#now();
    // Another tab was quicker, or the user has changed.
    const mine = item?.user === this.#user && this.#hooks.mayPost(item.user);
    if (!mine || item.status !== "pending" || this.#due(item) > now) return this.#read();
    if (now - item.since > STALE_MS) return this.#fail(item, { code: "waited" });
    let message;
    try {
      const { body, reply_to } = item;
      const files = item.files && (await this.#sendFiles(item));
      const said = { body, nonce, ...(files && { files }), ...(reply_to && { reply_to }) };
      const trip = trail.post(nonce);
      message = await this.#post(item.room, said, (response) => trip.answered(response));
      trip.taken(message);
    } catch (error) {
      return this.#failed(item, error);
    }
    if (item.user === this.#user) this.#hooks.posted(message, item);
    this.#store.tell(item.user, message);
    await this.#store.remove(nonce, item.user);
    await this.#read();
  }

  /** Ids of the files of an item, noted before they are used: what is posted again must be the same. */
  async #sendFiles(item) {
    const files = await this.#upload(item.files);
    await this.#store.change(item, (now) => ({ ...now, files }));
    return files.map(({ id }) => id);
  }

  async #failed(item, error) {
    const { attempts } = item;
    const { status = 0, retryAfter = null } = error;
    // What is no answer (a fault of the page, too) may be one at the next try.
    const temporary = error.temporary ?? true;
    if (status === 401) this.#hooks.signedOut();
    else if (!temporary || (status === 500 && attempts + 1 >= MOST_FAULTS)) {
      return this.#fail(item, error);
    }
    const told = status === 401 ? SESSION_MS : (retryAfter ?? 0) * 1000;
    // What the server asked for is kept to even where the line comes back in between.
    const tried = this.#now() + told;
    const next = told ? tried : tried + jitter(attempts, { longest: LONGEST_MS });
    const why = { attempts: attempts + 1, tried, next, error: plain(error) };
    await this.#change(item, (now) => ({ ...now, ...why }));
  }

  #fail(item, error) {
    return this.#change(item, (now) => ({ ...now, status: "failed", error: plain(error) }));
  }

  /** When an item is to be tried: after its pause, or at once where the line came back since. */
  #due = ({ tried, next }) => (tried < this.#hurried ? 0 : next);

  /** The first item of a room that waits, unless it is not kept yet. */
  #first(room) {
    const item = this.#items.find((one) => one.room === room && one.status === "pending");
    return item && !this.#keeping.has(item.nonce) ? item : undefined;
  }

  /** A time behind everything that waits in a room, whatever the clock did. */
  #later(room) {
    const times = this.#items.filter((item) => item.room === room).map(({ at }) => at + 1);
    return Math.max(this.#now(), ...times);
  }

  #wait(ms) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakers.add(done);
    });
  }

  #wake() {
    for (const done of [...this.#wakers]) done();
  }

  #find(nonce) {
    return this.#items.find((item) => item.nonce === nonce);
  }

  /** Items that are as they were stay the same objects, so that their rows stay the same elements. */
  #show(items) {
    const before = this.#items;
    const texts = new Map(before.map((item) => [JSON.stringify(item), item]));
    const same = (item) => texts.get(JSON.stringify(item)) ?? item;
    const after = items.map(same).sort((a, b) => a.at - b.at);
    if (after.length === before.length && after.every((item, i) => item === before[i])) return;
    this.#items = after;
    this.#hooks.changed(after);
    for (const item of after) {
      const old = before.find(({ nonce }) => nonce === item.nonce);
      if (item.status === "failed" && old?.status === "pending") this.#hooks.failed(item);
    }
    this.#wake();
  }
}
