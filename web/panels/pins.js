/** <pinned-messages>: what is pinned in a room, to be read, jumped to and unpinned. */
import { avatar, nameOf } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { fragmentOf } from "../js/html.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { dayLabel, timeLabel } from "../js/times.js";

export const styled = true;

class PinnedMessages extends HTMLElement {
  room = null; // id
  #messages = null;
  #touched = null; // the last event about a message of the room when it was asked for
  #people = null;
  #asked = 0;

  connectedCallback() {
    this.append(h("p", { class: "quiet", "aria-busy": "true" }, t("app.loading")));
  }

  update({ touched, people }) {
    const isNew = people !== this.#people;
    this.#people = people;
    if (this.#touched === null || touched[this.room] !== this.#touched) {
      this.#touched = touched[this.room];
      this.#ask();
    } else if (isNew && this.#messages) this.#show();
  }

  #ask() {
    const asked = ++this.#asked;
    emit(this, "pins-ask", {
      room: this.room,
      found: (messages, problem) => {
        if (asked !== this.#asked) return;
        if (!messages) return this.#fail(problem);
        this.#messages = messages;
        this.#show();
      },
    });
  }

  #show() {
    const had = this.contains(document.activeElement) ? document.activeElement.dataset.pin : null;
    const entries = this.#messages.map((message) => entry(message, this.#people));
    this.replaceChildren(entries.length > 0 ? h("ul", { class: "pins" }, ...entries) : nothing());
    if (had) (this.querySelector(`[data-pin="${had}"]`) ?? this.closest("dialog").querySelector("button")).focus();
  }

  #fail(problem) {
    const again = { type: "button", class: "button", onclick: () => this.#ask() };
    this.replaceChildren(
      h("p", { class: "form-error", role: "alert" }, problem),
      h("button", again, t("send.retry")),
    );
  }
}

const nothing = () =>
  h("div", { class: "pins-none" }, icon("pin", 28), h("p", { class: "quiet", role: "status" }, t("pins.none")));

function entry({ id, room, author, at, html, files, pinned }, people) {
  const person = people[author] ?? { id: author };
  const by = people[pinned.by];
  const text = fragmentOf(html);
  const when = `${dayLabel(at)}, ${timeLabel(at)}`;
  const unpin = { type: "button", class: "icon-button", title: t("pins.unpin"), "aria-label": t("pins.unpin") };
  const close = ({ target }) => target.closest("dialog").close();
  return h(
    "li",
    { class: "pin-entry" },
    avatar(person, "small"),
    h(
      "div",
      { class: "pin-words" },
      h("p", { class: "by" }, h("bdi", { class: "author" }, nameOf(person)), h("span", { class: "quiet" }, when)),
      h("div", { class: "prose", dir: "auto" }, text.textContent.trim() ? text : (files?.[0]?.name ?? "")),
      h(
        "p",
        { class: "pin-foot quiet" },
        by && t("pins.by", { name: nameOf(by) }),
        h("a", { href: hashOf(room, id), class: "link-button", onclick: close }, t("pins.jump")),
      ),
    ),
    h("button", { ...unpin, "data-pin": id, onclick: ({ target }) => emit(target, "message-pin", { id, pin: false }) }, icon("close", 16)),
  );
}

customElements.define("pinned-messages", PinnedMessages);

export function openPins(app, state, room) {
  const list = h("pinned-messages", { "data-live": true });
  list.room = room;
  openDialog(app, t("pins.title"), list);
  list.update(state);
}
