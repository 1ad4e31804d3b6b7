/** Break my connection, as people see it. */
import { h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { Break, WAYS } from "./breaking.js";
import { TRANSPORTS } from "./run.js";
import { section, table } from "./sections.js";
import { seconds } from "./words.js";

const SECONDS = [1, 2, 5, 10, 30];

export class BreakPanel {
  /** All breaks since the page was loaded, for the export. */
  breaks = [];
  #run = null;
  #current = null;
  #transport;
  #seconds;
  #buttons;
  #status = h("p", { class: "status", role: "status", "aria-live": "polite" });
  #body = h("tbody");
  #table;

  /** `needed()`: start a run without an end, where there is none. Gives the run once it is running. */
  constructor(needed) {
    this.needed = needed;
    this.#transport = select("lab-broken", TRANSPORTS, (name) => t(`lab.transport.${name}`));
    this.#seconds = select("lab-away", SECONDS, (value) => t("lab.choice.seconds", { value }));
    this.#buttons = WAYS.map((way) => {
      const onclick = () => this.#break(way);
      const button = h("button", { type: "button", class: "button", onclick }, t(`lab.way.${way}`));
      button.title = t(`lab.way.${way}.more`);
      return button;
    });
    const heads = ["transport", "way", "gap", "replayed", "verdict"];
    this.#table = table(
      t("lab.break.title"),
      heads.map((head) => t(`lab.head.${head}`)),
      this.#body,
    );
    this.#table.hidden = true;
    const fields = [
      ["lab.field.broken", this.#transport],
      ["lab.field.away", this.#seconds],
    ];
    this.element = section(
      "break",
      t("lab.break.title"),
      t("lab.break.more"),
      h(
        "div",
        { class: "controls" },
        ...fields.map(([key, input]) =>
          h("div", { class: "field" }, h("label", { for: input.id }, t(key)), input),
        ),
        h("div", { class: "buttons" }, this.#buttons),
      ),
      h("dl", { class: "ways quiet small" }, WAYS.flatMap(explained)),
      this.#status,
      this.#table,
    );
  }

  get busy() {
    return this.#current !== null && ["broken", "catching-up"].includes(this.#current.state);
  }

  set disabled(value) {
    for (const button of this.#buttons) button.disabled = value || this.busy;
  }

  /** The run is over: what is broken stays so. */
  ended(run) {
    if (run !== this.#run || !this.busy) return;
    this.#current.cancel();
    this.breaks = this.breaks.filter((each) => each !== this.#current);
    this.#current = null;
    this.#status.textContent = t("lab.cancelled");
    this.#show();
  }

  async #break(way) {
    const [transport, away] = [this.#transport.value, Number(this.#seconds.value)];
    this.disabled = true;
    this.#run = await this.needed();
    if (!this.#run) return;
    this.#current = new Break(this.#run, transport, way, away, () => this.#show());
    this.breaks.push(this.#current);
    this.#current.start();
  }

  #show() {
    this.disabled = false;
    const words = this.#current && said(this.#current);
    if (words && words !== this.#status.textContent) this.#status.textContent = words;
    this.#table.hidden = this.breaks.length === 0;
    this.#body.replaceChildren(...this.breaks.map(shown).reverse());
  }
}

function said(broken) {
  const { state, transport, seconds: away, way, replayed, missing } = broken;
  const name = t(`lab.transport.${transport}`);
  if (state === "broken") return t(`lab.now.${way}`, { name, seconds: away });
  if (state === "catching-up") return t("lab.now.back", { name });
  if (state === "whole") return t("lab.now.whole", { name, count: replayed.length });
  return t("lab.now.incomplete", { name, missing: missing.length });
}

function shown(broken) {
  const { transport, way, seconds: away, gap, replayed, state } = broken;
  const range = replayed.length ? `${replayed[0]} … ${replayed.at(-1)}` : "";
  const name =
    way === "drop" ? t("lab.way.drop") : `${t(`lab.way.${way}`)}, ${t("lab.s", { s: away })}`;
  return h(
    "tr",
    { "data-state": state },
    h(
      "th",
      { scope: "row" },
      h("span", { class: `dot ${transport}` }),
      t(`lab.transport.${transport}`),
    ),
    h("td", {}, name),
    h("td", {}, seconds(gap)),
    h(
      "td",
      {},
      h("span", {}, t("lab.count", { count: replayed.length })),
      range && h("small", { class: "quiet ids" }, range),
    ),
    h("td", {}, verdict(broken)),
  );
}

function verdict({ state, missing, doubled, disordered, resets }) {
  if (state === "whole") return h("span", { class: "fine" }, t("lab.whole"));
  if (state !== "incomplete") return "…";
  const values = { missing: missing.length, doubled, disordered, resets };
  return h("span", { class: "wrong" }, t("lab.not_whole", values));
}

const explained = (way) => [
  h("dt", {}, t(`lab.way.${way}`)),
  h("dd", {}, t(`lab.way.${way}.more`)),
];

function select(id, values, words) {
  return h(
    "select",
    { id, class: "input" },
    values.map((value) => h("option", { value }, words(value))),
  );
}
