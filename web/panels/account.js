/** Dialogs about myself: settings, password, sign out. */
import { checkPassword } from "./checks.js";
import { language, LANGUAGES, t } from "../js/i18n.js";
import { unsent } from "../js/selectors.js";
import { storage } from "../js/storage.js";
import { presenceOf } from "../js/presence.js";
import { avatar, nameOf, statusLine } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

const THEMES = ["auto", "light", "dark"];

export function openAccount(app, state) {
  const { user, server } = state;
  const sheet = (file, name, words) =>
    h("button", { class: "link-button", onclick: () => (dialog.close(), openPanel(app, file, name)) }, t(words));
  const leave = () => (dialog.close(), signOut(app, unsent(state).length));
  const dialog = openDialog(
    app,
    t("account.title"),
    h(
      "div",
      { class: "profile" },
      avatar(user, "large", presenceOf(state, user)),
      h(
        "div",
        {},
        h(
          "p",
          { class: "profile-name" },
          h("bdi", {}, nameOf(user)),
          user.role === "admin" && h("span", { class: "tag" }, t("account.admin")),
        ),
        h("p", { class: "quiet" }, `@${user.username}`),
      ),
    ),
    themes(),
    languages(() => dialog.close()),
    h(
      "div",
      { class: "account-actions" },
      h(
        "button",
        {
          class: "button button-wide",
          onclick: () => (dialog.close(), openPanel(app, "status", "openStatus", state)),
        },
        icon("react"),
        h("span", { class: "ellipsis" }, statusLine(user) || t("status.title")),
      ),
      h(
        "button",
        {
          class: "button button-wide",
          onclick: () => (dialog.close(), openPanel(app, "sessions", "openName", user)),
        },
        icon("edit"),
        t("name.title"),
      ),
      h(
        "button",
        {
          class: "button button-wide",
          onclick: () => (dialog.close(), openPanel(app, "sessions", "openSessions")),
        },
        icon("compass"),
        t("sessions.title"),
      ),
      h(
        "button",
        { class: "button button-wide", onclick: () => (dialog.close(), openPanel(app, "notifications", "openNotifications", state)) },
        icon("bell"),
        t("notify.title"),
      ),
      h(
        "button",
        { class: "button button-wide", onclick: () => (dialog.close(), openPassword(app, user)) },
        icon("lock"),
        t("password.title"),
      ),
      h(
        "button",
        {
          class: "button button-wide",
          onclick: () => (dialog.close(), openPanel(app, "blocked", "openBlocked")),
        },
        icon("close"),
        t("blocked.title"),
      ),
      user.role === "admin" &&
        h(
          "a",
          { class: "button button-wide", href: "#/admin", onclick: () => dialog.close() },
          icon("sliders"),
          t("account.administer"),
        ),
      h(
        "button",
        { class: "button button-wide", onclick: leave },
        icon("exit"),
        t("account.sign_out"),
      ),
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

function themes() {
  const root = document.documentElement;
  const current = storage.get("theme") ?? "auto";
  const choose = ({ target }) => {
    if (target.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = target.value;
    emit(target, "theme-choose", { name: target.value });
  };
  return h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, t("account.theme")),
    h(
      "div",
      { class: "segmented" },
      THEMES.map((name) =>
        h(
          "label",
          {},
          h("input", {
            type: "radio",
            name: "theme",
            value: name,
            checked: name === current,
            onchange: choose,
          }),
          t(`theme.${name}`),
        ),
      ),
    ),
  );
}

function languages(close) {
  const choose = ({ target }) => {
    const name = target.value;
    const app = target.closest("tc-app");
    close();
    emit(app, "language-choose", { name });
  };
  return h(
    "div",
    { class: "field" },
    h("label", { for: "account-language" }, t("account.language")),
    h(
      "select",
      { id: "account-language", class: "input", onchange: choose },
      Object.entries(LANGUAGES).map(([code, name]) =>
        h("option", { value: code, lang: code, selected: code === language() }, name),
      ),
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
