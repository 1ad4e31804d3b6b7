/** What is measured, and how it goes: the form and the line that says so. */
import { h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { section } from "./sections.js";

const CHOICES = {
  rate: [1, 2, 5, 10],
  interval: [500, 1000, 2000, 5000],
  pad: [0, 200, 2000],
  seconds: [15, 30, 60, 300],
};
const USUAL = { rate: 5, interval: 1000, pad: 0, seconds: 30 };

export class Controls {
  #form;
  #start;
  #stop;
  #status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  #progress = h("progress", { max: "1", value: "0", "aria-label": t("lab.progress") });
  #figures = h("p", { class: "quiet small figures" });
  #said = "";

  /** `start(settings)`, `stop()` */
  constructor({ start, stop }) {
    this.#start = h("button", { class: "button button-main" }, t("lab.start"));
    this.#stop = h("button", { type: "button", class: "button", onclick: stop }, t("lab.stop"));
    this.#form = h(
      "form",
      { class: "controls" },
      ...Object.keys(CHOICES).map(choice),
      h("div", { class: "buttons" }, this.#start, this.#stop),
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const entries = [...new FormData(this.#form)].map(([name, value]) => [name, Number(value)]);
      start(Object.fromEntries(entries));
    });
    this.element = section(
      "measure",
      t("lab.measure.title"),
      t("lab.measure.more"),
      this.#form,
      this.#progress,
      this.#status,
      this.#figures,
    );
  }

  /** `busy`: something is going on; `stoppable`: and it is a run. `share`: of it done, null where nobody knows. */
  show({ busy, stoppable, words, share, figures }) {
    for (const field of this.#form.querySelectorAll("select")) field.disabled = busy;
    const focused = [this.#start, this.#stop].includes(document.activeElement);
    this.#start.disabled = busy;
    this.#stop.hidden = !stoppable;
    this.#start.hidden = stoppable;
    // One takes the other's place, also for who works with the keyboard.
    if (focused) (stoppable ? this.#stop : this.#start).focus();
    this.#progress.hidden = share === null;
    this.#progress.value = share ?? 0;
    this.#figures.textContent = figures;
    // Only what is new: it is read out.
    if (words !== this.#said) this.#status.textContent = this.#said = words;
  }
}

function choice(name) {
  const id = `lab-${name}`;
  const options = CHOICES[name].map((value) =>
    h(
      "option",
      { value, selected: value === USUAL[name] },
      t(`lab.choice.${name}`, { value: shown(name, value) }),
    ),
  );
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, t(`lab.field.${name}`)),
    h("select", { id, name, class: "input" }, options),
  );
}

const shown = (name, value) => (name === "interval" ? value / 1000 : value);
