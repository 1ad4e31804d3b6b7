/** Keeps the children of an element in step with a list of rows, touching only what has changed. */
import { buildRow, ingredients } from "./message-row.js";

export class RowKeeper {
  #parent;
  #shown = new Map(); // key -> {element, from}
  #keys = new WeakMap(); // element -> key

  constructor(parent) {
    this.#parent = parent;
  }

  show(rows, context) {
    const wanted = new Set(rows.map((row) => row.key));
    const shown = new Map();
    let next = this.#parent.firstChild;
    for (const row of rows) {
      while (next && !wanted.has(this.#keys.get(next))) {
        const gone = next;
        next = next.nextSibling;
        gone.remove();
      }
      const element = this.#elementOf(row, context, shown);
      if (element === next) next = next.nextSibling;
      else if (next && this.#keys.get(next) === row.key) {
        const replaced = next;
        next = next.nextSibling;
        const focused = replaced.contains(document.activeElement) && document.activeElement;
        replaced.replaceWith(element);
        if (focused) sameIn(element, focused).focus({ preventScroll: true });
      } else {
        this.#parent.insertBefore(element, next);
      }
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
    // A row that was both moved and rebuilt has left its old element behind.
    for (const [key, { element }] of this.#shown) {
      if (shown.get(key)?.element !== element) element.remove();
    }
    this.#shown = shown;
  }

  clear() {
    this.#shown = new Map();
    this.#parent.replaceChildren();
  }

  /** The first message that reaches into the scroller's sight, its id (0 of one on its way), and how far below its
   * top it begins. */
  firstBelow(scroller) {
    const top = scroller.getBoundingClientRect().top;
    const elements = this.#parent.children;
    let low = 0;
    let high = elements.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (elements[middle].getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    // Separators come and go as history is put before them; messages stay.
    let first = elements[low];
    while (first && !first.classList.contains("message")) first = first.nextElementSibling;
    if (!first) return null;
    const { top: begin } = first.getBoundingClientRect();
    return { key: this.#keys.get(first), id: Number(first.dataset.id), offset: begin - top };
  }

  /** Scrolls so that `place` (of `firstBelow`) is where it was; false where it is not there any more. */
  restore(scroller, place) {
    const element = place && this.#shown.get(place.key)?.element;
    if (!element) return false;
    const offset = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    if (Math.abs(offset - place.offset) >= 1) scroller.scrollTop += offset - place.offset;
    return true;
  }

  #elementOf(row, context, shown) {
    const from = ingredients(row, context);
    const before = this.#shown.get(row.key);
    const same = before && from.every((part, i) => part === before.from[i]);
    const element = same ? before.element : buildRow(row, context);
    // It was read aloud when it came: what changed in it is there to be found.
    if (before && !same) element.setAttribute("aria-live", "off");
    this.#keys.set(element, row.key);
    shown.set(row.key, { element, from });
    return element;
  }
}

/** What takes the focus in a row that was built anew: the same reaction, else the row. */
function sameIn(row, { dataset: { emoji } }) {
  const same = emoji && row.querySelector(`[data-emoji="${CSS.escape(emoji)}"]`);
  return same || row;
}
