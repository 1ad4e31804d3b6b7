/** <room-view>: the open room: its head, messages, composer, and on demand its details. */
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { partnerIn, roomName } from "../js/naming.js";
import { typingIn } from "../js/presence.js";
import { answered, closedTo, composed } from "../js/selectors.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";
import "./message-composer.js";
import "./message-list.js";
import { needed, openPanel } from "./panel.js";
import { roomMark } from "./room-mark.js";

/** Which of them a phone shows (css/room.css). */
const TOOLS = ["", "tool-wide", "tool-wide", "tool-phone"];
const LEVEL_ICONS = { all: "bell", mentions: "mention", none: "mute" };

class RoomView extends HTMLElement {
  #head = h("header", { class: "room-head" });
  #list = h("message-list");
  #composer = h("message-composer");
  #closed = h("closed-composer", { hidden: true });
  #details = h("member-list", { hidden: true });
  #empty = h("div", { class: "room-empty" });
  #main = h("main", { class: "room-main" }, this.#head, this.#list, this.#composer, this.#closed, this.#empty);
  #shown = null; // what the head shows: room, number of members, whether details are open
  #room = null;
  #name = null;
  #state = null;

  connectedCallback() {
    this.append(this.#main, this.#details);
    this.addEventListener("details-close", () => this.#toggleDetails(false));
  }

  update(state, { afresh }) {
    this.#state = state;
    const room = state.rooms[state.open] ?? null;
    const switched = room?.id !== this.#room?.id;
    this.#room = room;
    this.#state = state;
    const name = room && roomName(state, room);
    this.#main.setAttribute("aria-label", name ?? t("room.none"));
    for (const part of [this.#head, this.#list, this.#composer]) part.hidden = !room;
    this.#empty.hidden = Boolean(room);
    if (!room) {
      this.#closed.hidden = true;
      return this.#showEmpty(state);
    }
    if (afresh || room !== this.#shown || name !== this.#name) this.#showHead(state, room, name);
    this.#list.update(state, { afresh });
    this.#showClosed(state, room);
    const about = { composing: composed(state), answering: answered(state, room.id) };
    this.#composer.update({ room, name, user: state.user, ...about, state });
    this.#composer.showTyping(typingIn(state, room.id));
    this.#details.update?.(state, { afresh }); // Loaded when it is opened.
    if (switched) this.#arrive();
  }

  /** Where one can only read, that stands in the place of the composer. */
  #showClosed(state, room) {
    const isClosed = closedTo(room) !== null;
    this.#composer.hidden = isClosed;
    this.#closed.hidden = !isClosed;
    if (!isClosed) return;
    const again = () => this.#room?.id === room.id && this.#showClosed(this.#state, this.#room);
    if (this.#closed.update) return this.#closed.update({ room, user: state.user }, again);
    needed("closed-composer").then(again);
  }

  #showHead(state, room, name) {
    this.#shown = room;
    this.#name = name;
    const partner = partnerIn(state, room);
    const about = partner?.disabled ? t("person.disabled") : partner && `@${partner.username}`;
    const description = about ?? room.description;
    const members = t("room.members", { count: room.members });
    this.#head.replaceChildren(
      h(
        "a",
        { class: "icon-button back", href: hashOf(null), "aria-label": t("room.back") },
        icon("back"),
      ),
      h(
        "div",
        { class: "room-title" },
        h(
          "h2",
          { tabindex: "-1" },
          roomMark(state, room, 20),
          h("bdi", { class: "ellipsis" }, name),
        ),
        description && h("p", { class: "ellipsis quiet", dir: "auto" }, description),
      ),
      ...this.#tools(room),
      h(
        "button",
        {
          class: "button button-plain members-button",
          "aria-expanded": String(!this.#details.hidden),
          "aria-label": t("room.details.named", { members }),
          title: t("room.details"),
          onclick: () => this.#toggleDetails(this.#details.hidden),
        },
        icon("people"),
        h("span", {}, room.members.toLocaleString()),
      ),
    );
  }

  /** What can be looked up and chosen here; on a phone the last two are in a menu. */
  #tools(room) {
    const app = this.closest("tc-app");
    const tools = [
      ["search", t("search.title"), () => app.search(room.name ? `in:${JSON.stringify(room.name)} ` : "")],
      ["pin", t("pins.title"), () => openPanel(app, "pins", "openPins", this.#state, this.#room.id)],
      [
        LEVEL_ICONS[room.level],
        t("level.title.named", { level: t(`level.${room.level}`) }),
        () => openPanel(app, "room-level", "openRoomLevel", this.#room, this.#name),
      ],
    ];
    const more = ({ currentTarget }) => {
      const entries = tools.slice(1).map(([mark, words, act]) => ({ drawing: icon(mark, 18), words, act }));
      openPanel(app, "message-menu", "openMenu", currentTarget, entries);
    };
    return [...tools, ["more", t("actions.more"), more]].map(([mark, words, onclick], i) =>
      h("button", { class: `icon-button ${TOOLS[i]}`, title: words, "aria-label": words, onclick }, icon(mark)),
    );
  }

  async #toggleDetails(open) {
    const app = this.closest("tc-app");
    if (open) await openPanel(app, "member-list", "showDetails", this.#details, this.#state);
    this.#details.hidden = !(open && this.#details.update && this.#room);
    if (this.#room) this.#showHead(this.#state, this.#room, this.#name);
    if (open) this.#details.querySelector("button")?.focus();
    else this.#head.querySelector(".members-button")?.focus();
  }

  /** A room was opened: hands on keyboards go on with writing. */
  #arrive() {
    if (matchMedia("(max-width: 44.99rem)").matches) this.#details.hidden = true;
    if (this.closest("tc-app").querySelector("dialog[open]")) return;
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    else this.#head.querySelector("h2").focus({ preventScroll: true });
  }

  #showEmpty({ open, outside, phase }) {
    if (phase !== "in") return;
    this.#details.hidden = true;
    const back = h("a", { class: "button back", href: hashOf(null) }, icon("back"), t("room.back"));
    this.#empty.replaceChildren(
      ...(open && outside ? outsideWords(outside) : nothingWords()),
      back,
    );
  }
}

const art = () => h("img", { src: "/icon.svg", alt: "", width: 56, height: 56 });

const nothingWords = () => [
  art(),
  h("h2", {}, t("room.none")),
  h("p", { class: "quiet" }, t("room.none.more")),
];

function outsideWords({ status, room }) {
  if (status === "loading")
    return [h("p", { class: "quiet", "aria-busy": "true" }, t("app.loading"))];
  if (status === "failed") return [art(), h("h2", {}, t("outside.failed"))];
  if (status === "hidden")
    return [
      art(),
      h("h2", {}, t("outside.hidden")),
      h("p", { class: "quiet" }, t("outside.hidden.more")),
    ];
  const error = h("p", { class: "form-error", role: "alert" });
  const join = ({ currentTarget }) => {
    const settle = (problem) => (error.textContent = problem ?? "");
    emit(currentTarget, "room-join", { room: room.id, settle });
  };
  return [
    art(),
    h("h2", {}, h("bdi", {}, room.name)),
    room.description ? h("p", { class: "quiet", dir: "auto" }, room.description) : "",
    h("p", { class: "quiet" }, t("outside.found")),
    error,
    h(
      "button",
      { class: "button button-main", onclick: join },
      t("browse.join.named", { room: room.name }),
    ),
  ];
}

customElements.define("room-view", RoomView);
