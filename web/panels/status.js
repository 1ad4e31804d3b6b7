/** What I say of myself: away or not to be disturbed, an emoji and a few words, until a time. */
import { openDialog } from "./dialog.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { statusOf } from "../js/presence.js";

export const styled = true;

const MODES = ["auto", "away", "dnd"];
const LONGEST = 80;
const HOUR_MS = 3_600_000;

/** When a status ends that is to last so long, in unix ms. */
const ENDS = {
  never: () => null,
  half: (now) => now + HOUR_MS / 2,
  hour: (now) => now + HOUR_MS,
  four: (now) => now + 4 * HOUR_MS,
  today: (now) => new Date(now).setHours(24, 0, 0, 0),
  week: (now) => {
    const midnight = new Date(new Date(now).setHours(24, 0, 0, 0));
    // Weeks end with Sunday.
    return midnight.setDate(midnight.getDate() + ((8 - midnight.getDay()) % 7));
  },
};

export function openStatus(app, { user }) {
  const status = statusOf(user) ?? { mode: "auto" };
  const clear = () => emit(form, "status-set", { status: null, settle });
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    modes(status.mode),
    h(
      "div",
      { class: "status-fields" },
      field("status.emoji", { name: "emoji", value: status.emoji ?? "", maxlength: 24, autocomplete: "off" }),
      field("status.text", { name: "text", value: status.text ?? "", maxlength: LONGEST, autocomplete: "off" }),
    ),
    until(),
    formError(),
    h(
      "div",
      { class: "dialog-actions" },
      statusOf(user) &&
        h("button", { type: "button", class: "button button-plain", onclick: clear }, t("status.clear")),
      h("button", { class: "button button-main" }, t("status.do")),
    ),
  );
  const error = form.querySelector(".form-error");
  const settle = (problem) => (problem ? (error.textContent = problem) : dialog.close());
  const detailOf = (data) => ({ status: statusFrom(data) });
  const done = () => dialog.close();
  const dialog = openDialog(app, t("status.title"), submitBy(form, "status-set", { detailOf, done }));
}

function statusFrom(data) {
  const [mode, emoji, text] = ["mode", "emoji", "text"].map((name) => data.get(name).trim());
  const ends = ENDS[data.get("until")](Date.now());
  return {
    mode,
    ...(emoji && { emoji }),
    ...(text && { text }),
    ...(ends && { until: ends }),
  };
}

function modes(current) {
  const one = (mode) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "mode", value: mode, checked: mode === current }),
      h("span", { class: "status-mode" }, h("span", { class: `dot dot-${mode === "auto" ? "online" : mode}` }), t(`status.mode.${mode}`)),
    );
  return h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, t("status.mode")),
    h("div", { class: "segmented" }, MODES.map(one)),
  );
}

function until() {
  return h(
    "div",
    { class: "field" },
    h("label", { for: "status-until" }, t("status.until")),
    h(
      "select",
      { id: "status-until", name: "until", class: "input" },
      Object.keys(ENDS).map((name) => h("option", { value: name }, t(`status.until.${name}`))),
    ),
  );
}
