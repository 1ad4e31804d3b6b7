/** <room-view>: the open room: its head, messages, composer, and on demand its details. */
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { roomName } from "../js/naming.js";
import { typingIn } from "../js/presence.js";
import { answered, closedTo, composed } from "../js/selectors.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";
import "./message-composer.js";
import "./message-list.js";
import { needed, openPanel } from "./panel.js";
import "./room-head.js";

class RoomView extends HTMLElement {
  #head = h("room-head");
  #list = h("message-list");
  #composer = h("message-composer");
  #closed = h("closed-composer", { hidden: true });
  #details = h("member-list", { hidden: true });
  #empty = h("div", { class: "room-empty" });
  #main = h("main", { class: "room-main" }, this.#head, this.#list, this.#composer, this.#closed, this.#empty);
  #room = null;
  #state = null;

  connectedCallback() {
    this.append(this.#main, this.#details);
    this.addEventListener("details-close", () => this.#showDetails(false));
    this.addEventListener("details-toggle", () => this.#showDetails(this.#details.hidden));
  }

  update(state, { afresh }) {
    this.#state = state;
    const room = state.rooms[state.open] ?? null;
    const switched = room?.id !== this.#room?.id;
    this.#room = room;
    const name = room && roomName(state, room);
    this.#main.setAttribute("aria-label", name ?? t("room.none"));
    for (const part of [this.#head, this.#list, this.#composer]) part.hidden = !room;
    this.#empty.hidden = Boolean(room);
    if (!room) {
      this.#closed.hidden = true;
      return this.#showEmpty(state);
    }
    this.#head.update(state, room, name);
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
    const isClosed = closedTo(state, room) !== null;
    this.#composer.hidden = isClosed;
    this.#closed.hidden = !isClosed;
    if (!isClosed) return;
    const again = () => this.#room?.id === room.id && this.#showClosed(this.#state, this.#room);
    if (this.#closed.update) return this.#closed.update(state, room, again);
    needed("closed-composer").then(again);
  }

  async #showDetails(open) {
    const app = this.closest("tc-app");
    if (open) await openPanel(app, "member-list", "showDetails", this.#details, this.#state);
    this.#details.hidden = !(open && this.#details.update && this.#room);
    this.#head.expanded = !this.#details.hidden;
    if (open) this.#details.querySelector("button")?.focus();
    else this.#head.focusMembers();
  }

  #hideDetails() {
    this.#details.hidden = true;
    this.#head.expanded = false;
  }

  /** A room was opened: hands on keyboards go on with writing. */
  #arrive() {
    if (matchMedia("(max-width: 44.99rem)").matches) this.#hideDetails();
    if (this.closest("tc-app").querySelector("dialog[open]")) return;
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
    else this.#head.focusTitle();
  }

  #showEmpty({ open, outside, phase }) {
    if (phase !== "in") return;
    this.#hideDetails();
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
