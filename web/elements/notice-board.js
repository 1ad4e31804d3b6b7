/** <notice-board>: short notices at the foot of the page, read aloud by screen readers. */
import { t } from "../js/i18n.js";
import { h } from "./dom.js";

const SHOWN_MS = 5000;
/** Where something can be done about it. */
const LONGER_MS = 10_000;

class NoticeBoard extends HTMLElement {
  #polite = h("div", { role: "status" });
  #urgent = h("div", { role: "alert" });

  connectedCallback() {
    this.append(this.#polite, this.#urgent);
  }

  /** `act`: what can still be done about it, `{words, run}`. */
  add(text, { urgent, unseen, act }) {
    const classes = unseen ? "visually-hidden" : urgent ? "notice notice-urgent" : "notice";
    const notice = h("p", { class: classes }, h("span", {}, text));
    if (act) {
      const run = () => (notice.remove(), act.run());
      notice.append(h("button", { class: "link-button", onclick: run }, act.words));
    }
    (urgent ? this.#urgent : this.#polite).replaceChildren(notice);
    setTimeout(() => notice.remove(), act ? LONGER_MS : SHOWN_MS);
  }
}

customElements.define("notice-board", NoticeBoard);
