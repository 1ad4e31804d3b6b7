/** Dialogs about myself: settings, password, sign out. */
import { checkPassword } from "./checks.js";
import { t } from "../js/i18n.js";
import { unsent } from "../js/selectors.js";
import { presenceOf } from "../js/presence.js";
import { avatar, nameOf, statusLine } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

export function openAccount(app, state) {
  const { user, server } = state;
  const open = (file, name, about = state) => (dialog.close(), openPanel(app, file, name, about));
  const sheet = (file, name, words) => h("button", { class: "link-button", onclick: () => open(file, name) }, t(words));
  const leave = () => (dialog.close(), signOut(app, unsent(state).length));
  const entry = (mark, words, onclick) =>
    h("button", { class: "button button-wide", onclick }, icon(mark), h("span", { class: "ellipsis" }, words));
  const dialog = openDialog(
    app,
    t("account.title"),
    h(
      "div",
      { class: "profile" },
      h(
        "button",
        { class: "avatar-button", title: t("avatar.title"), "aria-label": t("avatar.title"), onclick: () => open("avatar", "openAvatar") },
        avatar(user, "large", presenceOf(state, user)),
      ),
      h(
        "div",
        {},
        h(
          "p",
          { class: "profile-name" },
          h("bdi", {}, nameOf(user)),
          user.role === "admin" && h("span", { class: "tag" }, t("account.admin")),
        ),
        h("p", { class: "quiet" }, h("bdi", {}, `@${user.username}`)),
      ),
    ),
    h(
      "div",
      { class: "account-actions" },
      entry("react", statusLine(user) || t("status.title"), () => open("status", "openStatus")),
      entry("edit", t("name.title"), () => open("sessions", "openName", user)),
      entry("people", t("avatar.title"), () => open("avatar", "openAvatar")),
      entry("sliders", t("settings.mine"), () => open("settings", "openSettings")),
      entry("bell", t("notify.title"), () => open("notifications", "openNotifications")),
      entry("compass", t("sessions.title"), () => open("sessions", "openSessions")),
      entry("lock", t("password.title"), () => (dialog.close(), openPassword(app, user))),
      entry("close", t("blocked.title"), () => open("blocked", "openBlocked")),
      entry("archive", t("data.title"), () => open("own-data", "openOwnData")),
      user.role === "admin" &&
        h(
          "a",
          { class: "button button-wide", href: "#/admin", onclick: () => dialog.close() },
          icon("sliders"),
          t("account.administer"),
        ),
      entry("exit", t("account.sign_out"), leave),
    ),
    server.lab && h("p", { class: "quiet" }, h("a", { href: "/lab/" }, t("account.lab"))),
    h("p", { class: "keys" }, sheet("keys", "openKeys", "keys.title"), " · ", sheet("formatting", "openFormatting", "formatting.title")),
    h("p", { class: "version quiet" }, `Tornchat ${server.version}`),
  );
}

/** Nothing stays behind for the next user of this computer, which must be said where it matters. */
function signOut(app, count) {
  if (count === 0) return emit(app, "sign-out");
  const close = () => dialog.close();
  const discard = () => (close(), emit(app, "sign-out"));
  const dialog = openDialog(
    app,
    t("unsent.title"),
    h("p", {}, t("unsent.more", { count })),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button button-plain", onclick: close }, t("dialog.cancel")),
      h("button", { class: "button button-danger", onclick: discard }, t("unsent.do")),
    ),
  );
}

function openPassword(app, user) {
  const close = (form) => form.closest("dialog").close();
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    field("field.password.old", {
      name: "old",
      type: "password",
      autocomplete: "current-password",
      required: true,
    }),
    field("field.password.new", {
      name: "new",
      type: "password",
      autocomplete: "new-password",
      required: true,
      hint: "field.password.hint",
    }),
    h("p", { class: "quiet" }, t("password.more")),
    formError(),
    h(
      "div",
      { class: "dialog-actions" },
      h(
        "button",
        { type: "button", class: "button button-plain", onclick: () => close(form) },
        t("dialog.cancel"),
      ),
      h("button", { class: "button button-main" }, t("password.do")),
    ),
  );
  const detailOf = (data) => ({ values: Object.fromEntries(data) });
  const check = ({ values }) => checkPassword(values.new, user.username);
  openDialog(
    app,
    t("password.title"),
    submitBy(form, "password-change", { detailOf, check, done: close }),
  );
}
