/** What somebody who keeps order in a room can do with one of its members. */
import { t } from "../js/i18n.js";
import { mayManage } from "../js/selectors.js";
import { momentLabel } from "../js/times.js";
import { avatar, nameOf } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

const ROLES = ["member", "moderator", "owner"];
const MINUTE = 60_000;
const TIMES = { minutes: 10 * MINUTE, hour: 60 * MINUTE, day: 1440 * MINUTE, week: 10_080 * MINUTE };

class MemberCard extends HTMLElement {
  #room;
  #member;
  #error = formError();
  #roles = h("div");
  #mute = h("div");

  build(app, { room, member, user }) {
    this.app = app;
    this.#room = room;
    this.#member = member;
    this.#show(user);
    const remove = () => {
      this.closest("dialog").close();
      const { id } = this.#member;
      emit(app, "member-remove", { room: this.#room.id, user: id, name: nameOf(this.#member) });
    };
    this.append(
      h(
        "div",
        { class: "profile" },
        avatar(member, "large"),
        h(
          "div",
          {},
          h("p", { class: "profile-name" }, h("bdi", {}, nameOf(member))),
          h("p", { class: "quiet" }, h("bdi", {}, `@${member.username}`)),
        ),
      ),
      this.#roles,
      this.#mute,
      this.#error,
      h(
        "button",
        { type: "button", class: "button button-wide", onclick: remove },
        icon("exit"),
        t("member.remove"),
      ),
    );
  }

  update({ rooms, members, user }) {
    const room = rooms[this.#room.id];
    const member = members[this.#room.id]?.find(({ id }) => id === this.#member.id);
    if (!room || !member || room.archived) return this.closest("dialog").close();
    const same = member === this.#member && room.role === this.#room.role;
    [this.#room, this.#member] = [room, member];
    if (!same) this.#show(user);
  }

  #show(user) {
    const focused = this.contains(document.activeElement) && document.activeElement.value;
    this.#roles.replaceChildren(...(mayManage({ user }, this.#room) ? [this.#roleChoice()] : []));
    this.#mute.replaceChildren(this.#muteChoice());
    if (focused) this.querySelector(`[value="${focused}"]`)?.focus();
  }

  #roleChoice() {
    const { role } = this.#member;
    const choose = ({ target }) => this.#change({ role: target.value });
    return h(
      "fieldset",
      { class: "field" },
      h("legend", { class: "label" }, t("member.role")),
      h(
        "div",
        { class: "segmented" },
        ROLES.map((value) =>
          h(
            "label",
            {},
            h("input", {
              type: "radio",
              name: "role",
              value,
              checked: value === role,
              onchange: choose,
            }),
            t(`role.${value}`),
          ),
        ),
      ),
      h("p", { class: "hint" }, t(`role.about.${role}`)),
    );
  }

  #muteChoice() {
    const { muted } = this.#member;
    const until = (time) => this.#change({ muted_until: time });
    const button = (words, value, onclick) =>
      h("button", { type: "button", class: "button", value, onclick }, words);
    const isMuted = muted > Date.now();
    return h(
      "section",
      { class: "field", "aria-labelledby": "member-mute" },
      h("h3", { class: "label", id: "member-mute" }, t("member.mute")),
      h(
        "p",
        { class: "hint", role: "status" },
        isMuted ? t("member.muted", { time: momentLabel(muted) }) : t("member.mute.more"),
      ),
      h(
        "div",
        { class: "mute-times" },
        isMuted
          ? button(t("member.unmute"), "unmute", () => until(0))
          : Object.entries(TIMES).map(([name, ms]) =>
              button(t(`member.mute.${name}`), name, () => until(Date.now() + ms)),
            ),
      ),
    );
  }

  #change(values) {
    this.#error.textContent = "";
    const settle = (problem) => {
      this.#error.textContent = problem ?? "";
      const chosen = this.querySelector(`[name=role][value=${this.#member.role}]`);
      if (problem && chosen) chosen.checked = true;
    };
    emit(this, "member-change", { room: this.#room.id, user: this.#member.id, values, settle });
  }
}

customElements.define("member-card", MemberCard);

export function openMember(app, about) {
  const card = h("member-card", { "data-live": true });
  card.build(app, about);
  const dialog = openDialog(app, t("member.title"), card);
  // The list was built anew meanwhile, and with it the button that the focus came from.
  dialog.addEventListener("close", () =>
    app.querySelector(`.member-manage[data-user="${about.member.id}"]`)?.focus(),
  );
}
