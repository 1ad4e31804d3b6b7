/** Offers names while they are written in a textarea. What is offered, and how it looks, is loaded then. */
import { unfinished } from "../js/unfinished.js";
import { openPanel } from "./panel.js";

export class Suggesting {
  #text;
  #put;
  #list = null; // of panels/suggestions.js, once it is loaded
  #loading = false;
  #dismissed = -1; // where the name begins for which nothing is wanted
  #state = null;

  /** `put(change)` changes the text like the composer's own buttons: {from, to, by, start, end}. */
  constructor(text, put) {
    this.#text = text;
    this.#put = put;
    for (const name of ["keyup", "click"]) text.addEventListener(name, () => this.look());
    text.addEventListener("blur", () => this.close());
  }

  /** What names are taken from; those that have just come may be wanted. */
  update(state) {
    const before = this.#state;
    this.#state = state;
    const members = ({ members, open }) => members[open];
    const same = before?.discoverable === state.discoverable && members(before) === members(state);
    if (!same) this.look();
  }

  /** The text or the caret has changed. */
  look() {
    const { value, selectionStart, selectionEnd } = this.#text;
    const isHere = document.activeElement === this.#text && selectionStart === selectionEnd;
    const found = isHere ? unfinished(value, selectionStart) : null;
    if (!found) this.#dismissed = -1;
    if (!found || found.start === this.#dismissed) return this.#list?.hide();
    if (this.#list) this.#list.show(found, this.#state);
    else this.#load();
  }

  close() {
    this.#list?.hide();
  }

  /** Whether a key was meant for what is offered. */
  key(event) {
    if (!this.#list?.open || event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#list.move(step);
    else if (event.key === "Escape") {
      this.#dismissed = this.#list.start;
      this.#list.hide();
    } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      if (!this.#list.take()) return false;
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    const app = this.#text.closest("tc-app");
    this.#list = (await openPanel(app, "suggestions", "suggestionsFor", this.#text, this.#put)) ?? null;
    this.#loading = false;
    if (this.#list) this.look();
  }
}
