/** <member-list>: the details of a room: what it is for, who is in it, adding people, leaving. */
import { language, t } from "../js/i18n.js";
import { presenceOf } from "../js/presence.js";
import { avatar, nameOf, presenceWords, statusLine } from "../elements/avatar.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

export const styled = true;

class MemberList extends HTMLElement {
  #shown = [];
  #list = null;
  #room = null;
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
    if (afresh || room.id !== this.#room?.id || room.description !== this.#room?.description) {
      this.#build(room);
      this.#shown = null;
    }
    this.#room = room;
    const changed = list !== this.#shown;
    if (changed) this.#showMembers(list, user);
    if (changed || before?.presence !== state.presence || before?.line !== state.line)
      this.#showPresence(state);
    this.#shown = list;
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
        h("h3", {}, t("members.title")),
        this.#list,
        room.kind === "private" ? this.#addForm(room) : "",
        room.kind !== "direct" && h(
          "button",
          {
            class: "button button-wide leave",
            onclick: () => openPanel(this.closest("tc-app"), "rooms", "openLeaveRoom", this.#room),
          },
          icon("exit"),
          t("leave.do"),
        ),
      ),
    );
  }

  #showMembers(list, me) {
    if (!list) {
      const skeleton = () => h("li", { class: "member skeleton-line", "aria-hidden": "true" });
      return this.#list.replaceChildren(skeleton(), skeleton(), skeleton());
    }
    const compare = new Intl.Collator(language()).compare;
    const sorted = list.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
    const open = (id) =>
      openPanel(this.closest("tc-app"), "person", "openPerson", this.#state, id);
    const focused = this.#list.querySelector(":focus")?.dataset.person;
    this.#list.replaceChildren(...sorted.map((member) => entry(member, member.id === me.id, open)));
    if (focused) this.#list.querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus();
  }

  #showPresence(state) {
    for (const button of this.#list.querySelectorAll(".member[data-person]")) {
      const { person } = button.dataset;
      const is = presenceOf(state, state.people[person] ?? { id: person });
      button.querySelector(".dot").className = `dot dot-${is}`;
      button.querySelector(".presence-words").textContent = t(`presence.${is}`);
    }
  }

  #addForm(room) {
    const form = h(
      "form",
      { class: "stack add-member", novalidate: true },
      field("members.add", {
        name: "username",
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
        hint: "members.add.hint",
      }),
      formError(),
      h("button", { class: "button button-wide" }, icon("plus"), t("members.add.do")),
    );
    const detailOf = (data) => ({
      room: room.id,
      username: data.get("username").trim().replace(/^@/, ""),
    });
    return submitBy(form, "member-add", { detailOf, done: () => form.reset() });
  }
}

function entry(member, mine, open) {
  const about = mine ? t("members.you") : `@${member.username}`;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "member", "data-person": member.id, onclick: () => open(member.id) },
      avatar(member, "small", "offline"),
      h("bdi", { class: "member-name ellipsis" }, nameOf(member)),
      member.bot && h("span", { class: "tag" }, t("person.bot")),
      statusLine(member, { short: true }),
      h("span", { class: "quiet ellipsis" }, member.disabled ? t("person.disabled.short") : about),
      presenceWords("offline"),
    ),
  );
}

/** Fills `details`, which shows these rooms from now on. */
export function showDetails(_app, details, state) {
  if (!customElements.get("member-list")) customElements.define("member-list", MemberList);
  details.update(state, { afresh: false });
}
