/** Jumps to messages, and messages that others answer: fetches the history around them, more of it on both
 * sides, and single messages by their ids.
 *
 * What the answers make of the state is pure, and dispatched as a `change` of it: see js/detour.js and
 * js/originals.js.
 */
import { messageOf, shownPage } from "../js/selectors.js";
import { detourArrived, detourAsked, detourDropped, joinLater, onDetour } from "./detours.js";
import { missingOriginals, originalsAsked, originalsCame, originalsFailed } from "./originals.js";
import { answered, asked, joinOlder } from "../js/history.js";

const PAGE = 50;
/** As many as one answer may have. */
const AGAIN = 200;
/** For so long the message that was jumped to stands out, in ms. */
const STANDS_OUT_MS = 3000;
const RETRY_MS = 5000;

export class Places {
  #store;
  #api;
  #hooks;
  #epoch = 0; // counts snapshots
  #going = null; // {room, id} that is asked for

  /** As those of js/places.js, with the `api`. */
  constructor(store, api, hooks) {
    this.#store = store;
    this.#api = api;
    this.#hooks = hooks;
    store.subscribe((state) => this.#learn(state));
    this.#learn(store.state);
  }

  get going() {
    return this.#going !== null;
  }

  /** After a snapshot: what was asked for before is asked for again. */
  entered() {
    this.#epoch += 1;
    const { detour, open } = this.#store.state;
    const going = this.#going;
    this.#going = null;
    if (going?.room === open) this.#load(going);
    else if (detour) this.#renew(detour);
  }

  go(room, id) {
    const { state } = this.#store;
    if (!state.rooms[room]) return;
    for (const page of [shownPage(state, room), state.pages[room]]) {
      const found = messageOf(page, id);
      if (!found) continue;
      if (found.deleted) return this.#hooks.missing(found);
      if (page !== state.detour) this.leave();
      return this.#arrive({ room, id });
    }
    this.#load({ room, id });
  }

  /** To an event, be it no message: there is nothing to stand out. False where it could not be had. */
  reach = (room, id) => this.#load({ room, id, anything: true });

  leave() {
    this.#going = null;
    this.#store.dispatch({ type: "detour.left" });
  }

  async more(side) {
    const { detour } = this.#store.state;
    if (!detour || detour[side] === "loading" || detour.messages.length === 0) return;
    const { room, around, messages } = detour;
    const epoch = this.#epoch;
    const change = (how) => this.#change((state) => onDetour(state, around, how));
    change((page) => asked(page, { [side]: "loading" }));
    const older = side === "older";
    const join = older ? joinOlder : joinLater;
    let how = (page) => answered(page, { [side]: "failed" });
    try {
      const edge = messages.at(older ? 0 : -1).id;
      const answer = await (older ? this.#api.before : this.#api.after)(room, edge, PAGE);
      how = (page) => answered(join(page, answer.messages, answer.more));
    } catch {
      // Shown, with a way to try again.
    }
    if (epoch === this.#epoch) change(how);
  }

  #change(change) {
    this.#store.dispatch({ type: "detour.changed", change });
  }

  #arrive(target) {
    this.#store.dispatch({ type: "target.set", target });
    setTimeout(() => this.#store.dispatch({ type: "target.passed", target }), STANDS_OUT_MS);
  }

  async #load(going) {
    this.#going = going;
    const isWanted = () => this.#going === going;
    const came = (found) => {
      this.#going = null;
      if (going.anything) return true;
      const isThere = Boolean(found) && !found.deleted;
      if (isThere) this.#arrive(going);
      else this.#hooks.missing(found);
      return isThere;
    };
    try {
      const ask = () => this.#api.around(going.room, going.id, PAGE);
      await this.#around(going.room, going.id, ask, { isWanted, came });
      return true;
    } catch (error) {
      if (isWanted()) this.#going = null;
      this.#hooks.failed(error);
      return false;
    }
  }

  async #renew({ room, messages }) {
    const epoch = this.#epoch;
    const isWanted = () => epoch === this.#epoch && !this.going;
    const middle = messages[messages.length >> 1];
    try {
      await this.#around(room, middle.id, () => this.#again(room, middle.id, messages), { isWanted, came: () => true });
    } catch {
      this.leave();
    }
  }

  /** The history around a message as far as `old` reached on both sides, so that what is read of it stays. */
  async #again(room, id, old) {
    const { messages, more } = await this.#api.around(room, id, AGAIN);
    const [first, last] = [messages[0]?.id ?? 0, messages.at(-1)?.id ?? Infinity];
    const above = old.filter((message) => message.id < first).length;
    const below = old.filter((message) => message.id > last).length;
    const none = { messages: [], more };
    const [before, after] = await Promise.all([
      above > 0 ? this.#api.before(room, first, above) : none,
      below > 0 ? this.#api.after(room, last, below) : none,
    ]);
    return { messages: [...before.messages, ...messages, ...after.messages], more: before.more };
  }

  /** Shows the history around a message, which `ask()` promises. `isWanted()`: still, when the answer has come;
   * `came(message)` tells whether to show it, of the message or nothing. Throws where nothing came. */
  async #around(room, id, ask, { isWanted, came }) {
    this.#change((state) => detourAsked(state, room, id));
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      if (!isWanted()) return;
      this.#change((state) => detourDropped(state, id));
      throw error;
    }
    if (!isWanted()) return;
    const isFit = came(answer.messages.find((message) => message.id === id));
    this.#change((state) => (isFit ? detourArrived(state, id, answer) : detourDropped(state, id)));
  }

  /** Asks for messages that are answered in the open room, and are not on its page. */
  async #learn(state) {
    const ids = missingOriginals(state);
    if (ids.length === 0) return;
    const { open: room } = state;
    const epoch = this.#epoch;
    this.#change((now) => originalsAsked(now, room, ids));
    let change = (now) => originalsFailed(now, room, ids);
    try {
      const { messages } = await this.#api.some(room, ids);
      change = (now) => originalsCame(now, room, ids, messages);
    } catch (error) {
      if (!error.temporary) change = (now) => originalsCame(now, room, ids, []);
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    if (epoch === this.#epoch) this.#change(change);
  }
}
