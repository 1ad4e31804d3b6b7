/** Places in the history: jumps to messages, and messages that are answered and not on the page. What does the
 * work is loaded when it is needed first (panels/places.js). */
import { api } from "./api.js";
import { insist } from "./late.js";
import { hasAnswers } from "./selectors.js";

export class Places {
  #store;
  #hooks;
  #loading = null;
  #whole = null;

  /** hooks: `missing(message)` where a message is not there, or (given) was deleted; `failed(error)`. */
  constructor(store, hooks) {
    this.#store = store;
    this.#hooks = hooks;
    store.subscribe((state) => !this.#loading && (state.detour || hasAnswers(state)) && this.#load());
  }

  /** Whether a jump is under way. */
  get going() {
    return this.#whole ? this.#whole.going : this.#loading !== null;
  }

  /** After a snapshot. */
  entered() {
    this.#whole?.entered();
  }

  /** Shows a message of a room of mine, wherever in its history it is. */
  go = async (room, id) => (await this.#load()).go(room, id);

  /** Shows the history around an event of a room; false where it could not be had. */
  reach = async (room, id) => (await this.#load()).reach(room, id);

  /** Back to the newest messages. */
  leave = () => this.#whole?.leave();

  /** More of what was jumped to, on one of its sides: "older" or "later". */
  more = async (side) => (await this.#load()).more(side);

  #load() {
    this.#loading ??= this.#loaded();
    return this.#loading;
  }

  async #loaded() {
    const { Places: Whole } = await insist((again) => import(`../panels/places.js${again}`));
    return (this.#whole = new Whole(this.#store, api, this.#hooks));
  }
}
