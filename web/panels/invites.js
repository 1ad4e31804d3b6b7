/** Links by which people come into a room, or (for administrators) to the server: make, copy, revoke. */
import { t } from "../js/i18n.js";
import { momentLabel } from "../js/times.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

const DAY = 86_400;
const LASTS = { hour: 3600, day: DAY, week: 7 * DAY, month: 30 * DAY };
const USES = [1, 5, 25, 100];

class InviteLinks extends HTMLElement {
  #room = null;
  #made = h("div", { class: "invite-made" });
  #list = h("ul", { class: "invites" });
  #error = formError();

  build(room) {
    this.#room = room?.id ?? null;
    const form = h(
      "form",
      { class: "invite-form", novalidate: true },
      select("invite.lasts", "expires_in", LASTS, (name) => t(`invite.lasts.${name}`), LASTS.week),
      select(
        "invite.uses",
        "uses",
        Object.fromEntries(USES.map((count) => [count, count])),
        (count) => t("invite.uses.count", { count: Number(count) }),
        1,
      ),
      formError(),
      h("button", { class: "button button-main first-focus" }, icon("link"), t("invite.create")),
    );
    const detailOf = (data) => ({
      values: {
        ...(this.#room && { room: this.#room }),
        expires_in: Number(data.get("expires_in")),
        uses: Number(data.get("uses")),
      },
      show: (invite) => this.#showMade(invite),
    });
    this.append(
      h("p", { class: "quiet" }, room ? t("invite.more", { room: room.name }) : t("invite.server")),
      submitBy(form, "invite-create", { detailOf }),
      this.#made,
      h("h3", { class: "invites-title" }, t("invite.list")),
      this.#error,
      this.#list,
    );
  }

  load() {
    this.#list.setAttribute("aria-busy", "true");
    const settle = (problem) => {
      this.#error.textContent = problem ?? "";
      this.#list.removeAttribute("aria-busy");
    };
    emit(this, "invites-list", { room: this.#room, settle, show: (found) => this.#show(found) });
  }

  #showMade({ url }) {
    const input = h("input", { class: "input", readonly: true, value: url });
    input.setAttribute("aria-label", t("invite.link"));
    const said = h("span", { class: "quiet", role: "status" });
    const copy = async () => {
      input.select();
      try {
        await navigator.clipboard.writeText(url);
      } catch {
        // Plain http from another host has no clipboard: what is selected can be copied by hand.
        return (said.textContent = t("invite.copy.self"));
      }
      said.textContent = t("invite.copied");
    };
    this.#made.replaceChildren(
      h(
        "div",
        { class: "invite-link" },
        input,
        h("button", { type: "button", class: "button", onclick: copy }, icon("copy"), t("invite.copy")),
      ),
      h("p", { class: "hint quiet" }, t("invite.once"), " ", said),
    );
    this.#made.querySelector("button").focus();
    this.load();
  }

  #show(found) {
    this.#list.replaceChildren(...found.map((invite) => this.#entry(invite)));
    if (found.length === 0) {
      this.#list.append(h("li", { class: "found-none quiet" }, t("invite.none")));
    }
  }

  #entry({ id, uses, used, expires_at: ends }) {
    const revoke = ({ currentTarget }) => {
      currentTarget.disabled = true;
      const settle = (problem) => {
        this.#error.textContent = problem ?? "";
        this.load();
        this.querySelector("form button").focus();
      };
      emit(this, "invite-revoke", { id, settle });
    };
    return h(
      "li",
      { class: "invite" },
      h(
        "div",
        { class: "found-words" },
        h("p", {}, t("invite.used", { used, uses })),
        h("p", { class: "quiet" }, t("invite.until", { time: momentLabel(ends) })),
      ),
      h("button", { type: "button", class: "button", onclick: revoke }, t("invite.revoke")),
    );
  }
}

function select(key, name, values, wordsOf, usual) {
  const id = `invite-${name}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, t(key)),
    h(
      "select",
      { id, name, class: "input" },
      Object.entries(values).map(([word, value]) =>
        h("option", { value, selected: value === usual }, wordsOf(word)),
      ),
    ),
  );
}

customElements.define("invite-links", InviteLinks);

/** `room` is null for the server as a whole. */
export function openInvites(app, room) {
  const links = h("invite-links");
  links.build(room);
  openDialog(app, t("invite.title"), links);
  links.load();
}
