/** <connection-banner>: says when the stream is not well; short blips are not worth a word.
 *
 * The words are read aloud once as they change. The seconds to the next try are for the eye alone: a
 * screen reader would count them down.
 */
import { t } from "../js/i18n.js";
import { emit, h } from "./dom.js";

/** How long the line must be away before anybody is told, in ms. */
const BLIP_MS = 2000;
const AT_ONCE = new Set(["delayed", "offline", "ended"]);
/** A try that is nearer than this comes before anybody could press the button, in ms. */
const SOON_MS = 2000;
const COUNTED = new Set(["connecting", "lost", "unavailable"]);

class ConnectionBanner extends HTMLElement {
  #words = h("span", { role: "status" });
  #next = h("span", { class: "line-next", "aria-hidden": "true" });
  #retry = h("button", { class: "line-retry", hidden: true, onclick: () => emit(this, "line-retry") });
  #line = null; // as wanted; what is shown is in `data-line`
  #retryAt = null;
  #blip;
  #clock;

  connectedCallback() {
    this.append(
      h(
        "div",
        { class: "line-words" },
        h("span", { class: "pulse", "aria-hidden": "true" }),
        this.#words,
        this.#next,
        this.#retry,
      ),
    );
  }

  update({ line, retryAt, phase }) {
    const wanted = phase === "welcome" ? "live" : line;
    if (wanted === this.#line && retryAt === this.#retryAt) return;
    this.#line = wanted;
    this.#retryAt = retryAt;
    if (wanted === "live") {
      clearTimeout(this.#blip);
      this.#blip = undefined;
      this.#show(null);
    } else if (this.hasAttribute("data-line") || AT_ONCE.has(wanted)) {
      this.#show(wanted);
    } else {
      this.#blip ??= setTimeout(() => this.#show(this.#line), BLIP_MS);
    }
  }

  rebuild() {
    if (this.hasAttribute("data-line")) this.#show(this.#line, { afresh: true });
  }

  #show(line, { afresh = false } = {}) {
    clearTimeout(this.#clock);
    if (afresh || line !== (this.dataset.line ?? null)) {
      this.#words.textContent = line ? t(`line.${line}`) : "";
      this.#retry.textContent = line ? t("line.retry") : "";
      if (line) this.dataset.line = line;
      else delete this.dataset.line;
    }
    this.#count();
  }

  /** The seconds to the next try, and a way not to wait for it. */
  #count() {
    const { line } = this.dataset;
    const left = COUNTED.has(line) && this.#retryAt ? this.#retryAt - Date.now() : 0;
    const counts = left > SOON_MS || (left > 0 && this.#next.textContent !== "");
    this.#next.textContent = counts ? t("line.next", { seconds: Math.ceil(left / 1000) }) : "";
    // Once there, it stays as long as the trouble does: it may have the focus.
    const stays = COUNTED.has(line) && !this.#retry.hidden;
    this.#retry.hidden = !(counts || stays || line === "ended");
    if (left > 0) this.#clock = setTimeout(() => this.#count(), left % 1000 || 1000);
  }
}

customElements.define("connection-banner", ConnectionBanner);
