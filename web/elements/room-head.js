/** <room-head>: what the open room is called, and the ways to what can be looked up and chosen there.
 * Its buttons stay while what they say changes: they may have the focus, or have opened what is to give it back. */
import { t } from "../js/i18n.js";
import { partnerIn } from "../js/naming.js";
import { presenceOf } from "../js/presence.js";
import { hashOf } from "../js/route.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";
import { openPanel } from "./panel.js";
import { roomMark } from "./room-mark.js";

const LEVEL_ICONS = { all: "bell", mentions: "mention", none: "mute" };

class RoomHead extends HTMLElement {
  #title = h("h2", { tabindex: "-1" });
  #about = h("p", { class: "ellipsis quiet", dir: "auto" });
  #search = tool("", () => this.#app.search(this.#room.name ? `in:${JSON.stringify(this.#room.name)} ` : ""));
  #pins = tool("tool-wide", () => this.#openPins());
  #level = tool("tool-wide", () => this.#openLevel());
  #more = tool("tool-phone", () => this.#openMore());
  #count = h("span");
  #members = h(
    "button",
    {
      class: "button button-plain members-button",
      "aria-expanded": "false",
      title: t("room.details"),
      onclick: ({ currentTarget }) => emit(currentTarget, "details-toggle"),
    },
    icon("people"),
    this.#count,
  );
  #state = null;
  #room = null;
  #name = null;
  #shown = [];

  get #app() {
    return this.closest("tc-app");
  }

  connectedCallback() {
    const back = { class: "icon-button back", href: hashOf(null), "aria-label": t("room.back") };
    const title = h("div", { class: "room-title" }, this.#title, this.#about);
    this.append(h("a", back, icon("back")), title, this.#search, this.#pins, this.#level, this.#more, this.#members);
    label(this.#search, "search", t("search.title"));
    label(this.#pins, "pin", t("pins.title"));
    label(this.#more, "more", t("actions.more"));
  }

  update(state, room, name) {
    this.#state = state;
    this.#room = room;
    this.#name = name;
    const partner = partnerIn(state, room);
    const is = partner && presenceOf(state, partner);
    const shows = [room.id, room.kind, name, room.description, room.members, room.level, partner, is];
    if (shows.every((part, i) => part === this.#shown[i])) return;
    this.#shown = shows;
    this.#title.replaceChildren(roomMark(state, room, 20), h("bdi", { class: "ellipsis" }, name));
    const about = partner?.disabled ? t("person.disabled") : partner && `@${partner.username}`;
    this.#about.textContent = about ?? room.description ?? "";
    this.#about.hidden = !this.#about.textContent;
    label(this.#level, LEVEL_ICONS[room.level], this.#levelWords());
    this.#count.textContent = room.members.toLocaleString();
    const members = t("room.members", { count: room.members });
    this.#members.setAttribute("aria-label", t("room.details.named", { members }));
  }

  /** The details of the room are open, or not. */
  set expanded(open) {
    this.#members.setAttribute("aria-expanded", String(open));
  }

  focusTitle() {
    this.#title.focus({ preventScroll: true });
  }

  focusMembers() {
    this.#members.focus();
  }

  #levelWords() {
    return t("level.title.named", { level: t(`level.${this.#room.level}`) });
  }

  #openPins() {
    openPanel(this.#app, "pins", "openPins", this.#state, this.#room.id);
  }

  #openLevel() {
    openPanel(this.#app, "room-level", "openRoomLevel", this.#room, this.#name);
  }

  /** On a phone these two are in a menu. */
  #openMore() {
    const entries = [
      { drawing: icon("pin", 18), words: t("pins.title"), act: () => this.#openPins() },
      { drawing: icon(LEVEL_ICONS[this.#room.level], 18), words: this.#levelWords(), act: () => this.#openLevel() },
    ];
    openPanel(this.#app, "message-menu", "openMenu", this.#more, entries);
  }
}

/** `where`: what css/room.css shows on a wide page or on a phone alone. */
const tool = (where, onclick) => h("button", { class: `icon-button ${where}`, onclick });

function label(button, mark, words) {
  button.title = words;
  button.setAttribute("aria-label", words);
  button.replaceChildren(icon(mark));
}

customElements.define("room-head", RoomHead);
