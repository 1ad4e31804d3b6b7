/** <message-composer>: where messages are written. Keeps an unsent draft for each room.
 *
 * What is written is always in one of two places that outlive the page: the draft, or the outbox.
 */
import { drafts } from "../js/drafts.js";
import { t } from "../js/i18n.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";

/** In characters (code points), as the server counts. */
const LONGEST = 10_000;
const WARN_FROM = 9_000;

class MessageComposer extends HTMLElement {
  #text = h("textarea", {
    rows: 1,
    enterkeyhint: "enter",
    autocomplete: "off",
    dir: "auto",
    "aria-describedby": "composer-count",
  });
  #send = h("button", { class: "send", type: "submit" }, icon("send"));
  #count = h("span", { id: "composer-count", class: "count", "aria-live": "polite" });
  #hint = h("span", { class: "composer-hint" });
  #room = null;
  #user = null;
  #leaving = []; // texts that the outbox is about to keep

  connectedCallback() {
    const form = h("form", { class: "composer" }, this.#text, this.#send);
    const foot = h("div", { class: "composer-foot" }, this.#hint, this.#count);
    this.append(h("div", { class: "composer-column" }, form, foot));
    this.#send.setAttribute("aria-label", t("composer.send"));
    this.#send.title = t("composer.send");
    this.#hint.textContent = t("composer.hint");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A press on the frame is meant for the text.
    form.addEventListener("click", ({ target }) => target === form && this.focus());
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
  }

  update({ room, user }) {
    if (this.#room?.id !== room.id || this.#user !== user.id) {
      this.#room = room;
      this.#user = user.id;
      this.#leaving = [];
      this.#text.value = drafts.read(user.id, room.id);
      this.#fit();
    }
    this.#room = room;
    const label = t("composer.label", { room: room.name });
    this.#text.placeholder = label;
    this.#text.setAttribute("aria-label", label);
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Takes up a text that was not sent, behind what is there. */
  takeUp(text) {
    this.#text.value = drafts.join(this.#text.value, text);
    this.#changed();
    this.focus();
  }

  #key(event) {
    // While a word is being composed (Chinese, Japanese, Korean...), Enter belongs to the input method.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const touch = matchMedia("(pointer: coarse)").matches;
    if (event.shiftKey || (touch && !event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#text.value;
    const body = bodyOf(text);
    if (body === "" || lengthOf(body) > LONGEST) return;
    const [user, room] = [this.#user, this.#room.id];
    this.#leaving.push(text);
    this.#text.value = "";
    this.#changed();
    const kept = () => {
      this.#leaving = this.#leaving.filter((other) => other !== text);
      drafts.release(user, room, text);
    };
    emit(this, "message-send", { room, body, kept });
    this.focus();
  }

  #changed() {
    const draft = drafts.join(...this.#leaving, this.#text.value);
    drafts.write(this.#user, this.#room.id, draft);
    this.#fit();
  }

  /** Height and counter follow the text. */
  #fit() {
    const { value } = this.#text;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    const length = value.length < WARN_FROM ? 0 : lengthOf(bodyOf(value));
    const near = length >= WARN_FROM;
    this.#count.textContent = near ? t("composer.count", { length, longest: LONGEST }) : "";
    this.#count.classList.toggle("over", length > LONGEST);
    this.#send.disabled = value.trim() === "" || length > LONGEST;
    this.toggleAttribute("data-filled", !this.#send.disabled);
  }
}

/** Without blank lines around it; spaces before the first word may be code. */
const bodyOf = (text) => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();

function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

customElements.define("message-composer", MessageComposer);
