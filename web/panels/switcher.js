/** The quick switcher (Ctrl + K): a few letters of a room's or a person's name, and Enter. */
import { openDialog } from "./dialog.js";
import { avatar, nameOf } from "../elements/avatar.js";
import { emit, formError, h } from "../elements/dom.js";
import { roomMark } from "../elements/room-mark.js";
import { language, t } from "../js/i18n.js";
import { roomName } from "../js/naming.js";
import { hashOf } from "../js/route.js";
import { roomsInOrder } from "../js/selectors.js";
import { fitting } from "./fuzzy.js";

export const styled = true;

const MOST = 12;
const CALM_MS = 150;

class QuickSwitcher extends HTMLElement {
  #state;
  #rooms;
  #people = [];
  #at = 0;
  #timer = null;
  #asked = 0;
  #input = h("input", {
    class: "input",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "switcher-found",
    "aria-autocomplete": "list",
    "aria-label": t("switcher.search"),
    placeholder: t("switcher.search"),
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  });
  #list = h("ul", { class: "switcher-found", id: "switcher-found", role: "listbox", "aria-label": t("switcher.title") });
  #none = h("p", { class: "quiet", role: "status" });
  #error = formError();

  constructor(state) {
    super();
    this.#state = state;
    this.#rooms = byLiveliness(state);
  }

  connectedCallback() {
    this.#input.addEventListener("input", () => this.#changed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.append(this.#input, this.#error, this.#list, this.#none);
    this.#show();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #changed() {
    this.#at = 0;
    this.#show();
    clearTimeout(this.#timer);
    const prefix = this.#input.value.trim();
    if (prefix === "") this.#people = [];
    else this.#timer = setTimeout(() => this.#ask(prefix), CALM_MS);
  }

  #ask(prefix) {
    const asked = (this.#asked += 1);
    const found = (people) => {
      if (asked !== this.#asked) return;
      this.#people = people;
      this.#show();
    };
    emit(this, "people-find", { prefix, found });
  }

  /** Rooms first; then people without a room of ours that is among them. */
  #found() {
    const sought = this.#input.value;
    const rooms = fitting(sought, this.#rooms, (room) => roomName(this.#state, room));
    const ours = new Set(this.#rooms.filter((room) => room.with?.length === 1).map((room) => room.with[0]));
    const isNew = ({ id }) => id !== this.#state.user.id && !ours.has(id);
    const people = sought.trim() === "" ? [] : this.#people.filter(isNew);
    return [
      ...rooms.map((room) => ({ room })),
      ...fitting(sought, people, (person) => `${nameOf(person)} ${person.username}`).map((person) => ({ person })),
    ].slice(0, MOST);
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const found = this.#found();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) {
      event.preventDefault();
      this.#at = (this.#at + step + found.length) % found.length;
      this.#show();
    } else if (event.key === "Enter" && found[this.#at]) {
      event.preventDefault();
      this.#go(found[this.#at]);
    }
  }

  #show() {
    const found = this.#found();
    this.#at = Math.min(this.#at, Math.max(0, found.length - 1));
    this.#list.replaceChildren(...found.map((one, i) => this.#option(one, i)));
    const option = this.#list.children[this.#at];
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
    this.#none.textContent = found.length === 0 ? t("switcher.none") : "";
  }

  #option({ room, person }, i) {
    const about = {
      id: `switcher-${i}`,
      class: "switcher-option",
      role: "option",
      "aria-selected": String(i === this.#at),
      onclick: () => this.#go({ room, person }),
    };
    if (person) {
      const name = h("bdi", { class: "ellipsis" }, nameOf(person));
      return h("li", about, avatar(person, "tiny"), name, h("bdi", { class: "quiet ellipsis" }, `@${person.username}`));
    }
    const unread = room.unread > 0 && h("span", { class: "badge" }, room.unread.toLocaleString());
    const name = h("bdi", { class: "ellipsis" }, roomName(this.#state, room));
    return h("li", about, roomMark(this.#state, room), name, unread);
  }

  #go({ room, person }) {
    const dialog = this.closest("dialog");
    if (room) {
      dialog.close();
      location.hash = hashOf(room.id);
      return;
    }
    const settle = (problem) => {
      this.#error.textContent = problem ?? "";
      if (!problem) dialog.close();
    };
    emit(this, "direct-open", { people: [person], settle });
  }
}

/** Unread first, then where something was said last; the open one last: that is where one wants to get away from. */
function byLiveliness(state) {
  const isOpen = (room) => room.id === state.open;
  return roomsInOrder(state, language()).sort(
    (a, b) => isOpen(a) - isOpen(b) || (b.unread > 0) - (a.unread > 0) || b.head - a.head,
  );
}

customElements.define("quick-switcher", QuickSwitcher);

export function openSwitcher(app, state) {
  openDialog(app, t("switcher.title"), new QuickSwitcher(state)).classList.add("switcher");
}
