/** My name, and where I am signed in: two dialogs of my account. */
import { avatar } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { dayLabel, timeLabel } from "../js/times.js";

export const styled = true;

export function openName(app, user) {
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    h("div", { class: "profile" }, avatar(user, "large"), h("p", { class: "quiet" }, h("bdi", {}, `@${user.username}`))),
    field("field.display_name", {
      name: "display_name",
      value: user.display_name,
      maxlength: 64,
      autocomplete: "name",
    }),
    formError(),
    h("div", { class: "dialog-actions" }, h("button", { class: "button button-main" }, t("name.do"))),
  );
  const detailOf = (data) => ({ values: Object.fromEntries(data) });
  const check = ({ values }) => (values.display_name.trim() ? null : "check.display_name");
  const done = () => dialog.close();
  const dialog = openDialog(
    app,
    t("name.title"),
    submitBy(form, "name-change", { detailOf, check, done }),
  );
}

export function openSessions(app) {
  const error = formError();
  const list = h("ul", { class: "sessions", "aria-busy": "true" });
  for (let row = 0; row < 3; row += 1) list.append(h("li", { class: "skeleton-line", "aria-hidden": "true" }));
  const dialog = openDialog(app, t("sessions.title"), list, error);
  const fail = (problem) => {
    list.removeAttribute("aria-busy");
    if (!problem) return;
    list.querySelectorAll(".skeleton-line").forEach((row) => row.remove());
    error.textContent = problem;
  };
  const show = (sessions) => list.replaceChildren(...sessions.map((session) => entry(session, fail)));
  emit(dialog, "sessions-list", { show, settle: fail });
}

function entry(session, fail) {
  const name =
    session.label || t(session.kind === "token" ? "sessions.token" : "sessions.unknown");
  const since = t("sessions.since", { date: `${dayLabel(session.created_at)}, ${timeLabel(session.created_at)}` });
  const state = session.this ? t("sessions.this") : session.connected && t("sessions.connected");
  const row = h(
    "li",
    { class: "session" },
    icon(session.kind === "token" ? "lock" : "compass"),
    h(
      "div",
      { class: "session-words" },
      h("p", {}, h("span", { class: "session-name" }, name), state && h("span", { class: "tag" }, state)),
      h("p", { class: "quiet" }, since),
    ),
    !session.this && h("button", { class: "button", "aria-label": t("sessions.end.named", { name }), onclick: end }, t("sessions.end")),
  );
  function end({ currentTarget }) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    currentTarget.disabled = true;
    const settle = (problem) => {
      currentTarget.disabled = false;
      if (problem) return fail(problem);
      const near = next?.querySelector("button") ?? row.closest("dialog").querySelector("button");
      row.remove();
      near.focus();
    };
    emit(row, "session-end", { id: session.id, settle });
  }
  return row;
}
