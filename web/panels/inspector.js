/** <message-way>: how a message got here, station by station, as far as this tab knows. */
import { nameOf } from "../elements/avatar.js";
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { versionOf } from "../js/changes.js";
import { locale, t } from "../js/i18n.js";
import { roomName } from "../js/naming.js";
import { messageIn } from "../js/selectors.js";
import { clock } from "../js/times.js";
import { KEPT, trail } from "../later/trail.js";
import { openDialog } from "./dialog.js";
import { gapsOf, arrivalOf, middleOf, reportOf, stationsOf } from "./way.js";
import { wayBar } from "./way-bar.js";

export const styled = true;

class MessageWay extends HTMLElement {
  message = null;
  #app;
  #state = null;
  #shown = null;
  #way = h("div", { class: "way" });
  #report = h("pre", { class: "way-report", tabindex: "0" });
  #details = h(
    "details",
    { class: "way-json" },
    h("summary", {}, t("way.report")),
    h("p", { class: "quiet" }, t("way.report.more")),
    this.#report,
  );

  begin(app, state) {
    this.#app = app;
    const copy = { type: "button", class: "button button-wide", onclick: () => this.#copy() };
    this.append(this.#way, this.#details, h("button", copy, icon("copy", 18), t("way.copy")));
    this.update(state);
    const [least, most] = trail.clock.ahead;
    if (state.server?.lab && !(most - least < 20)) {
      emit(this, "clock-ask", { settle: () => this.isConnected && this.#show() });
    }
  }

  update(state) {
    this.#state = state;
    this.message = messageIn(state, this.message.room, this.message.id) ?? this.message;
    const seen = [this.message, state.people, state.rooms[this.message.room]];
    if (this.#shown?.every((part, i) => part === seen[i])) return;
    this.#shown = seen;
    this.#show();
  }

  #show() {
    const known = trail.of(this.message);
    const { ahead } = trail.clock;
    const came = arrivalOf(known);
    const stations = stationsOf(this.message, known);
    const gaps = gapsOf(stations, ahead);
    this.dataset.came = came;
    this.#report.textContent = JSON.stringify(this.#reportOf(known, ahead), null, 1);
    const words = t(`way.came.${came}`, { count: KEPT });
    this.#way.replaceChildren(
      h("p", {}, words, known.event?.shared && ` ${t("way.shared")}`),
      gaps.length > 0 ? wayBar(gaps) : "",
      this.#table(stations, gaps, known),
      h("p", { class: "way-note quiet" }, clockWords(ahead)),
      this.#facts(known),
      this.#later(known.touched),
    );
  }

  #table(stations, gaps, known) {
    const rows = stations.map((station) => {
      const gap = gaps.find(({ to }) => to === station);
      const place = station.worker && h("span", { class: "way-worker" }, station.worker);
      const why = station.at === null && missing(station, this.message, known, this.#state.user.id);
      return h(
        "tr",
        { "data-station": station.name, "data-at": station.at, "data-clock": station.clock },
        h("th", { scope: "row" }, h("span", { class: "way-dot" }), t(`way.station.${station.name}`), place),
        station.at === null
          ? h("td", { colspan: "2", class: "quiet way-missing" }, why)
          : [h("td", {}, clockTime(station.at)), h("td", { class: "way-gap" }, gap ? gapWords(gap) : "")],
      );
    });
    const head = ["station", "time", "after"].map((name) => h("th", { scope: "col" }, t(`way.head.${name}`)));
    return h("table", { class: "way-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  }

  #facts({ event, trip }) {
    const { id, room, author, reply_to } = this.message;
    const { rooms, people } = this.#state;
    const facts = {
      id: String(id),
      prev: event ? String(event.prev) : t("way.unknown"),
      room: rooms[room] ? `${roomName(this.#state, rooms[room])} · ${room}` : room,
      author: `${nameOf(people[author] ?? { id: author })} · ${author}`,
      ...(reply_to && { reply: String(reply_to) }),
      ...(trip && { post: t("way.post", { count: trip.tries, ms: inMs(trip.answered - trip.sent) }) }),
    };
    const entries = Object.entries(facts).flatMap(([name, value]) => [
      h("dt", {}, t(`way.fact.${name}`)),
      h("dd", {}, h("bdi", {}, value)),
    ]);
    return h("dl", { class: "way-facts" }, ...entries);
  }

  /** What has happened to the message since: by events that came here, and by what the message says itself. */
  #later(touched) {
    const { people } = this.#state;
    const { edited, pinned } = this.message;
    const version = versionOf(this.message);
    const entry = (kind, at, who) =>
      h(
        "li",
        {},
        h("span", {}, t(`way.kind.${kind}`)),
        who && h("bdi", { class: "quiet" }, nameOf(people[who] ?? { id: who })),
        h("span", { class: "quiet way-when" }, clockTime(at)),
      );
    const entries = touched.map(({ kind, at, who }) => entry(kind, at, who));
    const heard = (kind) => touched.some((event) => event.kind === kind);
    if (edited && !heard("message.edited")) entries.unshift(entry("message.edited", edited));
    if (pinned && !heard("message.pinned")) entries.unshift(entry("message.pinned", pinned.at, pinned.by));
    const unheard = version > Math.max(this.message.id, ...touched.map(({ id }) => id));
    if (entries.length === 0 && !unheard) return h("p", { class: "quiet" }, t("way.untouched"));
    return h(
      "section",
      {},
      h("h3", {}, t("way.later")),
      h("ul", { class: "way-later" }, ...entries),
      unheard && h("p", { class: "quiet way-note" }, t("way.unheard", { id: String(version) })),
    );
  }

  #reportOf(known, ahead) {
    const { server, line } = this.#state;
    const page = { at: Date.now(), line, version: server?.version ?? null, browser: navigator.userAgent };
    return { ...reportOf(this.message, known, ahead), page };
  }

  /** Without a secure context there is no clipboard: then it can be copied by hand. */
  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#report.textContent);
      this.#app.announce(t("way.copied"));
    } catch {
      this.#details.open = true;
      this.#report.focus();
      getSelection().selectAllChildren(this.#report);
    }
  }
}

customElements.define("message-way", MessageWay);

const number = (digits) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits });
/** Shown to what it can be known to. */
const inMs = (ms) => number(ms < 100 ? 1 : 0).format(ms);

function clockTime(at) {
  const today = new Date(at).toDateString() === new Date().toDateString();
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
  const day = today ? {} : { day: "numeric", month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(locale(), { ...day, ...time, hourCycle: clock() }).format(at);
}

function gapWords(gap) {
  const middle = middleOf(gap);
  if (middle === null) return t("way.gap.least", { ms: inMs(gap.least) });
  const error = (gap.most - gap.least) / 2;
  const ms = inMs(middle);
  return error < 0.05 ? t("way.gap", { ms }) : t("way.gap.about", { ms, error: inMs(error) });
}

/** Why a station has no time. */
function missing({ name, worker }, message, { event }, me) {
  if (name === "sent") return t(message.author === me ? "way.none.tab" : "way.none.others");
  if (name === "taken") return t(worker ? "way.none.stamp" : "way.none.taker");
  if (name === "delivered") return t(worker ? "way.none.stamp" : "way.unknown");
  if (name === "painted" && event) return t("way.none.painted");
  return t("way.unknown");
}

function clockWords([least, most]) {
  if (!Number.isFinite(most - least)) return t("way.clock.unknown");
  const ahead = (least + most) / 2;
  const words = ahead < 0 ? "way.clock.behind" : "way.clock.ahead";
  return t(words, { ms: inMs(Math.abs(ahead)), error: inMs((most - least) / 2) });
}

export function openInspector(app, message, state) {
  const way = h("message-way", { "data-live": true });
  way.message = message;
  openDialog(app, t("way.title"), way);
  way.begin(app, state);
}
