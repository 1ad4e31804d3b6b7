/** <notice-board>: short notices at the foot of the page, read aloud by screen readers. */
import { t } from "../js/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_SECONDS = 5;
/** Where something can be done about it. */
const LONGER_SECONDS = 10;
/** Notices that wait, one above the other: the oldest makes room. */
const MOST = 3;
const WAITS = ".notice-waits";

class NoticeBoard extends HTMLElement {
  #polite = h("div", { role: "status", "aria-atomic": "false" });
  #urgent = h("div", { role: "alert" });

  connectedCallback() {
    this.append(this.#polite, this.#urgent);
  }

  /** `act`: what can still be done about it, `{words, run, over, seconds}`; `over()` is called when the time for it
   * has gone, which stands still under a pointer or the focus. Such a notice stays beside others. Answers
   * `{act(), close()}`. */
  add(text, { urgent, unseen, act }) {
    const classes = unseen ? "visually-hidden" : urgent ? "notice notice-urgent" : "notice";
    const notice = h("p", { class: classes }, h("span", { dir: "auto" }, text));
    let from = null; // where the focus came from
    let timer = null;
    let closed = false;
    const close = () => {
      closed = true;
      clearTimeout(timer);
      notice.remove();
    };
    const end = (then) => (event) => {
      close();
      // Pressed by a key: hands on keyboards go on where they were.
      if (event?.detail === 0 && from?.isConnected) from.focus({ preventScroll: true });
      then?.();
    };
    const wait = () => {
      clearTimeout(timer);
      if (closed || notice.matches(":hover, :focus-within")) return;
      timer = setTimeout(end(act?.over), (act ? (act.seconds ?? LONGER_SECONDS) : SHOWN_SECONDS) * 1000);
    };
    if (act) {
      notice.append(h("button", { class: "link-button", onclick: end(act.run) }, act.words));
      if (act.over) notice.append(closer(end(act.over)));
      notice.addEventListener("focusin", ({ relatedTarget }) => {
        clearTimeout(timer);
        if (!notice.contains(relatedTarget)) from = relatedTarget;
      });
      notice.addEventListener("pointerenter", () => clearTimeout(timer));
      for (const name of ["focusout", "pointerleave"]) notice.addEventListener(name, wait);
    }
    const board = urgent ? this.#urgent : this.#polite;
    for (const other of [...board.children]) if (!other.matches(WAITS)) other.remove();
    if (act?.over) notice.classList.add("notice-waits");
    const waiting = this.querySelectorAll(WAITS);
    if (act?.over && waiting.length === MOST) waiting[0].querySelector(".notice-close").click();
    board.append(notice);
    wait();
    return { act: end(act?.run), close };
  }
}

function closer(onclick) {
  const words = t("dialog.close");
  return h("button", { class: "notice-close", "aria-label": words, title: words, onclick }, icon("close", 16));
}

customElements.define("notice-board", NoticeBoard);
