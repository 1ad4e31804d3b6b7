/** What can be done with one message: a toolbar that stands in the row that is pointed at, tapped or
 * reached by arrow keys. One for all rows, so that a row costs no more for it. Loaded once the room is seen. */
import { t } from "../js/i18n.js";
import { mayDelete, mayEdit, messageIn } from "../js/selectors.js";
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

const ROW = ".message[data-id]:not([data-id=''])";
/** Where a tap means something else. */
const BUSY = "a, button, input, summary, .actions, .spoiler";

export class MessageActions {
  #bar = h("div", { class: "actions", role: "toolbar", "aria-label": t("actions.title") });
  #scroller;
  #state;
  #pressed = null; // the row that had the toolbar when a finger came down

  /** `scroller` holds the rows; `state()` gives the state of the page. */
  constructor(scroller, state) {
    this.#scroller = scroller;
    this.#state = state;
    scroller.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse" && !this.#isInUse()) this.#show(rowOf(event));
    });
    scroller.addEventListener("pointerdown", () => (this.#pressed = this.#bar.parentElement));
    // A finger leaves before its click is told.
    scroller.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && !this.#isInUse()) this.hide();
    });
    scroller.addEventListener("focusin", (event) => this.#show(rowOf(event)));
    scroller.addEventListener("click", (event) => this.#tapped(event));
    scroller.addEventListener("keydown", (event) => this.#key(event));
    this.#show(scroller.querySelector(`${ROW}:is(:hover, :focus-within)`));
  }

  hide() {
    this.#bar.remove();
  }

  /** Its row may have been built anew. */
  renew() {
    const row = this.#bar.parentElement;
    if (row && !row.isConnected) this.#show(this.#scroller.querySelector(`[data-id="${row.dataset.id}"]`));
  }

  #isInUse = () => this.#bar.matches(":focus-within");

  #show(row) {
    if (row === this.#bar.parentElement) return;
    const state = this.#state();
    const message = row && messageIn(state, state.open, Number(row.dataset.id));
    const buttons = message ? this.#buttons(state, message) : [];
    this.#bar.replaceChildren(...buttons);
    if (buttons.length > 0) row.append(this.#bar);
    else this.hide();
  }

  #buttons(state, message) {
    const { room, id, author } = message;
    const app = this.#scroller.closest("tc-app");
    return [
      !message.deleted && button("react", () => this.#react(app, id)),
      !message.deleted && button("reply", (at) => reply(at, message)),
      author !== state.user.id && !message.deleted &&
        button("unread", (at) => emit(at, "message-unread", { room, id })),
      mayEdit(state, message) &&
        button("edit", (at) => emit(at, "compose-begin", { room, kind: "edit", id })),
      mayDelete(state, message) && button("delete", (at) => emit(at, "message-delete", { message })),
      !message.deleted &&
        button("more", (at) => openPanel(app, "message-menu", "openMessageMenu", at.closest("button"), message, state)),
    ].filter(Boolean);
  }

  #react(app, id) {
    openPanel(app, "emoji-picker", "openEmojiPicker", (emoji) =>
      emit(app, "message-react", { id, emoji, add: true }),
    );
  }

  #tapped(event) {
    const touched = event.pointerType === "touch" || matchMedia("(hover: none)").matches;
    if (!touched || event.target.closest(BUSY)) return;
    const row = rowOf(event);
    if (row && this.#pressed === row) this.hide();
    else this.#show(row);
  }

  /** Arrow keys go from message to message, the first one up to the newest; R answers. */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "r" && event.target.matches(ROW)) {
      const { id } = event.target.dataset;
      const message = messageIn(this.#state(), this.#state().open, Number(id));
      event.preventDefault();
      return message && reply(event.target, message);
    }
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const rows = [...this.#scroller.querySelectorAll(ROW)];
    const at = rows.indexOf(rowOf(event));
    const next = at < 0 ? rows.at(-1) : rows[at + (event.key === "ArrowUp" ? -1 : 1)];
    if (!next || (at < 0 && event.key === "ArrowDown")) return;
    event.preventDefault();
    next.focus();
  }
}

const rowOf = ({ target }) => target.closest(ROW);

function reply(at, { room, id }) {
  const composer = at.closest("room-view").querySelector("message-composer");
  emit(at, "reply-begin", { room, id });
  composer.focus();
}

function button(name, act) {
  const words = t(`actions.${name}`);
  const attributes = { type: "button", class: "icon-button", title: words, "aria-label": words };
  return h("button", { ...attributes, onclick: (event) => act(event.target) }, icon(name, 18));
}
