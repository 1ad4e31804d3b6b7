/** Whether anybody does anything at this browser, over all of its tabs: after five minutes without it is idle. */
import { storage } from "../js/storage.js";

const IDLE_MS = 5 * 60_000;
const LOOK_MS = 15_000;
/** Moving the pointer need not be written down each time. */
const NOTE_MS = 10_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const LAST = "active-at";
const IDLE = "idle";

export class Activity {
  #tell;
  #noted = 0;
  #timer = null;
  #heard = () => this.#note();
  #shown = () => document.hidden || this.#note();

  /** `tell(active)` promises that the server knows. */
  constructor(tell) {
    this.#tell = tell;
  }

  start() {
    if (this.#timer !== null) return;
    for (const sign of SIGNS) addEventListener(sign, this.#heard, { passive: true, capture: true });
    document.addEventListener("visibilitychange", this.#shown);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    if (!document.hidden) this.#note();
  }

  stop() {
    if (this.#timer === null) return;
    for (const sign of SIGNS) removeEventListener(sign, this.#heard, { capture: true });
    document.removeEventListener("visibilitychange", this.#shown);
    clearInterval(this.#timer);
    this.#timer = null;
    storage.set(IDLE, null);
  }

  /** A server that does not know this device yet takes it for active. */
  tellAgain() {
    if (storage.get(IDLE)) this.#tell(false).catch(() => {});
  }

  #note() {
    const now = Date.now();
    if (now - this.#noted < NOTE_MS && !storage.get(IDLE)) return;
    this.#noted = now;
    storage.set(LAST, String(now));
    if (storage.get(IDLE)) this.#change(true);
  }

  #look() {
    const last = Math.max(this.#noted, Number(storage.get(LAST) ?? 0));
    if (!storage.get(IDLE) && Date.now() - last > IDLE_MS) this.#change(false);
  }

  /** The first tab to notice tells; the others see that it is told. */
  #change(active) {
    storage.set(IDLE, active ? null : "yes");
    // Where it could not be told, the next look or the next sign of life tries again.
    this.#tell(active).catch(() => storage.set(IDLE, active ? "yes" : null));
  }
}
