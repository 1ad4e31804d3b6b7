/** The dialog about notifications on this device. */
import { t } from "../js/i18n.js";
import { storage } from "../js/storage.js";
import { timeLabel } from "../js/times.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { chime } from "./chime.js";
import { canPush } from "./pushing.js";

export const styled = true;

const HOUR_MS = 3_600_000;
const MORNING = 8;

export function openNotifications(app, state) {
  const error = formError();
  const note = h("p", { class: "notifications-note", role: "status" });
  const parts = { app, state, error, note };
  const dialog = openDialog(
    app,
    t("notify.title"),
    note,
    h("div", { class: "notifications-group" }, tabs(parts), state.server.push && pushes(parts)),
    h("div", { class: "notifications-group" }, sound(), text(parts)),
    quiet(parts),
    error,
  );
  say(parts);
  return dialog;
}

/** While the page is open. */
function tabs(parts) {
  const turn = async (box) => {
    if (box.checked && !(await mayNotify())) {
      box.checked = false;
      return say(parts);
    }
    storage.set("alerts", box.checked ? "on" : null);
    emit(parts.app, "alerts-chosen");
    say(parts);
  };
  const checked = storage.get("alerts") === "on" && permission() === "granted";
  return check("open", { checked, disabled: permission() === "none" }, turn);
}

/** While it is closed. */
function pushes(parts) {
  const turn = async (box) => {
    parts.error.textContent = "";
    if (box.checked && !(await mayNotify())) {
      box.checked = false;
      return say(parts);
    }
    box.disabled = true;
    const settle = (words, error) => {
      box.disabled = false;
      if (!words) return say(parts);
      box.checked = !box.checked;
      // The browser's own refusal: there is no push service, or it is not allowed.
      parts.error.textContent = error instanceof DOMException ? t("notify.push.failed") : words;
    };
    emit(parts.app, "push-choose", { what: box.checked ? "begin" : "end", settle });
  };
  const checked = storage.get("push") === parts.state.user.id && permission() === "granted";
  return check("closed", { checked, disabled: !canPush() }, turn);
}

function sound() {
  const checked = storage.get("alerts.sound") !== "off";
  return check("sound", { checked }, (box) => {
    emit(box, "settings-choose", { values: { sound: box.checked } });
    if (box.checked) chime();
  });
}

function text(parts) {
  const checked = storage.get("alerts.text") !== "off";
  return check("text", { checked }, (box) => {
    storage.set("alerts.text", box.checked ? null : "off");
    renew(parts);
  });
}

/** Nothing for a while. */
function quiet(parts) {
  const until = Number(storage.get("alerts.quiet") ?? 0);
  const choices = { now: 0, hour: Date.now() + HOUR_MS, morning: morning() };
  const chosen = until > Date.now() ? (until > choices.hour ? "morning" : "hour") : "now";
  const choose = ({ target }) => {
    storage.set("alerts.quiet", choices[target.value] ? String(choices[target.value]) : null);
    renew(parts);
    say(parts);
  };
  return h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, t("notify.quiet")),
    h(
      "div",
      { class: "segmented" },
      Object.keys(choices).map((name) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name: "quiet", value: name, checked: name === chosen, onchange: choose }),
          t(`notify.quiet.${name}`),
        ),
      ),
    ),
  );
}

function check(name, attributes, turn) {
  const input = h("input", { type: "checkbox", ...attributes, onchange: ({ target }) => turn(target) });
  return h("label", { class: "check" }, input, h("span", {}, t(`notify.${name}`), h("span", { class: "hint" }, t(`notify.hint.${name}`))));
}

/** The push service is told what was chosen; where that fails it hears with the next load. */
function renew({ app, state }) {
  if (storage.get("push") !== state.user.id) return;
  emit(app, "push-choose", { what: "renew", settle: () => {} });
}

/** Asked for by a click alone. */
async function mayNotify() {
  if (permission() === "default") await Notification.requestPermission();
  return permission() === "granted";
}

const permission = () => globalThis.Notification?.permission ?? "none";

function say({ note }) {
  const until = Number(storage.get("alerts.quiet") ?? 0);
  const words = { denied: "notify.denied", none: "notify.unable" }[permission()];
  note.classList.toggle("notifications-trouble", Boolean(words));
  const paused = until > Date.now() && t("notify.paused", { time: timeLabel(until) });
  note.textContent = words ? t(words) : paused || t("notify.more");
}

/** The next one, on this device's clock. */
function morning() {
  const day = new Date();
  if (day.getHours() >= MORNING) day.setDate(day.getDate() + 1);
  return day.setHours(MORNING, 0, 0, 0);
}
