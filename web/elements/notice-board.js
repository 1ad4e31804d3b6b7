/** <notice-board>: short notices at the foot of the page, read aloud by screen readers. */
import { t } from "../js/i18n.js";
import { h } from "./dom.js";

const SHOWN_MS = 5000;
const UNDO_MS = 12_000;

class NoticeBoard extends HTMLElement {
  #polite = h("div", { role: "status" });
  #urgent = h("div", { role: "alert" });

  connectedCallback() {
    this.append(this.#polite, this.#urgent);
  }

  /** `undo()` takes back what was said to be done. */
  add(text, { urgent, unseen, undo }) {
    const classes = unseen ? "visually-hidden" : urgent ? "notice notice-urgent" : "notice";
    const take = () => (notice.remove(), undo());
    const button = { type: "button", class: "link-button", onclick: take };
    const notice = h("p", { class: classes }, text, undo && h("button", button, t("notice.undo")));
    (urgent ? this.#urgent : this.#polite).replaceChildren(notice);
    setTimeout(() => notice.remove(), undo ? UNDO_MS : SHOWN_MS);
  }
}

customElements.define("notice-board", NoticeBoard);
