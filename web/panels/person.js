/** The dialog about somebody: who they are, and a way to write to them. */
import { t } from "../js/i18n.js";
import { presenceOf } from "../js/presence.js";
import { avatar, nameOf, statusLine } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

/** `id` is of a person whose name the page knows. */
export function openPerson(app, state, id) {
  const { people, user, blocked } = state;
  const person = people[id];
  if (!person) return;
  const mine = id === user.id;
  const is = presenceOf(state, person);
  const error = formError();
  const write = ({ currentTarget }) => {
    currentTarget.disabled = true;
    const settle = (problem) => {
      currentTarget.disabled = false;
      if (!problem) return dialog.close();
      error.textContent = problem;
    };
    emit(dialog, "direct-open", { people: [person], settle });
  };
  const isBlocked = blocked.includes(id);
  const block = ({ currentTarget }) => {
    currentTarget.disabled = true;
    const settle = (problem) => {
      currentTarget.disabled = false;
      if (problem) return (error.textContent = problem);
      dialog.close();
      app.announce(t(isBlocked ? "person.unblocked.done" : "person.blocked.done", { name: nameOf(person) }));
    };
    emit(dialog, "person-block", { id, block: !isBlocked, settle });
  };
  const dialog = openDialog(
    app,
    t("person.title"),
    h(
      "div",
      { class: "profile" },
      avatar(person, "large", is),
      h(
        "div",
        {},
        h("p", { class: "profile-name" }, h("bdi", {}, nameOf(person))),
        h("p", { class: "quiet" }, person.deleted ? t("person.deleted.more") : [h("bdi", {}, `@${person.username}`), ` · ${t(`presence.${is}`)}`]),
        statusLine(person),
        person.disabled && !person.deleted && h("p", { class: "quiet" }, t("person.disabled")),
      ),
    ),
    !mine && !person.deleted && h("p", { class: "quiet" }, t(isBlocked ? "person.blocked" : "person.block.more")),
    error,
    !person.deleted && h(
      "div",
      { class: "account-actions" },
      h(
        "button",
        { class: "button button-main button-wide first-focus", onclick: write },
        icon(mine ? "edit" : "chat"),
        t(mine ? "person.notes" : "person.write"),
      ),
      !mine && h("button", { class: "button button-wide", onclick: block }, t(isBlocked ? "blocked.undo" : "person.block")),
    ),
  );
}
