/** <member-list>: the details of a room: what it is for, who is in it, adding people, leaving. */
import { language, t } from "../js/i18n.js";
import { presenceOf } from "../js/presence.js";
import { mayAdd, mayManage, mayModerate } from "../js/selectors.js";
import { avatar, nameOf, presenceWords, statusLine } from "../elements/avatar.js";
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

export const styled = true;

class MemberList extends HTMLElement {
  #shown = [];
  #list = null;
  #room = null;
  #made = null; // what it was built from
  #state = null;

  connectedCallback() {
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", t("room.details"));
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      emit(this, "details-close");
    });
  }

  update(state, { afresh }) {
    const { rooms, open, members, user } = state;
    const before = this.#state;
    this.#state = state;
    const room = rooms[open];
    const list = members[open];
    // What is built anew takes the focus and what was typed with it, so only where it differs.
    const { id, kind, description, role, adding, archived } = room;
    const made = JSON.stringify([id, kind, description, role, adding, archived, user.role]);
    if (afresh || made !== this.#made) {
      this.#made = made;
      this.#build(room);
      this.#shown = null;
    }
    this.#room = room;
    const changed = list !== this.#shown;
    if (changed) this.#showMembers(list);
    if (changed || before?.presence !== state.presence || before?.line !== state.line)
      this.#showPresence(state);
    this.#shown = list;
  }

  /** What can be done with the room as a whole. */
  #tools(room) {
    const open = (panel, name) => () => openPanel(this.closest("tc-app"), panel, name, this.#room);
    const tool = (mark, words, onclick) =>
      h("button", { class: "button", onclick }, icon(mark), t(words));
    const tools = [
      mayManage(this.#state, room) &&
        !room.archived &&
        tool("sliders", "settings.do", open("room-settings", "openRoomSettings")),
      mayAdd(room) && tool("link", "invite.title", open("invites", "openInvites")),
    ].filter(Boolean);
    return tools.length > 0 && h("div", { class: "room-tools" }, tools);
  }

  #build(room) {
    this.#list = h("ul", { class: "members" });
    this.replaceChildren(
      h(
        "header",
        { class: "details-head" },
        h("h2", {}, t("room.details")),
        h(
          "button",
          {
            class: "icon-button",
            "aria-label": t("dialog.close"),
            onclick: () => emit(this, "details-close"),
          },
          icon("close"),
        ),
      ),
      h(
        "div",
        { class: "details-body" },
        room.description ? h("p", { class: "details-about", dir: "auto" }, room.description) : "",
        this.#tools(room),
        h("h3", {}, t("members.title")),
        this.#list,
        room.kind === "private" &&
          mayAdd(room) &&
          h(
            "button",
            { class: "button button-wide add-people", onclick: () => this.#add() },
            icon("plus"),
            t("members.add"),
          ),
        room.kind !== "direct" && h(
          "button",
          {
            class: "button button-wide leave",
            onclick: () => emit(this, "room-leave", { room: this.#room }),
          },
          icon("exit"),
          t("leave.do"),
        ),
      ),
    );
  }

  #add() {
    const { members, user } = this.#state;
    const there = (members[this.#room.id] ?? []).map(({ id }) => id);
    openPanel(this.closest("tc-app"), "new-message", "openAddPeople", { room: this.#room, user, there });
  }

  #showMembers(list) {
    if (!list) {
      const skeleton = () => h("li", { class: "member skeleton-line", "aria-hidden": "true" });
      return this.#list.replaceChildren(skeleton(), skeleton(), skeleton());
    }
    const compare = new Intl.Collator(language()).compare;
    const sorted = list.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
    const focused = this.#list.querySelector(":focus")?.dataset;
    this.#list.replaceChildren(...sorted.map((member) => this.#entry(member)));
    for (const [name, id] of Object.entries(focused ?? {})) {
      this.#list.querySelector(`[data-${name}="${CSS.escape(id)}"]`)?.focus();
    }
  }

  #entry(member) {
    const app = this.closest("tc-app");
    const { user, rooms, open } = this.#state;
    const room = rooms[open];
    const about = member.id === user.id ? t("members.you") : `@${member.username}`;
    const isMuted = member.muted > Date.now();
    const label = t("member.manage", { name: nameOf(member) });
    return h(
      "li",
      { class: "member-line" },
      h(
        "button",
        {
          type: "button",
          class: "member",
          "data-person": member.id,
          onclick: () => openPanel(app, "person", "openPerson", this.#state, member.id),
        },
        avatar(member, "small", "offline"),
        h("bdi", { class: "member-name ellipsis" }, nameOf(member)),
        member.bot && h("span", { class: "tag" }, t("person.bot")),
        statusLine(member, { short: true }),
        h("bdi", { class: "quiet ellipsis" }, member.disabled ? t("person.disabled.short") : about),
        isMuted && h("span", { class: "member-mark", title: t("member.is_muted") }, icon("silent", 16)),
        isMuted && h("span", { class: "visually-hidden" }, t("member.is_muted")),
        member.role !== "member" &&
          room.kind !== "direct" &&
          h("span", { class: "tag" }, t(`role.${member.role}`)),
        presenceWords("offline"),
      ),
      mayModerate(this.#state, room, member) &&
        h(
          "button",
          {
            class: "icon-button member-manage",
            "aria-label": label,
            title: label,
            "data-user": member.id,
            onclick: () => openPanel(app, "member", "openMember", { room, member, user }),
          },
          icon("more"),
        ),
    );
  }

  #showPresence(state) {
    for (const button of this.#list.querySelectorAll(".member[data-person]")) {
      const { person } = button.dataset;
      const is = presenceOf(state, state.people[person] ?? { id: person });
      button.querySelector(".dot").className = `dot dot-${is}`;
      button.querySelector(".presence-words").textContent = t(`presence.${is}`);
    }
  }
}

/** Fills `details`, which shows these rooms from now on. */
export function showDetails(_app, details, state) {
  if (!customElements.get("member-list")) customElements.define("member-list", MemberList);
  details.update(state, { afresh: false });
}
