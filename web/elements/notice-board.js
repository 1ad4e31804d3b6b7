/** <notice-board>: short notices at the foot of the page, read aloud by screen readers. */
import { h } from "./dom.js";

const SHOWN_MS = 5000;

class NoticeBoard extends HTMLElement {
  #polite = h("div", { role: "status" });
  #urgent = h("div", { role: "alert" });

  connectedCallback() {
    this.append(this.#polite, this.#urgent);
  }

  add(text, { urgent, unseen }) {
    const classes = unseen ? "visually-hidden" : urgent ? "notice notice-urgent" : "notice";
    const notice = h("p", { class: classes }, text);
    (urgent ? this.#urgent : this.#polite).replaceChildren(notice);
    setTimeout(() => notice.remove(), SHOWN_MS);
  }
}

customElements.define("notice-board", NoticeBoard);
