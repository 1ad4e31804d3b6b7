/** The proxy doctor as people see it. */
import { h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { diagnose } from "./doctor.js";
import { examine } from "./examination.js";
import { section } from "./sections.js";

const SILENCES = [0, 70, 150];

export class DoctorPanel {
  busy = false;
  /** Of the last examination, for the export. */
  seen = null;
  findings = null;
  #abort = null;
  #status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  #progress = h("progress", {
    max: "1",
    value: "0",
    "aria-label": t("lab.progress"),
    hidden: true,
  });
  #list = h("ul", { class: "findings" });
  #start = h("button", { type: "button", class: "button button-main" }, t("lab.doctor.start"));
  #cancel = h("button", { type: "button", class: "button", hidden: true }, t("lab.cancel"));
  #silence;

  /** `changed()` when it begins or ends; `refused(error)` where it could not be done. */
  constructor({ changed, refused }) {
    this.changed = changed;
    this.refused = refused;
    this.#silence = h(
      "select",
      { id: "lab-silence", class: "input" },
      SILENCES.map((value) =>
        h(
          "option",
          { value },
          t(value ? "lab.choice.silence" : "lab.choice.no_silence", { value }),
        ),
      ),
    );
    this.#start.addEventListener("click", () => this.#examine());
    this.#cancel.addEventListener("click", () => this.#abort?.abort());
    const choice = h(
      "div",
      { class: "field" },
      h("label", { for: "lab-silence" }, t("lab.field.silence")),
      this.#silence,
    );
    this.element = section(
      "doctor",
      t("lab.doctor.title"),
      t("lab.doctor.more"),
      h(
        "div",
        { class: "controls" },
        choice,
        h("div", { class: "buttons" }, this.#start, this.#cancel),
      ),
      this.#progress,
      this.#status,
      this.#list,
    );
  }

  set disabled(value) {
    this.#start.disabled = value || this.busy;
    this.#silence.disabled = value || this.busy;
  }

  async #examine() {
    this.#abort = new AbortController();
    const silence = Number(this.#silence.value);
    this.#turn(true);
    this.#list.replaceChildren();
    let said = "";
    const step = (name, share) => {
      this.#progress.value = share;
      if (name !== said) this.#say(t(`lab.step.${(said = name)}`));
    };
    try {
      this.seen = await examine({ signal: this.#abort.signal, silence, step });
      this.findings = diagnose(this.seen);
      this.#show(this.findings);
    } catch (error) {
      if (this.#abort.signal.aborted) this.#say(t("lab.cancelled"));
      else this.#say(this.refused(error));
    } finally {
      this.#turn(false);
    }
  }

  #turn(busy) {
    this.busy = busy;
    const focused = [this.#start, this.#cancel].includes(document.activeElement);
    this.#progress.hidden = this.#cancel.hidden = !busy;
    this.changed();
    if (focused) (busy ? this.#cancel : this.#start).focus();
  }

  #show(findings) {
    const bad = findings.filter(({ level }) => level === "bad").length;
    this.#say(bad ? t("lab.doctor.bad", { count: bad }) : t("lab.doctor.good"));
    this.#list.replaceChildren(...findings.map(shown));
  }

  #say(words) {
    this.#status.textContent = words;
  }
}

function shown({ code, level, values, fixes }) {
  const words = t(`lab.finding.${code}`, values);
  return h(
    "li",
    { class: `finding ${level}`, "data-code": code },
    h("span", { class: "level" }, t(`lab.level.${level}`)),
    h("p", {}, words),
    ...mending(fixes),
  );
}

/** The settings of the proxy that it seems to be; those of others on demand. */
function mending(fixes) {
  if (fixes.length === 0) return [];
  const likely = fixes.filter((fix) => fix.likely);
  const others = fixes.filter((fix) => !fix.likely);
  const list = (some) => h("dl", { class: "fixes" }, some.flatMap(fix));
  return [
    h("p", { class: "label" }, t("lab.fix")),
    list(likely),
    others.length > 0 && h("details", {}, h("summary", {}, t("lab.fix.other")), list(others)),
  ];
}

const fix = ({ where, setting }) => [
  h("dt", {}, t(`lab.where.${where}`)),
  h("dd", {}, h("code", {}, setting)),
];
