/** <room-list>: the side of the page: my rooms with what is unread, ways to more rooms, my account. */
import { language, t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { roomsInOrder, troubledRooms } from "../js/selectors.js";
import { avatar, nameOf } from "./avatar.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openPanel } from "./panel.js";

class RoomList extends HTMLElement {
  #list = h("ul", { class: "rooms" });
  #head = h("header", { class: "side-head" });
  #foot = h("footer", { class: "side-foot" });
  #state = null;

  connectedCallback() {
    const app = this.closest("tc-app");
    this.append(
      this.#head,
      h(
        "nav",
        { "aria-label": t("rooms.title") },
        h(
          "div",
          { class: "rooms-head" },
          h("h2", {}, t("rooms.title")),
          h(
            "button",
            {
              class: "icon-button",
              title: t("rooms.create"),
              "aria-label": t("rooms.create"),
              onclick: () => openPanel(app, "rooms", "openCreateRoom"),
            },
            icon("plus"),
          ),
        ),
        this.#list,
        h(
          "button",
          { class: "side-action", onclick: () => openPanel(app, "room-browser", "openBrowser", this.#state) },
          icon("compass"),
          t("rooms.browse"),
        ),
      ),
      this.#foot,
    );
  }

  update(state, { afresh }) {
    const before = this.#state;
    this.#state = state;
    if (afresh || ["rooms", "open", "pending"].some((key) => before?.[key] !== state[key]))
      this.#showRooms(state);
    if (afresh || before?.user !== state.user || before.server !== state.server)
      this.#showFrame(state);
    this.#foot.dataset.line = state.line;
  }

  #showRooms(state) {
    const rooms = roomsInOrder(state, language());
    const troubled = troubledRooms(state);
    const focused = this.#list.querySelector(":focus")?.getAttribute("href");
    const link = (room) => entry(room, room.id === state.open, troubled.has(room.id));
    this.#list.replaceChildren(...rooms.map(link));
    if (rooms.length === 0)
      this.#list.append(h("li", { class: "rooms-none quiet" }, t("rooms.none")));
    if (focused) this.#list.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  #showFrame({ user, server }) {
    this.#head.replaceChildren(
      h("img", { src: "/icon.svg", alt: "", width: 32, height: 32 }),
      h("h1", { class: "ellipsis" }, server.name),
    );
    const app = this.closest("tc-app");
    this.#foot.replaceChildren(
      h(
        "button",
        { class: "account", onclick: () => openPanel(app, "account", "openAccount", this.#state) },
        avatar(user),
        h(
          "span",
          { class: "account-names" },
          h("bdi", { class: "account-name ellipsis" }, nameOf(user)),
          h("span", { class: "account-user ellipsis" }, `@${user.username}`),
        ),
        icon("sliders"),
        h("span", { class: "visually-hidden" }, t("account.title")),
      ),
    );
  }
}

function entry(room, open, troubled) {
  const link = h(
    "a",
    {
      href: hashOf(room.id),
      class: room.unread > 0 ? "room unread" : "room",
      "aria-current": open && "page",
    },
    icon(room.kind === "open" ? "hash" : "lock", 18),
    h("bdi", { class: "ellipsis" }, room.name),
  );
  if (troubled) {
    link.append(icon("alert", 18), h("span", { class: "visually-hidden" }, t("rooms.unsent")));
  }
  if (room.unread > 0) {
    link.append(
      h("span", { class: "badge", "aria-hidden": "true" }, room.unread > 99 ? "99+" : room.unread),
      h("span", { class: "visually-hidden" }, t("rooms.unread", { count: room.unread })),
    );
  }
  return h("li", {}, link);
}

customElements.define("room-list", RoomList);
