/** Break my connection: what happens to it, and what was replayed when it came back. */
import { now } from "./clock.js";

export const WAYS = ["drop", "delay", "sleep"];
/** How long after its end everything must be there, in ms. */
const PATIENCE = 20_000;

/**
 * Breaks one channel of a run that goes on.
 *
 * "drop": closed, and opened at once from its cursor. "delay": opened after `seconds`. "sleep": nothing that
 * comes is looked at for `seconds`, as if the computer slept; then the connection is not trusted any more.
 */
export class Break {
  /** "broken", "catching-up", "whole", "incomplete" */
  state = "broken";
  replayed = [];
  missing = [];
  doubled = 0;
  disordered = 0;
  resets = 0;
  cursor = null;
  /** ms without an event that was looked at. */
  gap = null;
  #run;
  #channel;
  #timer = null;
  #brokenAt;
  #reopenedAt = null;
  #firstAfter = null;
  #before;

  constructor(run, transport, way, seconds, changed) {
    Object.assign(this, { transport, way, seconds, changed });
    this.#run = run;
    this.#channel = run.channels[transport];
  }

  start() {
    const channel = this.#channel;
    this.cursor = channel.cursor;
    this.#brokenAt = now();
    this.#before = { ...this.#counts(), resets: channel.resets };
    this.#run.arrived = (from, event, replayed, at) => {
      if (from === channel && this.#reopenedAt !== null) this.#arrived(event, replayed, at);
    };
    if (this.way === "sleep") channel.asleep = true;
    else channel.close();
    this.#timer = setTimeout(() => this.#mend(), this.way === "drop" ? 0 : this.seconds * 1000);
    this.changed();
  }

  /** Where the run ends while the connection is broken. */
  cancel() {
    clearTimeout(this.#timer);
    this.#channel.asleep = false;
    this.#run.arrived = null;
  }

  #mend() {
    this.#channel.asleep = false;
    this.#reopenedAt = now();
    this.state = "catching-up";
    this.#channel.open();
    this.changed();
    this.#look();
  }

  #arrived(event, replayed, at) {
    this.#firstAfter ??= at;
    if (replayed) this.replayed.push(event.id);
    this.changed();
  }

  /** Done when what was sent after the end of the break has come, and with it all before it. */
  #look() {
    const mended = this.#reopenedAt;
    const mine = [...this.#run.probes.values()].filter(({ k, id }) => k >= 0 && id);
    const { ledger } = this.#run.results[this.transport];
    const due = mine.filter(({ answered }) => answered < now() - 300).map(({ id }) => id);
    const since = mine.some(({ id, sent }) => sent > mended && ledger.has(id));
    const missing = ledger.missing(due);
    if ((!since || missing.length > 0) && now() - mended < PATIENCE) {
      this.#timer = setTimeout(() => this.#look(), 200);
      return;
    }
    const { doubled, disordered } = this.#counts();
    this.missing = missing;
    this.doubled = doubled - this.#before.doubled;
    this.disordered = disordered - this.#before.disordered;
    this.resets = this.#channel.resets - this.#before.resets;
    this.gap = this.#firstAfter === null ? null : this.#firstAfter - this.#brokenAt;
    const whole = since && missing.length + this.doubled + this.disordered + this.resets === 0;
    this.state = whole ? "whole" : "incomplete";
    this.#run.arrived = null;
    this.changed();
  }

  #counts() {
    const { doubled, disordered } = this.#run.results[this.transport].ledger;
    return { doubled: doubled.length, disordered: disordered.length };
  }

  /** For the export. */
  summary() {
    const { transport, way, seconds, state, cursor, gap, replayed, missing } = this;
    const { doubled, disordered, resets } = this;
    const broken = { transport, way, seconds: way === "drop" ? 0 : seconds, state, cursor };
    return { ...broken, gap_ms: gap, replayed, missing, doubled, disordered, resets };
  }
}
