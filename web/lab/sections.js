/** The parts of the page that show a run: distributions, split, cost. Each is made once and shown again. */
import { h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { Histograms, splitBar } from "./charts.js";
import { costOf } from "./cost.js";
import { TRANSPORTS } from "./run.js";
import { medians, PARTS } from "./split.js";
import { delay, ratio, size } from "./words.js";

/** A section with a heading that names it. */
export function section(id, title, more, ...children) {
  return h(
    "section",
    { class: "card", "aria-labelledby": `${id}-title`, id },
    h("h2", { id: `${id}-title` }, title),
    more && h("p", { class: "quiet lead" }, more),
    ...children,
  );
}

/** A table that scrolls by itself where the page is narrow. */
export function table(caption, heads, body) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      body,
    ),
  );
}

const nameCell = (name) =>
  h("th", { scope: "row" }, h("span", { class: `dot ${name}` }), t(`lab.transport.${name}`));

const row = (name, cells) => h("tr", {}, nameCell(name), ...cells.map((cell) => h("td", {}, cell)));

export class Delays {
  #histograms = new Histograms(TRANSPORTS, t("lab.delays.picture"));
  #body = h("tbody");
  #empty = h("p", { class: "empty quiet" }, t("lab.empty"));
  #shown;

  constructor() {
    const heads = ["transport", "n", "p50", "p90", "p99", "max", "closed", "whole"];
    this.element = section(
      "delays",
      t("lab.delays.title"),
      t("lab.delays.more"),
      this.#empty,
      (this.#shown = h(
        "div",
        { class: "shown" },
        this.#histograms.element,
        table(
          t("lab.delays.title"),
          heads.map((head) => t(`lab.head.${head}`)),
          this.#body,
        ),
        h("p", { class: "quiet footnote" }, t("lab.delays.note")),
      )),
    );
    this.show(null);
  }

  show(run) {
    this.#empty.hidden = run !== null;
    this.#shown.hidden = run === null;
    if (!run) return;
    const accepted = run.accepted();
    const rows = TRANSPORTS.map((name) => {
      const { delays, closed } = run.results[name];
      this.#histograms.show(name, delays);
      const { n, p50, p90, p99, max } = delays.summary();
      const figures = [p50, p90, p99, max, closed.percentile(0.99)].map(delay);
      return row(name, [n, ...figures, wholeness(run, name, accepted)]);
    });
    this.#body.replaceChildren(...rows);
  }
}

/** Whether everything came once and in order; while the run goes on, what is on its way is not missing. */
function wholeness(run, name, accepted) {
  const { ledger } = run.results[name];
  const resets = run.channels[name]?.resets ?? 0;
  const missing = run.state === "done" ? ledger.missing(accepted).length : 0;
  const wrong = missing + ledger.doubled.length + ledger.disordered.length + resets;
  if (wrong === 0) return h("span", { class: "fine" }, t("lab.whole"));
  const values = { missing, doubled: ledger.doubled.length, disordered: ledger.disordered.length };
  return h("span", { class: "wrong" }, t("lab.not_whole", { ...values, resets }));
}

export class Split {
  #bars = h("div", { class: "splits" });
  #clock = h("p", { class: "quiet footnote" });
  #empty = h("p", { class: "empty quiet" }, t("lab.empty"));
  #shown;

  constructor() {
    this.element = section(
      "split",
      t("lab.split.title"),
      t("lab.split.more"),
      this.#empty,
      (this.#shown = h(
        "div",
        { class: "shown" },
        h(
          "ul",
          { class: "legend" },
          PARTS.map((name) =>
            h("li", {}, h("span", { class: `dot ${name}` }), t(`lab.part.${name}`)),
          ),
        ),
        this.#bars,
        this.#clock,
      )),
    );
    this.show(null);
  }

  show(run) {
    this.#empty.hidden = run !== null;
    this.#shown.hidden = run === null;
    if (!run) return;
    const found = TRANSPORTS.map((name) => [name, medians(run.results[name].trips)]);
    this.#bars.replaceChildren(...found.flatMap(([name, split]) => bar(name, split)));
    const { known, ahead, uncertainty } = run.clock;
    const way = t(ahead < 0 ? "lab.clock.behind" : "lab.clock.ahead");
    const values = { ahead: delay(Math.abs(ahead)), way, most: delay(uncertainty) };
    this.#clock.textContent = known ? t("lab.split.clock", values) : "";
  }
}

/** Each bar is as long as the others, since what is compared is the shares. */
function bar(name, split) {
  const said = PARTS.map((part) => `${t(`lab.part.${part}`)} ${delay(split.parts[part])}`);
  const words = split.n ? t("lab.split.parts", { parts: said.join(" · ") }) : "–";
  const total = PARTS.reduce((sum, part) => sum + split.parts[part], 0);
  return [
    h(
      "h3",
      {},
      t(`lab.transport.${name}`),
      split.n > 0 && h("span", { class: "quiet" }, t("lab.ms", { ms: delay(total) })),
    ),
    splitBar(split, Math.max(total, 0.001), `${t(`lab.transport.${name}`)}: ${words}`),
    h("p", { class: "quiet small" }, words),
  ];
}

export class Cost {
  #body = h("tbody");
  #empty = h("p", { class: "empty quiet" }, t("lab.empty"));
  #shown;

  constructor() {
    const heads = ["transport", "requests", "asked", "wasted", "bytes", "per", "by"];
    this.element = section(
      "cost",
      t("lab.cost.title"),
      t("lab.cost.more"),
      this.#empty,
      (this.#shown = h(
        "div",
        { class: "shown" },
        table(
          t("lab.cost.title"),
          heads.map((head) => t(`lab.head.${head}`)),
          this.#body,
        ),
        h("p", { class: "quiet footnote" }, t("lab.cost.note")),
      )),
    );
    this.show(null, null);
  }

  show(run, wire) {
    this.#empty.hidden = run !== null;
    this.#shown.hidden = run === null;
    if (!run) return;
    const rows = TRANSPORTS.map((name) => {
      const delivered = run.results[name].delays.count + run.results[name].ledger.replayed.length;
      const cost = costOf(name, run.channels[name], delivered, wire);
      const by = t(cost.measured ? "lab.by.browser" : "lab.by.page");
      const ratios = [ratio(cost.asked), ratio(cost.wasted)];
      return row(name, [cost.requests, ...ratios, size(cost.bytes), size(nan(cost.per)), by]);
    });
    this.#body.replaceChildren(...rows);
  }
}

const nan = (value) => (Number.isFinite(value) ? value : null);
