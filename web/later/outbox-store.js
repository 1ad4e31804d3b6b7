/** Where the outbox keeps its items: IndexedDB, so that they outlive the page and all tabs see them.
 *
 * Where the browser keeps nothing (a policy, a full disk) an item stays in this tab's memory and says
 * so: `kept` is false. The other tabs hear of every change, and of messages that the server took.
 */
import { answer, Database } from "./database.js";

const ITEMS = "outbox";
const LEASES = "leases";

export class OutboxStore {
  #database = new Database("tornchat", 1, (db) => {
    db.createObjectStore(ITEMS, { keyPath: "nonce" }).createIndex("user", "user");
    db.createObjectStore(LEASES, { keyPath: "name" });
  });
  #memory = new Map(); // nonce -> item
  #gone = new Set(); // nonces that could not be deleted
  #channel = new BroadcastChannel("tornchat.outbox");

  /** `hear({user, posted})`: another tab has changed items of `user`, or its message was taken. */
  listen(hear) {
    this.#channel.onmessage = ({ data }) => hear(data);
  }

  /** Tells the other tabs. `posted` is a message, where there is one. */
  tell(user, posted = null) {
    this.#channel.postMessage({ user, posted });
  }

  async list(user) {
    const inMemory = [...this.#memory.values()].filter((item) => item.user === user);
    const index = (stores) => answer(stores(ITEMS).index("user").getAll(user));
    const kept = await this.#database.run("readonly", index).catch(() => []);
    return [...kept.filter(({ nonce }) => !this.#gone.has(nonce)), ...inMemory];
  }

  async get(nonce) {
    if (this.#memory.has(nonce)) return this.#memory.get(nonce);
    if (this.#gone.has(nonce)) return undefined;
    const found = (stores) => answer(stores(ITEMS).get(nonce));
    return this.#database.run("readonly", found).catch(() => undefined);
  }

  /** Adds an item; one that has its nonce already stays as it is. */
  async add(item) {
    try {
      await this.#database.run("readwrite", async (stores) => {
        const before = await answer(stores(ITEMS).get(item.nonce));
        if (!before) await answer(stores(ITEMS).add(item));
      });
    } catch {
      this.#memory.set(item.nonce, { ...item, kept: false });
    }
    this.tell(item.user);
  }

  /** Makes of `item` what `change(item as it is now)` says, also under another nonce; nothing where it
   * is gone. */
  async change(item, change) {
    const { nonce, user } = item;
    try {
      if (this.#memory.has(nonce)) throw new Error("not in the database");
      await this.#database.run("readwrite", async (stores) => {
        const before = await answer(stores(ITEMS).get(nonce));
        if (!before) return;
        const after = change(before);
        if (after.nonce !== nonce) await answer(stores(ITEMS).delete(nonce));
        await answer(stores(ITEMS).put(after));
      });
    } catch {
      const after = { ...change(this.#memory.get(nonce) ?? item), kept: false };
      this.#gone.add(nonce);
      this.#memory.delete(nonce);
      this.#memory.set(after.nonce, after);
    }
    this.tell(user);
  }

  async remove(nonce, user) {
    if (!this.#memory.delete(nonce)) {
      const gone = (stores) => answer(stores(ITEMS).delete(nonce));
      // Left behind, it would only be sent with its nonce again, in the next session.
      await this.#database.run("readwrite", gone).catch(() => this.#gone.add(nonce));
    }
    this.tell(user);
  }

  /** Takes the lease `name` for `holder` until a time; 0, or until when somebody else has it. */
  lease(name, holder, now, until) {
    return this.#database.run("readwrite", async (stores) => {
      const lease = await answer(stores(LEASES).get(name));
      if (lease && lease.holder !== holder && lease.until > now) return lease.until;
      await answer(stores(LEASES).put({ name, holder, until }));
      return 0;
    });
  }

  async giveBack(name, holder) {
    await this.#database.run("readwrite", async (stores) => {
      const lease = await answer(stores(LEASES).get(name));
      if (lease?.holder === holder) await answer(stores(LEASES).delete(name));
    });
  }
}
