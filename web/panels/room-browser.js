/** <room-browser>: open rooms that are not mine yet, to find and to join. */
import { language, t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { momentLabel } from "../js/times.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

class RoomBrowser extends HTMLElement {
  #search = h("input", {
    class: "input",
    type: "search",
    placeholder: t("browse.search"),
    "aria-label": t("browse.search"),
    oninput: () => this.#show(),
  });
  #error = formError();
  #list = h("ul", { class: "found", "aria-busy": "true" });
  #archived = h("div");
  #rooms = null;
  #mine = null;
  #isAdmin = false;

  connectedCallback() {
    this.append(this.#search, this.#error, this.#list, this.#archived);
    const settle = (problem) => {
      this.#error.textContent = problem ?? "";
      this.#list.removeAttribute("aria-busy");
    };
    emit(this, "rooms-browse", { settle });
  }

  update({ discoverable, rooms, user }) {
    if (rooms !== this.#mine) {
      this.#mine = rooms;
      this.#isAdmin = user.role === "admin";
      if (this.#isAdmin) this.#loadArchived();
      else this.#showArchived(Object.values(rooms).filter(({ archived }) => archived));
    }
    if (discoverable === this.#rooms) return;
    this.#rooms = discoverable;
    this.#show();
  }

  #loadArchived() {
    const settle = (problem) => (this.#error.textContent = problem ?? "");
    emit(this, "rooms-archived", { settle, show: (found) => this.#showArchived(found) });
  }

  #showArchived(found) {
    if (found.length === 0) return this.#archived.replaceChildren();
    const open = this.#archived.querySelector("details")?.open ?? false;
    this.#archived.replaceChildren(
      h(
        "details",
        { class: "archived", open },
        h("summary", {}, t("browse.archived", { count: found.length })),
        h("ul", { class: "found" }, found.map((room) => this.#archivedEntry(room))),
      ),
    );
  }

  #archivedEntry(room) {
    const back = ({ currentTarget }) => {
      currentTarget.disabled = true;
      const settle = (problem) => {
        this.#error.textContent = problem ?? "";
        currentTarget.disabled = false;
        if (!problem) currentTarget.closest("li").remove();
      };
      emit(this, "room-return", { room: room.id, settle });
    };
    const mine = this.#mine[room.id];
    const close = () => this.closest("dialog").close();
    const name = h("bdi", { class: "found-name" }, room.name);
    return h(
      "li",
      { class: "found-room" },
      icon("archive"),
      h(
        "div",
        { class: "found-words" },
        h("p", {}, mine ? h("a", { href: hashOf(room.id), onclick: close }, name) : name),
      ),
      (this.#isAdmin || mine?.role === "owner") &&
        h("button", { class: "button", onclick: back }, t("archive.undo")),
    );
  }

  #show() {
    const wanted = this.#search.value.trim().toLocaleLowerCase();
    const compare = new Intl.Collator(language(), { numeric: true }).compare;
    const found = (this.#rooms ?? [])
      .filter((room) =>
        `${room.name} ${room.description ?? ""}`.toLocaleLowerCase().includes(wanted),
      )
      .sort((a, b) => compare(a.name, b.name));
    this.#list.replaceChildren(...found.map((room) => this.#entry(room)));
    if (found.length === 0 && this.#rooms) {
      const none = wanted ? "browse.nothing" : "browse.none";
      this.#list.append(h("li", { class: "found-none quiet" }, t(none)));
    }
  }

  #entry(room) {
    const join = ({ currentTarget }) => {
      currentTarget.disabled = true;
      const settle = (problem) => {
        if (!problem) return this.closest("dialog")?.close();
        currentTarget.disabled = false;
        this.#error.textContent = problem;
      };
      emit(this, "room-join", { room: room.id, settle });
    };
    return h(
      "li",
      { class: "found-room" },
      icon("hash", 18),
      h(
        "div",
        { class: "found-words" },
        h(
          "p",
          {},
          h("bdi", { class: "found-name" }, room.name),
          h("span", { class: "quiet" }, t("room.members", { count: room.members })),
        ),
        room.description && h("p", { class: "quiet", dir: "auto" }, room.description),
        room.active &&
          h("p", { class: "quiet" }, t("browse.active", { time: momentLabel(room.active) })),
      ),
      h(
        "button",
        {
          class: "button",
          "aria-label": t("browse.join.named", { room: room.name }),
          onclick: join,
        },
        t("browse.join"),
      ),
    );
  }
}

customElements.define("room-browser", RoomBrowser);

export function openBrowser(app, state) {
  const browser = h("room-browser", { "data-live": true });
  openDialog(app, t("rooms.browse"), browser);
  browser.update(state);
}
