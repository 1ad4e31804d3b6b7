/** The sheet of all keys (?). */
import { openDialog } from "./dialog.js";
import { h } from "../elements/dom.js";
import { openPanel } from "../elements/panel.js";
import { t } from "../js/i18n.js";
import { storage } from "../js/storage.js";

export const styled = true;

/** Keys as their caps say; those pressed together in one list. */
const GROUPS = {
  anywhere: [
    ["switcher", ["Ctrl", "K"]],
    ["room_step", ["Alt", "↑"], ["Alt", "↓"]],
    ["search", ["/"], ["Ctrl", "Shift", "F"]],
    ["newest", ["Esc"]],
    ["write", ["A–Z"]],
    ["undo", ["Ctrl", "Z"]],
    ["help", ["?"]],
  ],
  writing: [
    ["edit_last", ["↑"]],
    ["cancel", ["Esc"]],
    ["bold", ["Ctrl", "B"]],
    ["italic", ["Ctrl", "I"]],
    ["code", ["Ctrl", "E"]],
  ],
  reading: [
    ["step", ["↑"], ["↓"]],
    ["reply", ["R"]],
    ["actions", ["Tab"]],
  ],
};

const SENDING = {
  enter: [["send", ["Enter"]], ["line", ["Shift", "Enter"]]],
  ctrl: [["send", ["Ctrl", "Enter"]], ["line", ["Enter"]]],
};

export function openKeys(app) {
  const writing = [...SENDING[storage.get("send") ?? "enter"], ...GROUPS.writing];
  const groups = Object.entries({ ...GROUPS, writing }).map(([name, rows]) => [
    h("h3", { class: "label" }, t(`keys.group.${name}`)),
    h("dl", { class: "key-rows" }, rows.map(row)),
  ]);
  const formatting = () => {
    dialog.close();
    openPanel(app, "formatting", "openFormatting");
  };
  const more = h("button", { type: "button", class: "link-button", onclick: formatting }, t("formatting.title"));
  const dialog = openDialog(app, t("keys.title"), ...groups.flat(), h("p", {}, more));
}

function row([name, ...ways]) {
  const caps = ways.flatMap((keys, i) => [i > 0 && " ", combination(keys)]).filter(Boolean);
  return h("div", { class: "key-row" }, h("dt", {}, t(`keys.${name}`)), h("dd", { dir: "ltr" }, caps));
}

function combination(keys) {
  const isMac = /Mac|iPhone|iPad/u.test(navigator.userAgent);
  const cap = (key) => h("kbd", {}, isMac && key === "Ctrl" ? "⌘" : key);
  return h("span", { class: "key-combination" }, keys.map(cap));
}
