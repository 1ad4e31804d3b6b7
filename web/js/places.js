/** Places in the history: jumps to a message, and what is shown of messages that are elsewhere. Fetches, and
 * dispatches the answers. */
import { api } from "./api.js";
import { messageOf, missingOriginals, shownPage } from "./selectors.js";

const PAGE = 50;
/** As many as one answer may have: a detour that is asked for again is to be as long as it was. */
const AGAIN = 200;
/** For so long the message that was jumped to stands out, in ms. */
const STANDS_OUT_MS = 3000;
const RETRY_MS = 5000;

export class Places {
  #store;
  #hooks;
  #epoch = 0; // counts snapshots
  #going = null; // {room, id} that is asked for

  /** hooks: `missing(message)` where a message is not there, or (given) was deleted; `failed(error)`. */
  constructor(store, hooks) {
    this.#store = store;
    this.#hooks = hooks;
    store.subscribe((state) => this.#learn(state));
  }

  /** Whether a jump is under way. */
  get going() {
    return this.#going !== null;
  }

  /** After a snapshot: what was asked for before is asked for again. */
  entered() {
    this.#epoch += 1;
    const going = this.#going;
    this.#going = null;
    const { detour, open } = this.#store.state;
    if (going?.room === open) this.go(going.room, going.id);
    else if (detour) this.#renew(detour);
  }

  /** Shows a message of a room of mine, wherever in its history it is. */
  async go(room, id) {
    const { state } = this.#store;
    if (!state.rooms[room]) return;
    for (const page of [shownPage(state, room), state.pages[room]]) {
      const found = messageOf(page, id);
      if (found?.deleted) return this.#hooks.missing(found);
      if (!found) continue;
      if (page !== state.detour) this.leave();
      return this.#arrive(room, id);
    }
    const going = (this.#going = { room, id });
    await this.#around(room, id, PAGE, {
      isWanted: () => this.#going === going,
      came: (found) => {
        this.#going = null;
        if (!found || found.deleted) return this.#hooks.missing(found);
        return () => this.#arrive(room, id);
      },
      failed: (error) => {
        this.#going = null;
        this.#hooks.failed(error);
      },
    });
  }

  /** Back to the newest messages. */
  leave() {
    this.#going = null;
    this.#store.dispatch({ type: "detour.left" });
  }

  /** More of a detour, on one of its sides: "older" or "later". */
  async more(side) {
    const { detour } = this.#store.state;
    if (!detour || detour[side] === "loading" || detour.messages.length === 0) return;
    const { room, around, messages } = detour;
    const epoch = this.#epoch;
    const older = side === "older";
    const edge = messages.at(older ? 0 : -1).id;
    this.#store.dispatch({ type: "detour.more.asked", around, side });
    let answer = { type: "detour.more.failed" };
    try {
      const came = await (older ? api.before : api.after)(room, edge, PAGE);
      answer = { ...came, type: "detour.more.came" };
    } catch {
      // Shown as failed, with a way to try again.
    }
    if (epoch === this.#epoch) this.#store.dispatch({ ...answer, around, side });
  }

  #arrive(room, id) {
    this.#store.dispatch({ type: "target.set", room, id });
    const { target } = this.#store.state;
    setTimeout(() => this.#store.dispatch({ type: "target.passed", target }), STANDS_OUT_MS);
  }

  #renew({ room, messages }) {
    const middle = messages[messages.length >> 1];
    if (!middle) return this.leave();
    this.#around(room, middle.id, AGAIN, {
      isWanted: () => this.#going === null,
      came: () => () => {},
      failed: () => this.leave(),
    });
  }

  /** `came(message)` gives what is to be done once the history around it is in the state, if anything is. */
  async #around(room, id, limit, { isWanted, came, failed }) {
    const epoch = this.#epoch;
    const isOurs = () => epoch === this.#epoch && isWanted();
    const drop = () => this.#store.dispatch({ type: "detour.failed", around: id });
    this.#store.dispatch({ type: "detour.asked", room, around: id });
    try {
      const answer = await api.around(room, id, limit);
      if (!isOurs()) return;
      const then = came(answer.messages.find((message) => message.id === id));
      if (!then) return drop();
      this.#store.dispatch({ ...answer, type: "detour.came", around: id });
      then();
    } catch (error) {
      if (!isOurs()) return;
      drop();
      failed(error);
    }
  }

  /** Asks for messages that are answered in the open room, and are not on its page. */
  async #learn(state) {
    const ids = missingOriginals(state);
    if (ids.length === 0) return;
    const { open: room } = state;
    const epoch = this.#epoch;
    this.#store.dispatch({ type: "originals.asked", room, ids });
    let answer;
    try {
      answer = { ...(await api.some(room, ids)), type: "originals.came" };
    } catch (error) {
      if (!error.temporary) answer = { messages: [], type: "originals.came" };
      else {
        answer = { type: "originals.failed" };
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    if (epoch === this.#epoch) this.#store.dispatch({ ...answer, room, ids });
  }
}
