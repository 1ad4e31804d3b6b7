/** Everybody: who they are, what they may, and getting them out or in again. */
import { avatar, nameOf } from "../elements/avatar.js";
import { formError, h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { act, ask, button, secret } from "../panels/managing.js";
import { choice, line, opening, Paged, searchField, tag, when } from "./parts.js";

export function peopleSection(section, { user: me }) {
  new Paged(section, "people", {
    controls: [
      searchField(t("admin.people.search")),
      choice(t("admin.people.which"), "which", {
        "": t("admin.people.all"),
        admin: t("admin.people.admins"),
        disabled: t("admin.people.disabled"),
        bot: t("admin.people.bots"),
      }),
    ],
    asked: ({ q, which }) => ({ q, [which === "disabled" ? "state" : "role"]: which }),
    rowsOf: ({ people }) => people.map((person) => entry(section, person, me)),
    after: ({ people }) => ({ after: people.at(-1).id }),
    countOf: ({ total }) => t("admin.people.count", { count: total }),
    none: "admin.nothing",
  });
}

function entry(section, person, me) {
  const head = h("div", { class: "admin-head" });
  const inside = (place) => place.replaceChildren(...actions(section, person, me, head, place));
  draw(head, person, me);
  return opening(head, inside);
}

function draw(head, person, me) {
  head.replaceChildren(
    avatar(person, "", person.there ? "online" : null),
    h(
      "div",
      { class: "found-words" },
      h(
        "p",
        {},
        h("bdi", { class: "found-name" }, nameOf(person)),
        h("bdi", { class: "quiet" }, `@${person.username}`),
        person.role === "admin" && tag(t("account.admin")),
        person.bot && tag(t("person.bot")),
        person.disabled && tag(t("person.disabled.short"), "tag-danger"),
        person.id === me.id && tag(t("admin.people.you")),
      ),
      line(
        person.there ? t("admin.people.there") : person.active_at ? [t("admin.people.active"), " ", when(person.active_at)] : t("admin.people.never"),
        t("admin.people.sessions", { count: person.sessions }),
      ),
    ),
  );
}

function actions(section, person, me, head, place) {
  const again = (changed) => {
    Object.assign(person, changed);
    if (!changed.disabled) delete person.disabled;
    draw(head, person, me);
    place.replaceChildren(...actions(section, person, me, head, place));
    place.querySelector("button")?.focus();
  };
  const change = (values) =>
    act(place, async () => again(await ask(section, "person", { id: person.id, values })), {
      conflict: "admin.people.last",
    });
  const made = h("div");
  const reset = () =>
    act(place, async () => {
      const { password } = await ask(section, "password", { id: person.id });
      person.sessions = 0;
      draw(head, person, me);
      made.replaceChildren(secret(t("admin.people.password"), password, t("admin.people.password.once")));
    });
  /** What cannot be taken back is said before it is done. */
  const sure = () => {
    made.replaceChildren(
      h("p", {}, t("admin.people.reset.more")),
      h(
        "div",
        { class: "admin-actions" },
        button(t("admin.people.reset.do"), reset, { kind: "button-danger" }),
        button(t("dialog.cancel"), () => made.replaceChildren(), { kind: "button-plain" }),
      ),
    );
    made.querySelector("button").focus();
  };
  const out = () =>
    act(place, async () => {
      await ask(section, "sign_out", { id: person.id });
      again({ sessions: person.id === me.id ? 1 : 0, there: person.id === me.id, disabled: person.disabled });
    });
  const isMe = person.id === me.id;
  const admin = person.role === "admin";
  return [
    line([t("admin.people.since"), " ", when(person.created_at)]),
    h(
      "div",
      { class: "admin-actions" },
      !person.bot &&
        button(t(admin ? "admin.people.demote" : "admin.people.promote"), () => change({ role: admin ? "member" : "admin" })),
      !isMe &&
        button(t(person.disabled ? "admin.people.enable" : "admin.people.disable"), () => change({ disabled: !person.disabled })),
      !isMe && !person.bot && !person.disabled && button(t("admin.people.reset"), sure),
      !person.bot && person.sessions > 0 && button(t("admin.people.out"), out),
    ),
    made,
    formError(),
  ].filter(Boolean);
}
