/** The dialog with what I choose of how the page looks and works. It goes with my account (later/settings.js). */
import { emit, h } from "../elements/dom.js";
import { LANGUAGES, language, t } from "../js/i18n.js";
import { storage } from "../js/storage.js";
import { openDialog } from "./dialog.js";

/** Name -> what can be chosen, the first where nothing was, and how that is called. */
const CHOICES = {
  theme: [["auto", "light", "dark"], (value) => t(`theme.${value}`)],
  clock: [["auto", "12", "24"], (value) => t(`settings.clock.${value}`)],
  send: [["enter", "ctrl"], (value) => t(`settings.send.${value}`)],
};
const current = (name) => storage.get(name) ?? CHOICES[name][0][0];

class SettingsSheet extends HTMLElement {
  #applied = () => this.#look();

  connectedCallback() {
    if (this.childElementCount === 0) {
      this.append(choice("theme", "account.theme"), languages(), choice("clock", "settings.clock"));
      this.append(choice("send", "settings.send", "settings.send.more"), sound());
    }
    addEventListener("settings-applied", this.#applied);
  }

  disconnectedCallback() {
    removeEventListener("settings-applied", this.#applied);
  }

  /** Chosen elsewhere. */
  #look() {
    for (const name of Object.keys(CHOICES)) {
      this.querySelector(`[name=${name}][value="${current(name)}"]`).checked = true;
    }
    this.querySelector("[name=sound]").checked = hears();
  }
}

customElements.define("settings-sheet", SettingsSheet);

export function openSettings(app) {
  openDialog(app, t("settings.mine"), h("settings-sheet", { class: "stack" }), h("p", { class: "quiet" }, t("settings.mine.more")));
}

const choose = (name) => ({ target }) => emit(target, "settings-choose", { values: { [name]: target.value } });

function choice(name, title, more) {
  const [values, words] = CHOICES[name];
  const one = (value) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, value, checked: value === current(name), onchange: choose(name) }),
      words(value),
    );
  return h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, t(title)),
    h("div", { class: "segmented" }, values.map(one)),
    more && h("p", { class: "hint" }, t(more)),
  );
}

/** In another language the page is built anew, this dialog with it. */
function languages() {
  const taken = ({ target }) => {
    const app = target.closest("tc-app");
    const values = { language: target.value };
    target.closest("dialog").close();
    emit(app, "settings-choose", { values });
  };
  return h(
    "div",
    { class: "field" },
    h("label", { for: "account-language" }, t("account.language")),
    h(
      "select",
      { id: "account-language", class: "input", onchange: taken },
      Object.entries(LANGUAGES).map(([code, name]) =>
        h("option", { value: code, lang: code, selected: code === language() }, name),
      ),
    ),
  );
}

const hears = () => storage.get("alerts.sound") !== "off";

function sound() {
  const turn = ({ target }) => emit(target, "settings-choose", { values: { sound: target.checked } });
  return h(
    "label",
    { class: "check" },
    h("input", { type: "checkbox", name: "sound", checked: hears(), onchange: turn }),
    h("span", {}, t("notify.sound"), h("span", { class: "hint" }, t("notify.hint.sound"))),
  );
}
