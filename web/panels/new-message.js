/** The dialogs in which one chooses people, to write to them or to add them to a room: a search, those chosen, those
 * found. */
import { t } from "../js/i18n.js";
import { avatar, nameOf } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

/** Others, so that with me there are as many as the server takes. */
const MOST = 9;
const CALM_MS = 150;

class NewMessage extends HTMLElement {
  #me;
  #there; // ids of those who are not to be found
  #done;
  #chosen = [];
  #found = [];
  #at = -1; // the one that Enter takes
  #timer = null;
  #asked = 0;
  #input = h("input", {
    class: "people-input",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "people-found",
    "aria-autocomplete": "list",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  });
  #chips = h("div", { class: "people-chosen" });
  #list = h("ul", { class: "people-found", id: "people-found", role: "listbox", "aria-busy": "true" });
  #note = h("p", { class: "people-note quiet", role: "status" });
  #error = formError();
  #go = h("button", { class: "button button-main", type: "button", disabled: true });

  /** `go` words of the button; `done(people, settle)` what it does. */
  constructor(me, { go, there = [], done }) {
    super();
    this.#me = me;
    this.#there = there;
    this.#done = done;
    this.#go.append(go);
  }

  connectedCallback() {
    this.#input.setAttribute("aria-label", t("direct.search"));
    this.#input.placeholder = t("direct.search");
    this.#list.setAttribute("aria-label", t("direct.found"));
    this.#go.addEventListener("click", () => this.#open());
    this.#input.addEventListener("input", () => this.#soon());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    const box = h("div", { class: "people-box input" }, this.#chips, this.#input);
    box.addEventListener("click", () => this.#input.focus());
    this.append(box, this.#error, this.#list, this.#note, h("div", { class: "dialog-actions" }, this.#go));
    this.#ask();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), CALM_MS);
  }

  #ask() {
    const asked = (this.#asked += 1);
    const found = (people, problem = "") => {
      if (asked !== this.#asked) return;
      this.#list.removeAttribute("aria-busy");
      this.#error.textContent = problem;
      const taken = new Set([...this.#there, ...this.#chosen.map(({ id }) => id)]);
      this.#found = people.filter(({ id }) => !taken.has(id));
      this.#at = this.#found.length > 0 && this.#input.value.trim() !== "" ? 0 : -1;
      this.#show();
      const nobody = !problem && this.#found.length === 0 && this.#input.value.trim() !== "";
      this.#note.textContent = nobody ? t("direct.nobody") : "";
    };
    emit(this, "people-find", { prefix: this.#input.value.trim(), found });
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const count = this.#found.length;
      if (count > 0) this.#at = this.#at < 0 && step < 0 ? count - 1 : (this.#at + step + count) % count;
      this.#show();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#found[this.#at]) this.#choose(this.#found[this.#at]);
      else if (this.#chosen.length > 0) this.#open();
    } else if (event.key === "Backspace" && this.#input.value === "" && this.#chosen.length > 0) {
      this.#letGo(this.#chosen.at(-1));
    }
  }

  #choose(person) {
    if (this.#chosen.length >= MOST && person.id !== this.#me.id) {
      this.#error.textContent = t("direct.most", { count: MOST });
      return;
    }
    this.#chosen = [...this.#chosen, person];
    // What is found now is told soon; Enter meanwhile is not to choose them twice.
    this.#found = [];
    this.#at = -1;
    this.#input.value = "";
    this.#changed();
  }

  #letGo(person) {
    this.#chosen = this.#chosen.filter((other) => other !== person);
    this.#changed();
  }

  #changed() {
    this.#error.textContent = "";
    this.#go.disabled = this.#chosen.length === 0;
    this.#chips.replaceChildren(
      ...this.#chosen.map((person) =>
        h(
          "button",
          {
            type: "button",
            class: "people-chip",
            "aria-label": t("direct.remove", { name: nameOf(person) }),
            onclick: () => this.#letGo(person),
          },
          h("bdi", { class: "ellipsis" }, nameOf(person)),
          icon("close", 14),
        ),
      ),
    );
    this.#input.placeholder = this.#chosen.length > 0 ? "" : t("direct.search");
    this.#input.focus();
    this.#ask();
  }

  #show() {
    this.#list.replaceChildren(...this.#found.map((person, i) => this.#option(person, i)));
    const option = this.#list.children[this.#at];
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #option(person, i) {
    const mine = person.id === this.#me.id;
    return h(
      "li",
      {
        id: `people-found-${i}`,
        class: "people-option",
        role: "option",
        "aria-selected": String(i === this.#at),
        onclick: () => this.#choose(person),
      },
      avatar(person, "small"),
      h("bdi", { class: "ellipsis" }, nameOf(person)),
      h("bdi", { class: "quiet ellipsis" }, mine ? t("members.you") : `@${person.username}`),
    );
  }

  #open() {
    this.#go.disabled = true;
    const settle = (problem) => {
      this.#go.disabled = false;
      if (!problem) return this.closest("dialog")?.close();
      this.#error.textContent = problem;
    };
    this.#done(this.#chosen, settle);
  }
}

customElements.define("new-message", NewMessage);

export function openNewMessage(app, { user }) {
  const done = (people, settle) => emit(app, "direct-open", { people, settle });
  openDialog(app, t("direct.new"), new NewMessage(user, { go: t("direct.go"), done }));
}

/** `there`: ids of the members of `room`. */
export function openAddPeople(app, { room, user, there }) {
  const done = (people, settle) => emit(app, "members-add", { room: room.id, people, settle });
  openDialog(app, t("members.add.to", { room: room.name }), new NewMessage(user, { go: t("members.add.do"), there, done }));
}
