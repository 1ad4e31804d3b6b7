/** <room-list>: the side of the page: my rooms with what is unread, ways to more rooms, my account. */
import { concerning } from "../js/attention.js";
import { language, t } from "../js/i18n.js";
import { partnerIn, roomName } from "../js/naming.js";
import { presenceOf } from "../js/presence.js";
import { hashOf } from "../js/route.js";
import { isDirect, roomsInOrder, troubledRooms } from "../js/selectors.js";
import { avatar, nameOf, statusLine } from "./avatar.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";
import { openPanel } from "./panel.js";
import { roomMark } from "./room-mark.js";

class RoomList extends HTMLElement {
  #list = h("ul", { class: "rooms" });
  #direct = h("ul", { class: "rooms" });
  #server = h("h1", { class: "ellipsis" });
  #account = h("button", {
    class: "account",
    onclick: () => openPanel(this.closest("tc-app"), "account", "openAccount", this.#state),
  });
  #foot = h("footer", { class: "side-foot" }, this.#account);
  #readAll = h(
    "button",
    {
      class: "icon-button read-all",
      hidden: true,
      title: `${t("unread.read_all")} (Shift+Esc)`,
      "aria-label": t("unread.read_all"),
      onclick: ({ currentTarget }) => emit(currentTarget, "rooms-read"),
    },
    icon("check"),
  );
  #state = null;

  connectedCallback() {
    const app = this.closest("tc-app");
    const search = t("search.title");
    this.append(
      h(
        "header",
        { class: "side-head" },
        h("img", { src: "/icon.svg", alt: "", width: 32, height: 32 }),
        this.#server,
        h(
          "button",
          { class: "icon-button", title: search, "aria-label": search, onclick: () => app.search() },
          icon("search"),
        ),
      ),
      h(
        "nav",
        { "aria-label": t("rooms.title") },
        listHead(
          "rooms.title",
          "rooms.create",
          () => openPanel(app, "rooms", "openCreateRoom"),
          this.#readAll,
        ),
        this.#list,
        h(
          "button",
          { class: "side-action", onclick: () => openPanel(app, "room-browser", "openBrowser", this.#state) },
          icon("compass"),
          t("rooms.browse"),
        ),
        listHead("direct.title", "direct.new", () =>
          openPanel(app, "new-message", "openNewMessage", this.#state),
        ),
        this.#direct,
      ),
      this.#foot,
    );
  }

  update(state, { afresh }) {
    const before = this.#state;
    this.#state = state;
    if (afresh || ["rooms", "open", "pending", "people", "presence"].some((key) => before?.[key] !== state[key]))
      this.#showRooms(state);
    if (afresh || before?.user !== state.user) this.#showMe(state.user);
    if (before?.server !== state.server) this.#server.textContent = state.server.name;
    this.#foot.dataset.line = state.line;
    this.#foot.querySelector(".dot").className = `dot dot-${presenceOf(state, state.user)}`;
  }

  #showRooms(state) {
    const rooms = roomsInOrder(state, language());
    const troubled = troubledRooms(state);
    const focused = this.querySelector(".room:focus")?.getAttribute("href");
    const link = (room) => entry(state, room, troubled.has(room.id));
    const named = rooms.filter((room) => !isDirect(room));
    this.#list.replaceChildren(...named.map(link));
    if (named.length === 0)
      this.#list.append(h("li", { class: "rooms-none quiet" }, t("rooms.none")));
    this.#readAll.hidden = !rooms.some(({ unread }) => unread > 0);
    this.#direct.replaceChildren(...rooms.filter(isDirect).map(link));
    if (focused) this.querySelector(`.room[href="${CSS.escape(focused)}"]`)?.focus();
  }

  /** My button stays: it may have opened what changed me. */
  #showMe(user) {
    this.#account.replaceChildren(
      avatar(user, "", "offline"),
      h(
        "span",
        { class: "account-names" },
        h("bdi", { class: "account-name ellipsis" }, nameOf(user)),
        h("bdi", { class: "account-user ellipsis" }, statusLine(user) || `@${user.username}`),
      ),
      icon("sliders"),
      h("span", { class: "visually-hidden" }, t("account.title")),
    );
  }
}

function listHead(title, does, onclick, more = "") {
  const label = t(does);
  return h(
    "div",
    { class: "rooms-head" },
    h("h2", {}, t(title)),
    more,
    h("button", { class: "icon-button", title: label, "aria-label": label, onclick }, icon("plus")),
  );
}

/** What is unread shows by its weight, and what concerns me by its colour as well. */
function entry(state, room, troubled) {
  const count = concerning(room);
  const quiet = room.level === "none";
  const classes = { unread: room.unread > 0 && !quiet, quiet };
  const link = h(
    "a",
    {
      href: hashOf(room.id),
      class: ["room", ...Object.keys(classes).filter((name) => classes[name])].join(" "),
      "aria-current": room.id === state.open && "page",
    },
    roomMark(state, room, 18),
    h("bdi", { class: "ellipsis" }, roomName(state, room)),
    isDisabled(partnerIn(state, room)) && h("span", { class: "tag" }, t("person.disabled.short")),
  );
  if (troubled) {
    link.append(icon("alert", 18), h("span", { class: "visually-hidden" }, t("rooms.unsent")));
  }
  if (quiet) link.append(icon("mute", 16), h("span", { class: "visually-hidden" }, t("rooms.quiet")));
  if (room.unread > 0) {
    const number = count || room.unread;
    const badge = { class: count > 0 ? "badge" : "badge badge-other", "aria-hidden": "true" };
    const aloud = t("rooms.unread", { count: room.unread });
    const mine = count > 0 && count < room.unread ? `, ${t("rooms.concern", { count })}` : "";
    if (!quiet) link.append(h("span", badge, number > 99 ? "99+" : number));
    link.append(h("span", { class: "visually-hidden" }, aloud, mine));
  }
  return h("li", {}, link);
}

const isDisabled = (partner) => partner?.disabled && !partner.deleted;

customElements.define("room-list", RoomList);
