/** The lab page: wires the run, the doctor and the breaks to what is seen. */
import { h } from "../elements/dom.js";
import { api } from "../js/api.js";
import { loadLanguage, preferredLanguage, t, wordsAlsoFrom } from "../js/i18n.js";
import { BreakPanel } from "./break-panel.js";
import { Controls } from "./controls.js";
import { WireCounter } from "./cost.js";
import { DoctorPanel } from "./doctor-panel.js";
import { offer } from "./export.js";
import { Run, TRANSPORTS } from "./run.js";
import { Cost, Delays, section, Split } from "./sections.js";
import { delay, ratio } from "./words.js";

const SHOW_MS = 400;
const main = document.querySelector("main");

class Lab {
  #run = null;
  #wire = null;
  #server;
  #settings = { rate: 5, interval: 1000, pad: 0 };
  #controls = new Controls({
    start: (settings) => this.start(settings),
    stop: () => this.#run?.stop(),
  });
  #delays = new Delays();
  #split = new Split();
  #cost = new Cost();
  #doctor = new DoctorPanel({
    changed: () => this.show(),
    refused: (error) => wordsOf(error),
  });
  #breaks = new BreakPanel(() => this.#needed());
  #export;

  constructor(server) {
    this.#server = server;
    const save = () => offer(this.#parts());
    this.#export = h(
      "button",
      { type: "button", class: "button", onclick: save },
      t("lab.export.do"),
    );
    this.element = h(
      "div",
      { class: "sections" },
      this.#controls.element,
      this.#delays.element,
      this.#split.element,
      this.#cost.element,
      this.#doctor.element,
      this.#breaks.element,
      section("export", t("lab.export.title"), t("lab.export.more"), this.#export),
    );
    setInterval(() => this.#going && this.show(), SHOW_MS);
    this.show();
  }

  start(settings) {
    this.#settings = settings;
    this.#wire?.stop();
    this.#wire = new WireCounter();
    this.#wire.start();
    const seed = settings.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
    const run = new Run({ ...settings, seed }, () => this.#changed(run));
    this.#run = run;
    this.show();
    return run.start();
  }

  /** A run that goes on: the one there is, or a new one that ends when it is stopped. */
  async #needed() {
    if (!this.#going) await this.start({ ...this.#settings, seconds: Infinity });
    return this.#run.state === "running" ? this.#run : null;
  }

  get #going() {
    return ["starting", "running", "ending"].includes(this.#run?.state);
  }

  #changed(run) {
    if (run !== this.#run) return;
    if (!this.#going) {
      this.#wire.stop();
      this.#breaks.ended(run);
    }
    if (run.state === "signed-out") return askToSignIn();
    this.show();
  }

  show() {
    const run = this.#run;
    this.#controls.show(this.#told());
    this.#delays.show(run);
    this.#split.show(run);
    this.#cost.show(run, this.#wire);
    this.#doctor.disabled = this.#going;
    this.#breaks.disabled = this.#doctor.busy || ["starting", "ending"].includes(run?.state);
    this.#export.disabled = run === null && this.#doctor.seen === null;
  }

  #told() {
    const run = this.#run;
    const busy = this.#going || this.#doctor.busy;
    const none = { busy, stoppable: false, share: null, figures: "" };
    if (!run) return { ...none, words: t("lab.ready") };
    const { settings, secondsLeft: left } = run;
    const { offered, achieved } = run.rates;
    const rates = { sent: run.sent, offered: ratio(offered), achieved: ratio(achieved) };
    return {
      busy,
      stoppable: this.#going,
      share: this.#going && Number.isFinite(settings.seconds) ? 1 - left / settings.seconds : null,
      words: wordsOfState(run),
      figures: run.sent ? t("lab.rates", rates) : "",
    };
  }

  #parts() {
    return {
      server: this.#server,
      run: this.#run,
      wire: this.#wire,
      doctor: this.#doctor,
      breaks: this.#breaks.breaks,
    };
  }
}

function wordsOfState(run) {
  const said = [t(`lab.state.${run.state.replace("-", "_")}`)];
  if (run.problem) said.push(wordsOf(run.problem));
  if (run.refused) said.push(t("lab.slowed", { rate: run.rate }));
  if (run.skipped) said.push(t("lab.hidden"));
  if (run.state === "done")
    said.push(run.accepted().length > 0 ? mediansOf(run) : t("lab.nothing"));
  return said.join(" ");
}

/** The outcome in a sentence, for those who do not see the picture. */
function mediansOf(run) {
  const found = TRANSPORTS.filter((name) => run.results[name].delays.count > 0);
  const medians = found.map((name) => {
    const ms = delay(run.results[name].delays.percentile(0.5));
    return t("lab.median", { name: t(`lab.transport.${name}`), ms });
  });
  return t("lab.summary", { medians: medians.join(", ") });
}

function wordsOf(error) {
  if (error.status === 401) return t("lab.signed_out");
  if (error.status === 404) return t("lab.off");
  if (error.status === 429) return t("lab.limited");
  if (error.status >= 500) return t("lab.unavailable");
  return t("lab.away");
}

/** In the place of the lab: why it cannot be, and what to do. */
function showInstead(words, ...more) {
  main.replaceChildren(
    h("section", { class: "card instead", role: "alert" }, h("p", {}, words), ...more),
  );
}

function askToSignIn() {
  const link = h("a", { class: "button button-main", href: "/" }, t("lab.sign_in"));
  showInstead(t("lab.signed_out"), link);
  // Who has done so in another tab finds the lab open.
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", look);
    begin();
  };
  document.addEventListener("visibilitychange", look);
}

async function begin() {
  if (!window.EventSource || !window.WebSocket || !AbortSignal.any) {
    return showInstead(t("lab.unsupported"));
  }
  try {
    const server = await api.server();
    if (!server.lab) return showInstead(t("lab.off"));
    if (!server.signed_in) return askToSignIn();
    main.replaceChildren(new Lab(server).element);
  } catch (error) {
    const again = h("button", { type: "button", class: "button", onclick: begin }, t("lab.again"));
    showInstead(wordsOf(error), again);
  }
}

wordsAlsoFrom("/lab/locale");
await loadLanguage(preferredLanguage());
document.title = t("lab.title");
document.querySelector("h1").textContent = t("lab.title");
document.querySelector(".to-chat").textContent = t("lab.to_chat");
await begin();
