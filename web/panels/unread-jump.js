/** The button above the messages that leads to the first unread one, while that is out of sight. */
import { t } from "../js/i18n.js";
import { isFar } from "../js/timeline.js";
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

export class UnreadJump {
  element = h("div", { class: "unread-jump", hidden: true });
  #scroller;
  #reach;
  #arrived;
  #button;
  #since = null;
  #seen = false; // the line above it has been in sight
  #wanted = false; // to be gone to as soon as it is loaded

  /** `reach(missed)` asks for the history around it and calls `missed()` where that cannot be had, `arrived()` tells that the list was scrolled to it, and
   * `caughtUp()` that all is read. */
  constructor(scroller, { reach, arrived, caughtUp }) {
    this.#scroller = scroller;
    this.#reach = reach;
    this.#arrived = arrived;
    this.#button = h("button", { class: "unread-go", onclick: () => this.#go() });
    const words = t("unread.read");
    const attributes = { class: "icon-button", title: words, "aria-label": words };
    this.element.append(
      this.#button,
      h("button", { ...attributes, onclick: caughtUp }, icon("check", 18)),
    );
    this.#button.append(icon("up", 18), h("span", {}, t("unread.jump")));
  }

  /** `view` is that of <message-list>. */
  show({ page, since }) {
    if (since !== this.#since) this.#forget(since);
    const line = this.#line();
    const far = !line && page?.status === "ready" && isFar(page, since);
    if (line && this.#wanted) this.#arrive(line);
    else if (!far || page.older === "failed") this.#wanted = false;
    const above = line && line.getBoundingClientRect().bottom < this.#top();
    if (line && !above) this.#seen = true;
    this.#button.setAttribute("aria-busy", String(this.#wanted));
    this.element.hidden = this.#seen || !(above || far);
  }

  #forget(since) {
    this.#since = since;
    this.#seen = this.#wanted = false;
  }

  #go() {
    const line = this.#line();
    if (line) return this.#arrive(line);
    this.#wanted = true;
    this.#button.setAttribute("aria-busy", "true");
    this.#reach(() => {
      this.#wanted = false;
      this.#button.setAttribute("aria-busy", "false");
    });
  }

  #arrive(line) {
    this.#wanted = false;
    this.#scroller.scrollTop += line.getBoundingClientRect().top - this.#top() - this.#scroller.clientHeight / 4;
    this.#arrived();
    line.nextElementSibling?.focus({ preventScroll: true });
  }

  #line = () => this.#scroller.querySelector(".new-line");
  #top = () => this.#scroller.getBoundingClientRect().top;
}
