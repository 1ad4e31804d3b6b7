/** <message-search>: finds messages of my rooms by words and filters, and leads to them. */
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { roomName } from "../js/naming.js";
import { storage } from "../js/storage.js";
import { rowsOf } from "./search-results.js";

export const styled = true;

const CALM_MS = 350;
const MOST_RECENT = 6;
const MOST_OFFERED = 6;
const WEEK_MS = 7 * 86_400_000;

class MessageSearch extends HTMLElement {
  #state;
  #timer = null;
  #asked = 0; // counts questions: only the last one's answer counts
  #query = ""; // what the results are for
  #before = null; // where older ones go on
  #room = null; // of the last row
  #input = h("input", {
    class: "input",
    type: "search",
    enterkeyhint: "search",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: "500",
  });
  #chips = h("div", { class: "search-chips", role: "group" });
  #note = h("p", { class: "search-note quiet", role: "status" });
  #error = formError();
  #list = h("ol", { class: "hits" });
  #more = h("button", { type: "button", class: "button button-wide", hidden: true });

  constructor(state, query) {
    super();
    this.#state = state;
    this.#input.value = query;
  }

  connectedCallback() {
    const label = t("search.label");
    this.#input.setAttribute("aria-label", label);
    this.#input.placeholder = label;
    this.#chips.setAttribute("aria-label", t("search.filters"));
    this.#list.setAttribute("aria-label", t("search.results"));
    this.#more.append(t("search.more"));
    this.#more.addEventListener("click", () => this.#ask(this.#query, { older: true }));
    this.#input.addEventListener("input", () => this.#typed());
    const form = h("form", { role: "search", class: "search-form" }, icon("search"), this.#input);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const query = this.#input.value.trim();
      this.#remember(query);
      if (query !== this.#query || this.#error.textContent) this.#search();
    });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest("a.hit")) return;
      this.#remember(this.#query);
      this.closest("dialog").close();
    });
    const results = h("div", { class: "search-results" }, this.#list, this.#more);
    this.append(form, this.#chips, this.#error, this.#note, results);
    this.#showChips();
    if (this.#input.value.trim()) this.#search();
    else this.#showBeginning();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  update(state) {
    this.#state = state;
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#showChips();
    const text = this.#input.value.trim();
    if (text === "") return this.#search();
    // A filter that is being written finds nothing yet, and would be complained about.
    const halfWritten = /(?:^|\s)-?(?:from|in|before|after|on|has|is):\S*$/iu.test(text);
    if (!halfWritten) this.#timer = setTimeout(() => this.#search(), CALM_MS);
  }

  #search() {
    clearTimeout(this.#timer);
    const query = this.#input.value.trim();
    this.#error.textContent = "";
    if (query !== "") return this.#ask(query);
    this.#asked += 1;
    this.#showBeginning();
  }

  #ask(query, { older = false } = {}) {
    const asked = (this.#asked += 1);
    this.#query = query;
    for (const part of [this, this.#list]) part.setAttribute("aria-busy", "true");
    this.#more.disabled = true;
    if (!older) this.#note.textContent = t("search.busy");
    const found = (answer, problem) => {
      if (asked !== this.#asked) return;
      for (const part of [this, this.#list]) part.removeAttribute("aria-busy");
      this.#more.disabled = false;
      this.#error.textContent = problem ?? "";
      if (problem) this.#note.textContent = "";
      else this.#show(answer, older);
    };
    emit(this, "messages-search", { query, before: older ? this.#before : null, found });
  }

  #show(answer, older) {
    const rows = rowsOf(answer, this.#state, older ? this.#room : null);
    const focused = this.#hits().indexOf(document.activeElement);
    if (older) this.#list.append(...rows);
    else this.#list.replaceChildren(...rows);
    const last = answer.messages.at(-1);
    this.#before = last?.id ?? this.#before;
    this.#room = last?.room ?? (older ? this.#room : null);
    this.#more.hidden = !answer.more;
    if (older) rows.find((row) => row.querySelector(".hit"))?.querySelector(".hit").focus();
    else {
      this.#list.parentElement.scrollTop = 0;
      if (focused >= 0) (this.#hits()[focused] ?? this.#input).focus();
    }
    const count = this.#hits().length;
    const words = count === 0 ? t("search.none") : t("search.count", { count, more: answer.more ? "+" : "" });
    this.#note.textContent = answer.partial ? `${words} ${t("search.partial")}` : words;
  }

  #hits() {
    return [...this.#list.querySelectorAll(".hit")];
  }

  /** Nothing is asked for: what was asked before, or how to ask. */
  #showBeginning() {
    for (const part of [this, this.#list]) part.removeAttribute("aria-busy");
    this.#more.hidden = true;
    this.#query = "";
    const recent = this.#recent();
    this.#note.textContent = recent.length > 0 ? "" : t("search.hint");
    this.#list.replaceChildren();
    if (recent.length === 0) return;
    const forget = h("button", { type: "button", class: "link-button" }, t("search.forget"));
    forget.addEventListener("click", () => {
      storage.set(this.#recentName(), null);
      this.#showBeginning();
      this.#input.focus();
    });
    this.#list.append(
      h("li", { class: "hit-room" }, h("h3", {}, t("search.recent")), forget),
      ...recent.map((query) => h("li", {}, this.#recentButton(query))),
    );
  }

  #recentButton(query) {
    const again = () => {
      this.#input.value = query;
      this.#input.focus();
      this.#showChips();
      this.#search();
    };
    const words = h("bdi", { class: "ellipsis" }, query);
    return h("button", { type: "button", class: "hit recent", onclick: again }, icon("search", 18), words);
  }

  #recentName() {
    return `searches.${this.#state.user.id}`;
  }

  #recent() {
    try {
      const kept = JSON.parse(storage.get(this.#recentName()) ?? "[]");
      return Array.isArray(kept) ? kept.filter((query) => typeof query === "string") : [];
    } catch {
      return [];
    }
  }

  #remember(query) {
    if (query === "") return;
    const kept = [query, ...this.#recent().filter((other) => other !== query)].slice(0, MOST_RECENT);
    storage.set(this.#recentName(), JSON.stringify(kept));
  }

  /** Filters that could be added, or what the one that is being written could be. */
  #showChips() {
    const chips = this.#completions() ?? this.#filters();
    const focused = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...chips.map((chip) => this.#chip(chip)));
    if (focused) this.#input.focus();
  }

  #completions() {
    const written = /(?:^|\s)(-?)(from|in):"?([^\s"]*)$/iu.exec(this.#input.value);
    if (!written) return null;
    const [, minus, filter, begun] = written;
    const named = filter.toLowerCase() === "in" ? this.#roomNames() : this.#personNames();
    const sought = begun.toLocaleLowerCase().replace(/^[@#]/u, "");
    const found = named.filter((name) => name.toLocaleLowerCase().startsWith(sought));
    const start = this.#input.value.slice(0, written.index).trimEnd();
    return found.slice(0, MOST_OFFERED).map((name) => {
      const part = `${minus}${filter.toLowerCase()}:${quoted(name)}`;
      return { part, apply: () => `${start} ${part} `.trimStart() };
    });
  }

  #roomNames() {
    return Object.values(this.#state.rooms)
      .filter(({ kind }) => kind !== "direct")
      .map((room) => room.name);
  }

  #personNames() {
    const people = Object.values(this.#state.people).map(({ username }) => username);
    return ["me", ...people.filter(Boolean).sort()];
  }

  #filters() {
    const room = this.#state.rooms[this.#state.open];
    const named = room && room.kind !== "direct" ? `in:${JSON.stringify(room.name)}` : null;
    const since = new Date(Date.now() - WEEK_MS).toLocaleDateString("sv");
    return [
      named && { part: named, label: t("search.in", { room: roomName(this.#state, room) }) },
      { part: "from:me", label: t("search.mine") },
      { part: `after:${since}`, label: t("search.week") },
      { part: "has:link", label: t("search.links") },
      { part: "has:file", label: t("search.files") },
      { part: "is:pinned", label: t("search.pinned") },
    ]
      .filter(Boolean)
      .map((chip) => ({ ...chip, pressed: ` ${this.#input.value} `.includes(` ${chip.part} `) }));
  }

  #chip({ part, label = part, pressed, apply }) {
    const toggle = () => {
      const text = this.#input.value;
      const without = ` ${text} `.replace(` ${part} `, " ").trim();
      this.#input.value = apply ? apply() : pressed ? without : `${text.trim()} ${part} `.trimStart();
      this.#showChips();
      this.#search();
      this.#input.focus();
    };
    const state = apply ? null : String(pressed);
    return h(
      "button",
      { type: "button", class: "search-chip", "aria-pressed": state, onclick: toggle },
      h("bdi", { class: "ellipsis" }, label),
    );
  }

  /** Down from the input into the results, and up again; Enter is the link's own. */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing) return;
    const stops = [this.#input, ...this.#hits(), ...(this.#more.hidden ? [] : [this.#more])];
    const at = stops.indexOf(event.target);
    const to = stops[at + step];
    if (at < 0 || !to) return;
    event.preventDefault();
    to.focus();
  }
}

const quoted = (name) => (/^[\p{L}\p{N}_][^\s":\\]*$/u.test(name) ? name : JSON.stringify(name));

customElements.define("message-search", MessageSearch);

export function openSearch(app, state, query = "") {
  const search = new MessageSearch(state, query);
  search.dataset.live = "";
  openDialog(app, t("search.title"), search).classList.add("search-dialog");
}
