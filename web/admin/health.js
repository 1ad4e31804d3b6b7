/** How every worker is, asked anew every few seconds while somebody looks. */
import { formError, h } from "../elements/dom.js";
import { locale, t } from "../js/i18n.js";
import { timeLabel } from "../js/times.js";
import { sizeLabel } from "../panels/sizes.js";
import { doing } from "./figures.js";
import { ask } from "../panels/managing.js";
import { line, tag } from "./parts.js";

const EVERY_MS = 3000;
/** Nothing was heard for so long: what is shown is old. */
const STALE_MS = 8000;

const number = (value, digits = 0) => value.toLocaleString(locale(), { maximumFractionDigits: digits });
const milliseconds = (seconds) => (seconds === null ? "–" : `${number(seconds * 1000, seconds < 0.01 ? 1 : 0)} ms`);

class FleetHealth extends HTMLElement {
  #state = h("p", { class: "admin-state", role: "status" });
  #error = formError();
  #cards = h("div", { class: "admin-cards" });
  #workers = h("div", { class: "admin-workers", "aria-busy": "true" });
  #before = null;
  #heard = 0;
  #timer = null;

  connectedCallback() {
    this.append(this.#state, this.#error, this.#cards, this.#workers);
    this.#look();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #look() {
    try {
      if (!document.hidden) this.#show(await ask(this, "health"));
    } catch (problem) {
      this.#error.textContent = problem.message;
    }
    if (!this.isConnected) return;
    const stale = this.#heard > 0 && Date.now() - this.#heard > STALE_MS && !document.hidden;
    this.toggleAttribute("data-stale", stale);
    if (stale) this.#say(t("admin.health.stale", { time: timeLabel(this.#heard) }), "bad");
    this.#timer = setTimeout(() => this.#look(), EVERY_MS);
  }

  #say(words, kind) {
    if (this.#state.textContent === words) return;
    this.#state.textContent = words;
    this.#state.dataset.kind = kind;
  }

  #show(health) {
    this.#heard = Date.now();
    this.#error.textContent = "";
    const seconds = this.#before ? (health.at - this.#before.at) / 1000 : 0;
    const known = new Map(this.#before?.workers.map((worker) => [worker.worker, worker]));
    const rows = health.workers.map((worker) => ({ worker, ...doing(worker, known.get(worker.worker), seconds) }));
    this.#before = health;
    const [words, kind] = verdict(health);
    this.#say(words, kind);
    this.#cards.replaceChildren(...cards(health, rows));
    this.#workers.removeAttribute("aria-busy");
    this.#workers.replaceChildren(...rows.map(card));
  }
}

function verdict({ workers, silent, database, queue }) {
  if (database.state === "away") return [t("admin.health.database_away"), "bad"];
  if (silent > 0) return [t("admin.health.silent", { count: silent }), "bad"];
  if (workers.some(({ state }) => state === "deaf")) return [t("admin.health.deaf"), "bad"];
  if (queue > 1000) return [t("admin.health.behind", { count: queue }), "bad"];
  return [t("admin.health.well"), "good"];
}

function cards({ redis, database, queue, workers }, rows) {
  const streams = workers.reduce((sum, worker) => sum + worker.streams.sse + worker.streams.websocket, 0);
  const polls = workers.reduce((sum, worker) => sum + worker.streams.poll, 0);
  const rates = rows.map(({ deliveries }) => deliveries).filter((rate) => rate !== null);
  const together = rates.reduce((sum, rate) => sum + rate, 0);
  return [
    figure(t("admin.health.streams"), number(streams), polls > 0 && t("admin.health.polls", { count: polls })),
    figure(t("admin.health.deliveries"), rates.length > 0 ? number(together, together < 10 ? 1 : 0) : "–", t("admin.health.per_second")),
    figure("Redis", redis.valkey ?? redis.version ?? "–", `${number(redis.answered_ms, 1)} ms · ${sizeLabel(Number(redis.memory ?? 0))}`),
    figure(
      t("admin.health.database"),
      database.engine ?? t("admin.health.away"),
      database.state === "ok" && `${number(database.answered_ms, 1)} ms · ${t("admin.health.queue", { count: queue })}`,
    ),
  ];
}

export const figure = (name, value, more) =>
  h(
    "div",
    { class: "admin-card" },
    h("p", { class: "quiet" }, name),
    h("p", { class: "admin-value" }, value),
    more && h("p", { class: "quiet" }, more),
  );

function card({ worker, deliveries, cpu, p50, p99 }) {
  const { streams, state } = worker;
  const pairs = [
    ["streams", number(streams.sse + streams.websocket)],
    ["polling", number(streams.poll)],
    ["delay", `${milliseconds(p50)} · ${milliseconds(p99)}`],
    ["deliveries", deliveries === null ? "–" : `${number(deliveries, 1)}/s`],
    ["repairs", number(worker.repairs)],
    ["resets", number(worker.resets)],
    ["cpu", cpu === null ? "–" : `${number(cpu * 100)} %`],
    ["memory", worker.memory ? sizeLabel(worker.memory) : "–"],
  ];
  return h(
    "article",
    { class: "admin-worker", "data-state": state },
    h(
      "header",
      {},
      h("h3", {}, worker.worker),
      tag(t(`admin.state.${state}`), state === "serving" ? "tag-live" : "tag-danger"),
    ),
    line(`Tornchat ${worker.version}`, t("admin.health.up", { time: lasting(worker.began) })),
    worker.trouble && h("p", { class: "form-error" }, worker.trouble),
    h(
      "dl",
      {},
      pairs.map(([name, value]) => h("div", {}, h("dt", {}, t(`admin.figure.${name}`)), h("dd", {}, value))),
    ),
  );
}

/** How long ago, in the largest unit that fits. */
function lasting(at) {
  const minutes = Math.max(0, Math.round((Date.now() - at) / 60_000));
  const [value, unit] =
    minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);
}

customElements.define("fleet-health", FleetHealth);

export function healthSection(section) {
  section.append(h("fleet-health"));
}
