/** <typing-line>: who else is writing in the open room. It is there to be looked at, and not read aloud. */
import { t } from "../js/i18n.js";
import { nameOf } from "../js/naming.js";
import { h } from "../elements/dom.js";

class TypingLine extends HTMLElement {
  #words = h("span", { class: "ellipsis", dir: "auto" });
  #shown = "";

  connectedCallback() {
    if (this.firstChild) return;
    const dots = h("span", { class: "typing-dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    this.append(dots, this.#words);
  }

  update(people) {
    const words = wordsOf(people.map(nameOf));
    if (words === this.#shown) return;
    this.#shown = words;
    this.hidden = words === "";
    this.#words.textContent = words;
  }
}

function wordsOf([first, second, ...others]) {
  if (!first) return "";
  if (others.length > 0) return t("typing.many");
  return second ? t("typing.two", { first, second }) : t("typing.one", { name: first });
}

customElements.define("typing-line", TypingLine);
