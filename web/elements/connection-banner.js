/** <connection-banner>: says when the stream is not well; short blips are not worth a word. */
import { t } from "../js/i18n.js";
import { h } from "./dom.js";

/** How long the line must be away before anybody is told, in ms. */
const BLIP_MS = 2000;
const AT_ONCE = new Set(["delayed"]);
const QUIET = new Set(["live"]);

class ConnectionBanner extends HTMLElement {
  #text = h("span");
  #line = null;
  #timer;

  connectedCallback() {
    this.setAttribute("role", "status");
    this.append(h("span", { class: "pulse", "aria-hidden": "true" }), this.#text);
  }

  update({ line, phase }) {
    const wanted = phase === "welcome" ? "live" : line;
    if (wanted === this.#line) return;
    this.#line = wanted;
    if (QUIET.has(wanted)) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#show(null);
    } else if (this.hasAttribute("data-line") || AT_ONCE.has(wanted)) {
      this.#show(wanted);
    } else {
      this.#timer ??= setTimeout(() => this.#show(this.#line), BLIP_MS);
    }
  }

  rebuild() {
    if (this.hasAttribute("data-line")) this.#show(this.#line);
  }

  #show(line) {
    this.#text.textContent = line ? t(`line.${line}`) : "";
    if (line) this.dataset.line = line;
    else delete this.dataset.line;
  }
}

customElements.define("connection-banner", ConnectionBanner);
