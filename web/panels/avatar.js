/** The dialog about my picture: how others see me, another one, or none. */
import { avatar } from "../elements/avatar.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { sizeLabel } from "./sizes.js";

export const styled = true;

/** As the server takes them. */
const MOST_BYTES = 12_000_000;
const TYPES = "image/png,image/jpeg,image/gif,image/webp";

class OwnPicture extends HTMLElement {
  #app;
  #user;
  #most;
  #chosen = null; // {blob, url} to be sent
  #shown = h("div", { class: "own-picture" });
  #progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": t("avatar.sending") });
  #error = formError();
  #input = h("input", { type: "file", accept: TYPES, hidden: true, onchange: () => this.#choose(this.#input.files[0]) });
  #actions = h("div", { class: "own-picture-actions" });

  build(app, { user, server }) {
    this.#app = app;
    this.#user = user;
    this.#most = Math.min(MOST_BYTES, server.max_file);
    this.append(this.#shown, this.#progress, this.#error, this.#input, this.#actions);
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.#choose(event.dataTransfer.files[0]);
    });
    this.#show();
  }

  disconnectedCallback() {
    this.#forget();
  }

  /** It may be changed on another device meanwhile. */
  update({ user }) {
    if (user.avatar === this.#user.avatar) return;
    this.#user = user;
    if (!this.#chosen) this.#show();
  }

  #show() {
    const chosen = this.#chosen;
    const preview = { src: chosen?.url, alt: t("avatar.preview"), onerror: () => this.#refuse() };
    this.#shown.replaceChildren(chosen ? h("img", preview) : avatar(this.#user, "huge"));
    const button = (kind, words, onclick, mark) =>
      h("button", { type: "button", class: `button ${kind}`, onclick }, mark && icon(mark), t(words));
    const pick = () => this.#input.click();
    const act = chosen
      ? [button("button-plain", "dialog.cancel", () => this.#drop()), button("button-main", "avatar.use", () => this.#send())]
      : [
          this.#user.avatar && button("button-plain", "avatar.remove", () => this.#remove()),
          button("button-main", "avatar.choose", pick, "attach"),
        ];
    const focused = this.#actions.contains(document.activeElement);
    this.#actions.replaceChildren(...act.filter(Boolean));
    if (focused || chosen) this.#actions.lastElementChild.focus();
  }

  #choose(blob) {
    this.#input.value = "";
    if (!blob) return;
    this.#forget();
    const isLarge = blob.size > this.#most;
    this.#error.textContent = isLarge ? t("files.large", { name: blob.name, most: sizeLabel(this.#most) }) : "";
    if (!isLarge) this.#chosen = { blob, url: URL.createObjectURL(blob) };
    this.#show();
  }

  /** The browser itself does not know what it is. */
  #refuse() {
    this.#drop();
    this.#error.textContent = t("error.not_a_picture");
  }

  #drop() {
    this.#forget();
    this.#error.textContent = "";
    this.#show();
  }

  #forget() {
    if (this.#chosen) URL.revokeObjectURL(this.#chosen.url);
    this.#chosen = null;
  }

  #send() {
    const { blob } = this.#chosen;
    const bar = this.#progress;
    const moved = (part) => (bar.value = part);
    this.#ask("avatar-put", { blob, moved });
  }

  #remove() {
    this.#ask("avatar-remove", {});
  }

  /** Both close the dialog where they succeed. */
  #ask(name, detail) {
    this.#error.textContent = "";
    this.#progress.value = 0;
    this.#busy(name === "avatar-put");
    const settle = (problem) => {
      this.#busy(false);
      if (!problem) return this.closest("dialog")?.close();
      this.#error.textContent = problem;
    };
    emit(this.#app, name, { ...detail, settle });
  }

  #busy(sending) {
    this.#progress.hidden = !sending;
    for (const button of this.#actions.children) button.disabled = sending;
  }
}

customElements.define("own-picture", OwnPicture);

export function openAvatar(app, state) {
  const picture = h("own-picture", { "data-live": true });
  picture.build(app, state);
  const more = t(state.server.max_file ? "avatar.more" : "files.off");
  openDialog(app, t("avatar.title"), picture, h("p", { class: "quiet" }, more));
  picture.querySelector(".button-main")?.focus();
}
