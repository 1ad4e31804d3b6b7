/** What the sections are made of: lists that come in pages, rows that open. */
import { formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { momentLabel } from "../js/times.js";
import { ask } from "../panels/managing.js";

/** A name inside of a sentence, whichever way it is written. */
export const isolated = (name) => `\u2068${name}\u2069`;

export const when = (at) => h("time", { datetime: new Date(at).toISOString() }, momentLabel(at));

/** Pieces with a dot between; what is missing is left out. */
export const line = (...pieces) =>
  h(
    "p",
    { class: "quiet admin-line" },
    pieces.filter(Boolean).map((piece) => h("span", {}, piece)),
  );

export const tag = (words, kind = "") => h("span", { class: `tag ${kind}`.trim() }, words);

/** A row with more below it, which opens. `fill(inside)` is called when it does. */
export function opening(head, fill) {
  const inside = h("div", { class: "admin-inside" });
  const row = h("details", { class: "admin-row" }, h("summary", {}, head, icon("back", 16)), inside);
  row.addEventListener("toggle", () => row.open && inside.childElementCount === 0 && fill(inside));
  return h("li", {}, row);
}

/** A choice of one of a few, by name -> words. */
export function choice(label, name, options, chosen = "") {
  return h(
    "select",
    { class: "input", name, "aria-label": label },
    Object.entries(options).map(([value, words]) =>
      h("option", { value, selected: value === chosen }, words),
    ),
  );
}

export const searchField = (words) =>
  h("input", { class: "input", type: "search", name: "q", placeholder: words, "aria-label": words, autocomplete: "off" });

const WAIT_MS = 250;

/**
 * A list that comes in pages. `controls`: fields; `asked(values)` is what their values ask for;
 * `rowsOf(answer)` makes the rows, `after(answer)` what asks for the next page, `countOf(answer)` the words
 * about how many there are.
 */
export class Paged {
  #controls;
  #about;
  #list = h("ul", { class: "admin-list" });
  #count = h("p", { class: "quiet admin-count", role: "status" });
  #error = formError();
  #more = h("button", { type: "button", class: "button admin-more", hidden: true, onclick: () => this.#load() }, t("admin.more"));
  #turn = 0;
  #next = {};
  #timer = null;

  constructor(section, what, { controls, asked = (values) => values, rowsOf, after, countOf = () => "", none }) {
    this.#about = { section, what, asked, rowsOf, after, countOf, none };
    this.#controls = h("form", { class: "admin-controls", role: "search", onsubmit: (event) => event.preventDefault() }, controls);
    this.#controls.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.reload(), WAIT_MS);
    });
    section.append(this.#controls, this.#count, this.#error, this.#list, this.#more);
    this.reload();
  }

  get values() {
    return Object.fromEntries(new FormData(this.#controls));
  }

  reload() {
    this.#next = {};
    this.#load({ afresh: true });
  }

  async #load({ afresh = false } = {}) {
    const { section, what, asked, rowsOf, after, countOf, none } = this.#about;
    const turn = (this.#turn += 1);
    this.#list.setAttribute("aria-busy", "true");
    this.#more.disabled = true;
    if (afresh && this.#list.childElementCount === 0) this.#list.replaceChildren(...bones());
    try {
      const answer = await ask(section, what, { ...asked(this.values), ...this.#next });
      if (turn !== this.#turn) return; // something else was asked for meanwhile
      const rows = rowsOf(answer);
      if (afresh) this.#list.replaceChildren(...rows);
      else this.#list.append(...rows);
      if (this.#list.childElementCount === 0) {
        this.#list.append(h("li", { class: "found-none quiet" }, t(none)));
      }
      this.#error.textContent = "";
      this.#count.textContent = countOf(answer);
      this.#more.hidden = !answer.more;
      if (answer.more) this.#next = after(answer);
      // Whoever asked for more by the keyboard goes on in what has come.
      if (!afresh) rows[0]?.querySelector("summary, a, button")?.focus();
    } catch (problem) {
      if (turn !== this.#turn) return;
      if (afresh) this.#list.replaceChildren();
      this.#error.replaceChildren(
        problem.message,
        " ",
        h("button", { type: "button", class: "link-button", onclick: () => this.#load({ afresh }) }, t("send.retry")),
      );
    } finally {
      if (turn === this.#turn) {
        this.#list.removeAttribute("aria-busy");
        this.#more.disabled = false;
      }
    }
  }
}

export const bones = (count = 6) =>
  Array.from({ length: count }, () => h("li", { class: "skeleton-line", "aria-hidden": "true" }));
