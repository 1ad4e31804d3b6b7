/** The list of names that could be meant, above the text where one is being written. */
import { language, t } from "../js/i18n.js";
import { roomName } from "../js/naming.js";
import { isDirect } from "../js/selectors.js";
import { slugOf } from "../js/unfinished.js";
import { avatar, nameOf } from "../elements/avatar.js";
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { findEmoji } from "./emoji.js";

export const styled = true;

const MOST = 8;
const CALM_MS = 200;
/** Others than those of the room are looked for from so many characters on. */
const OTHERS_FROM = 2;

const plain = (text) => text.normalize("NFKC").toLowerCase();
const begins = (names, text) =>
  names.some((name) => plain(name).split(/[\s-]+/u).some((word) => word.startsWith(text)) || plain(name).startsWith(text));

class Suggestions {
  open = false;
  start = -1;
  #text;
  #put;
  #found = null;
  #state = null;
  #items = [];
  #at = 0;
  #others = new Map(); // what was written -> people found for it
  #timer = null;
  #browsed = false; // rooms that I could join were asked for
  #list = h("ul", { class: "suggestions", id: "suggestions", role: "listbox", hidden: true });
  #said = h("p", { class: "visually-hidden", role: "status" });

  constructor(text, put) {
    this.#text = text;
    this.#put = put;
    this.#list.setAttribute("aria-label", t("suggest.title"));
    // The focus stays in the text.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    text.setAttribute("aria-autocomplete", "list");
    text.closest("room-view").append(this.#list, this.#said);
  }

  show(found, state) {
    const same = this.open && found.start === this.start && found.text === this.#found.text;
    this.#found = found;
    this.#state = state;
    this.start = found.start;
    // What comes late is sorted in between: the one that was chosen stays so.
    const chosen = same ? this.#items[this.#at]?.text : null;
    this.#items = itemsFor(found, state, this.#others.get(plain(found.text)) ?? []);
    this.#at = Math.max(0, this.#items.findIndex(({ text }) => text === chosen));
    this.#draw(same);
    if (found.sign === "@" && !same) this.#findOthers(plain(found.text));
    if (found.sign === "#" && !state.discoverable && !this.#browsed) {
      this.#browsed = true;
      emit(this.#text, "rooms-browse", { settle() {} });
    }
  }

  hide() {
    clearTimeout(this.#timer);
    if (!this.open) return;
    this.open = false;
    this.#list.hidden = true;
    this.#said.textContent = "";
    for (const name of ["aria-controls", "aria-activedescendant"]) this.#text.removeAttribute(name);
  }

  move(step) {
    const count = this.#items.length;
    this.#at = (this.#at + step + count) % count;
    this.#draw(true);
  }

  /** Puts the chosen one into the text; false where there is none. */
  take(item = this.#items[this.#at]) {
    if (!item) return false;
    const { start, end } = this.#found;
    const by = `${item.text} `;
    this.hide();
    this.#put({ from: start, to: end, by, start: start + by.length, end: start + by.length });
    return true;
  }

  #draw(quiet) {
    this.open = this.#items.length > 0;
    if (!this.open) {
      this.open = true; // so that hide() tidies up
      return this.hide();
    }
    this.#list.replaceChildren(...this.#items.map((item, i) => this.#option(item, i)));
    this.#list.hidden = false;
    this.#place();
    this.#text.setAttribute("aria-controls", "suggestions");
    const option = this.#list.children[this.#at];
    this.#text.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
    if (!quiet) this.#said.textContent = t("suggest.count", { count: this.#items.length });
  }

  #option(item, i) {
    return h(
      "li",
      {
        id: `suggestion-${i}`,
        class: "suggestion",
        role: "option",
        "aria-selected": String(i === this.#at),
        onclick: () => this.take(item),
      },
      item.face(),
      h("bdi", { class: "ellipsis" }, item.name),
      h("span", { class: "quiet ellipsis" }, item.about),
    );
  }

  /** Just above the composer, as wide as it. */
  #place() {
    const view = this.#list.offsetParent.getBoundingClientRect();
    const form = this.#text.form.getBoundingClientRect();
    this.#list.style.bottom = `${view.bottom - form.top + 6}px`;
    this.#list.style.insetInlineStart = "auto";
    this.#list.style.left = `${form.left - view.left}px`;
    this.#list.style.width = `${form.width}px`;
    this.#list.style.maxHeight = `${Math.min(352, form.top - view.top - 12)}px`;
  }

  #findOthers(text) {
    clearTimeout(this.#timer);
    if (text.length < OTHERS_FROM || this.#others.has(text) || this.#items.length >= MOST) return;
    this.#timer = setTimeout(() => {
      const found = (people, problem) => {
        if (problem) return;
        this.#others.set(text, people);
        if (this.open && plain(this.#found.text) === text) this.show(this.#found, this.#state);
        else if (people.length > 0) this.#text.dispatchEvent(new Event("click"));
      };
      emit(this.#text, "people-find", { prefix: text, found });
    }, CALM_MS);
  }
}

function itemsFor({ sign, text }, state, others) {
  const wanted = plain(text);
  if (sign === ":") return emoji(wanted);
  if (sign === "#") return rooms(wanted, state);
  return people(wanted, state, others);
}

function people(wanted, state, others) {
  const members = (state.members[state.open] ?? []).filter(({ id }) => id !== state.user.id);
  const compare = new Intl.Collator(language()).compare;
  const fits = (person) => !person.disabled && begins([person.username, nameOf(person)], wanted);
  const here = members.filter(fits).sort((a, b) => compare(nameOf(a), nameOf(b)));
  const inside = new Set([state.user.id, ...members.map(({ id }) => id)]);
  const outside = others.filter(({ id }) => !inside.has(id));
  const everybody = "here".startsWith(wanted) && members.length > 1 ? [everybodyItem()] : [];
  return [
    ...here.map((person) => personItem(person, `@${person.username}`)),
    ...everybody,
    ...outside.map((person) => personItem(person, t("suggest.outside"))),
  ].slice(0, MOST);
}

const personItem = (person, about) => ({
  text: `@${person.username}`,
  name: nameOf(person),
  about,
  face: () => avatar(person, "small"),
});

const everybodyItem = () => ({
  text: "@here",
  name: "@here",
  about: t("suggest.here"),
  face: () => h("span", { class: "suggestion-mark" }, icon("people")),
});

function rooms(wanted, state) {
  const mine = Object.values(state.rooms).filter((room) => !isDirect(room));
  const compare = new Intl.Collator(language(), { numeric: true }).compare;
  const fits = (room) => slugOf(room.name) !== "" && begins([room.name, slugOf(room.name)], wanted);
  return [mine, state.discoverable ?? []]
    .flatMap((some) => some.filter(fits).sort((a, b) => compare(a.name, b.name)))
    .slice(0, MOST)
    .map((room) => ({
      text: `#${slugOf(room.name)}`,
      name: roomName(state, room),
      about: room.description?.split("\n")[0] ?? "",
      face: () =>
        h("span", { class: "suggestion-mark" }, icon(room.kind === "open" ? "hash" : "lock", 18)),
    }));
}

const emoji = (wanted) =>
  findEmoji(wanted)
    .toSorted((a, b) => b.name.startsWith(wanted) - a.name.startsWith(wanted))
    .slice(0, MOST)
    .map((one) => ({
      text: one.emoji,
      name: `:${one.name}:`,
      about: "",
      face: () => h("span", { class: "suggestion-emoji" }, one.emoji),
    }));

/** The list for a textarea, in which `put` changes the text. */
export const suggestionsFor = (app, text, put) => new Suggestions(text, put);
