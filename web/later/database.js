/** IndexedDB with promises: just what the outbox needs. */

/** Opening may hang for ever (another tab that will not let go, a browser's fault), in ms. */
const OPEN_WITHIN_MS = 3000;

export class Database {
  #name;
  #version;
  #upgrade;
  #opening = null;

  /** `upgrade(db)` makes the stores of a database that is new. Nothing is opened before it is used. */
  constructor(name, version, upgrade) {
    this.#name = name;
    this.#version = version;
    this.#upgrade = upgrade;
  }

  /** Runs `work(storeOf)` in one transaction over all stores; its result, once the transaction is
   * complete. Rejects where the browser keeps nothing, and stays at that until the page is loaded
   * again. */
  async run(mode, work) {
    const db = await (this.#opening ??= this.#open());
    // Relaxed: what is written survives the browser's end, if not the machine's in the same second.
    const transaction = db.transaction(db.objectStoreNames, mode, { durability: "relaxed" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error("transaction aborted"));
    });
    const result = work((name) => transaction.objectStore(name));
    return (await Promise.all([result, done]))[0];
  }

  async #open() {
    const opening = indexedDB.open(this.#name, this.#version);
    opening.onupgradeneeded = () => this.#upgrade(opening.result);
    const db = await Promise.race([answer(opening), tooLate()]);
    // A newer page in another tab wants to change the stores: it must not wait for this one.
    db.onversionchange = () => db.close();
    db.onclose = () => (this.#opening = null);
    return db;
  }
}

/** What a request brings. The transaction it belongs to stays open for the next one. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const tooLate = () =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the browser's database does not open")), OPEN_WITHIN_MS);
  });
