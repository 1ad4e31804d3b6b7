/** What can be read without the server: my rooms as they were, and the last messages of those I looked at.
 *
 * Kept from the snapshot and the open room while the line is live, shown by a page that begins without an
 * answer, and wiped as soon as nobody is signed in. The snapshot that comes then is a reset like any other.
 */
import { answer, Database } from "./database.js";

const CALM_MS = 3000;
const MESSAGES = 100;
const ROOMS = 30;
const ME = "me";

const database = new Database("tornchat-remembered", 1, (db) => {
  db.createObjectStore("self");
  db.createObjectStore("rooms", { keyPath: "room" });
});

export class Remembered {
  #store;
  #timer = null;
  #saved = null; // the state that was saved last

  constructor(store) {
    this.#store = store;
    store.subscribe((state) => this.#changed(state));
  }

  /** Shows what is remembered of `isMine(user)`, where nothing else is shown yet. */
  async show(isMine) {
    let found;
    try {
      found = await database.run("readonly", async (storeOf) => {
        const [self, rooms] = [answer(storeOf("self").get(ME)), answer(storeOf("rooms").getAll())];
        return { self: await self, kept: await rooms };
      });
    } catch {
      return; // a browser that keeps nothing remembers nothing
    }
    if (found.self && isMine(found.self.user.id)) {
      this.#store.dispatch({ type: "remembered", ...found.self, kept: found.kept });
    }
  }

  #changed(state) {
    if (state.phase === "welcome") return this.#wipe();
    if (state.phase !== "in" || state.line !== "live" || this.#timer) return;
    if (["rooms", "people", "pages", "user"].every((part) => state[part] === this.#saved?.[part])) return;
    this.#timer = setTimeout(() => this.#save(), CALM_MS);
  }

  async #save() {
    this.#timer = null;
    const { state } = this.#store;
    if (state.phase !== "in") return;
    this.#saved = state;
    const { user, server, rooms, people, pages, open } = state;
    const page = pages[open];
    try {
      await database.run("readwrite", async (storeOf) => {
        storeOf("self").put({ user, server, rooms, people }, ME);
        const kept = storeOf("rooms");
        if (page?.status === "ready") {
          const messages = page.messages.slice(-MESSAGES);
          kept.put({ room: open, at: Date.now(), messages, more: page.more || page.messages.length > MESSAGES });
        }
        const old = (await answer(kept.getAll())).sort((a, b) => b.at - a.at);
        for (const [i, { room }] of old.entries()) if (i >= ROOMS || !rooms[room]) kept.delete(room);
      });
    } catch {
      // Not remembered: the page goes on as it would without.
    }
  }

  async #wipe() {
    if (this.#saved === "wiped") return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#saved = "wiped";
    try {
      await database.run("readwrite", (storeOf) => {
        storeOf("self").clear();
        storeOf("rooms").clear();
      });
    } catch {
      // Nothing was kept.
    }
  }
}
