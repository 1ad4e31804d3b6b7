/** <message-composer>: where messages are written. Keeps an unsent draft for each room.
 *
 * What is written is always in one of two places that outlive the page: the draft, or the outbox. While a
 * message is edited its text stands here instead, and the draft waits.
 */
import { drafts } from "../js/drafts.js";
import { linked, marked, MARKS } from "../js/formatting.js";
import { t } from "../js/i18n.js";
import { uuid } from "../js/ids.js";
import { storage } from "../js/storage.js";
import { trayOf } from "../js/trays.js";
import { emit, formError, h } from "./dom.js";
import { attachButton, pastedFiles } from "./attaching.js";
import { icon } from "./icons.js";
import { openPanel } from "./panel.js";
import { quoting } from "./quoting.js";
import { Suggesting } from "./suggesting.js";

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
  #typing = h("typing-line", { hidden: true });
  #count = h("span", { id: "composer-count", class: "count", "aria-live": "polite" });
  #hint = h("span", { class: "composer-hint" });
  #about = h("div", { class: "composing", hidden: true });
  #quoted = h("div", { class: "answering", hidden: true });
  #answering = null; // {id, message} that the draft answers
  #error = formError();
  #tray = h("div", { class: "tray", hidden: true });
  #suggesting = new Suggesting(this.#text, (change) => this.#put(change));
  #room = null;
  #user = null;
  #edit = null; // {id, edited, nonce, tried} of the message that is edited
  #edited = 0; // when it was edited last, by now
  #files = []; // chosen, and to go with the next message
  #leaving = []; // texts that the outbox is about to keep

  connectedCallback() {
    const choose = (files) => this.#choose(files);
    const form = h("form", { class: "composer" }, ...attachButton(choose), this.#text, this.#send);
    const how = () => openPanel(this.closest("tc-app"), "formatting", "openFormatting");
    const help = h("button", { type: "button", class: "link-button", onclick: how }, t("formatting.open"));
    const foot = h("div", { class: "composer-foot" }, this.#typing, this.#hint, help, this.#count);
    this.append(h("div", { class: "composer-column" }, this.#about, this.#quoted, this.#error, this.#tray, form, foot));
    this.#send.setAttribute("aria-label", t("composer.send"));
    this.#send.title = t("composer.send");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A press on the frame is meant for the text.
    form.addEventListener("click", ({ target }) => target === form && this.focus());
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("paste", (event) => {
      const files = pastedFiles(event);
      if (files.length > 0) {
        event.preventDefault();
        return this.#choose(files);
      }
      const pasted = event.clipboardData?.getData("text/plain") ?? "";
      this.#format(event, (text, start, end) => linked(text, start, end, pasted));
    });
  }

  /** `answering`: {id, message} that the draft answers, or null. */
  update({ room, name, user, composing, answering, state }) {
    this.#suggesting.update(state);
    if (this.#room?.id !== room.id || this.#user !== user.id) {
      this.#room = room;
      this.#user = user.id;
      this.#leaving = [];
      this.#edit = null;
      this.#error.textContent = "";
      this.#text.value = drafts.read(user.id, room.id);
      this.#fit();
    }
    this.#room = room;
    this.#edited = composing?.edited ?? 0;
    if (composing?.id !== this.#edit?.id) this.#turnTo(composing);
    this.#about.hidden = !composing;
    this.#answering = answering;
    this.#quoted.hidden = Boolean(composing) || !answering;
    if (answering) this.#showAnswered(state.people);
    this.#showFiles(trayOf(state, room.id), state.uploads);
    this.#hint.textContent = t(sendsByCtrl() ? "composer.hint.ctrl" : "composer.hint");
    const label = t(room.with?.length === 0 ? "composer.notes" : "composer.label", { room: name });
    this.#text.placeholder = label;
    this.#text.setAttribute("aria-label", label);
  }

  /** Takes up a message to be edited, or (null) the draft again. */
  #turnTo(message) {
    this.#edit = message && { id: message.id, edited: message.edited ?? 0, nonce: uuid() };
    this.#error.textContent = "";
    this.#text.value = message ? message.body : drafts.read(this.#user, this.#room.id);
    this.#fit();
    if (message || this.contains(document.activeElement)) this.focus();
    if (!message) return;
    const cancel = { type: "button", class: "link-button", onclick: () => emit(this, "compose-end") };
    this.#about.replaceChildren(
      icon("edit", 16),
      h("span", { class: "composing-words", role: "status" }, t("compose.edit")),
      h("button", cancel, t("dialog.cancel")),
    );
  }

  #showAnswered(people) {
    const drop = () => this.#dropReply();
    const ready = () => this.#answering && this.#showAnswered(people);
    quoting(ready)?.showAnswered(this.#quoted, this.#room.id, this.#answering, { people, drop });
  }

  #dropReply() {
    emit(this, "reply-end", { room: this.#room.id });
    this.focus();
  }

  #choose(files) {
    if (this.#edit) emit(this, "compose-end");
    emit(this, "files-chosen", { room: this.#room.id, files });
    this.focus();
  }

  #showFiles(files, uploads) {
    const hidden = files.length === 0 || Boolean(this.#edit);
    const changed = files !== this.#files || hidden !== this.#tray.hidden;
    this.#files = files;
    this.#tray.hidden = hidden;
    if (changed) this.#fit();
    if (hidden) return this.#tray.replaceChildren();
    const shown = { room: this.#room.id, files, uploads };
    openPanel(this.closest("tc-app"), "tray", "showTray", this.#tray, shown);
  }

  /** Who else is writing here. */
  showTyping(people) {
    this.#typing.update?.(people); // Loaded with who is there.
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Takes up a text that was not sent, behind what is there, and (an id) what it answers. */
  takeUp(text, answered = null) {
    if (answered) emit(this, "reply-begin", { room: this.#room.id, id: answered });
    if (this.#edit) {
      drafts.write(this.#user, this.#room.id, drafts.join(drafts.read(this.#user, this.#room.id), text));
      return emit(this, "compose-end");
    }
    this.#text.value = drafts.join(this.#text.value, text);
    this.#changed();
    this.focus();
  }

  #key(event) {
    // While a word is being composed (Chinese, Japanese, Korean...), Enter belongs to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#suggesting.key(event)) return;
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && MARKS[event.key];
    if (mark) return this.#format(event, (text, start, end) => marked(text, start, end, mark));
    if (event.key === "Escape" && this.#edit) {
      event.stopPropagation();
      emit(this, "compose-end");
    } else if (event.key === "Escape" && this.#answering) {
      event.stopPropagation();
      this.#dropReply();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !event.altKey) {
      event.preventDefault();
      emit(this, "compose-last", { room: this.#room.id });
    }
    if (event.key !== "Enter") return;
    const isLine = sendsByCtrl() || matchMedia("(pointer: coarse)").matches;
    if (event.shiftKey || (isLine && !event.ctrlKey && !event.metaKey)) return;
    event.preventDefault();
    this.#submit();
  }

  /** Changes the selected text by `change`, so that it can be undone like typing. */
  #format(event, change) {
    const { value, selectionStart, selectionEnd } = this.#text;
    const done = change(value, selectionStart, selectionEnd);
    if (!done) return;
    event.preventDefault();
    this.#put(done);
  }

  #put(done) {
    this.#text.setSelectionRange(done.from, done.to);
    if (!document.execCommand("insertText", false, done.by)) {
      this.#text.setRangeText(done.by);
      this.#changed();
    }
    this.#text.setSelectionRange(done.start, done.end);
  }

  #submit() {
    const text = this.#text.value;
    const body = bodyOf(text);
    if (this.#send.disabled || lengthOf(body) > LONGEST) return;
    if (this.#edit) return this.#save(body);
    const [user, room] = [this.#user, this.#room.id];
    this.#leaving.push(text);
    this.#text.value = "";
    this.#changed();
    const kept = () => {
      this.#leaving = this.#leaving.filter((other) => other !== text);
      drafts.release(user, room, text);
    };
    emit(this, "message-send", { room, body, files: this.#files, reply_to: this.#answering?.id ?? null, kept });
    this.focus();
  }

  /** Saves an edit. The same text has the same nonce when it is tried again. */
  #save(body) {
    const edit = this.#edit;
    if (edit.busy) return;
    if (body !== edit.tried) edit.nonce = uuid();
    Object.assign(edit, { tried: body, busy: true });
    this.#error.textContent = "";
    const settle = (problem, error) => {
      edit.busy = false;
      if (!problem || this.#edit !== edit) return;
      this.#error.textContent = problem;
      // Whoever saves once more has been told, and means it.
      if (error.code === "edit_conflict") edit.edited = this.#edited;
    };
    const { id, edited, nonce } = edit;
    emit(this, "message-edit", { id, values: { body, edited, nonce }, settle });
  }

  #changed() {
    if (this.#edit) return this.#fit();
    const draft = drafts.join(...this.#leaving, this.#text.value);
    drafts.write(this.#user, this.#room.id, draft);
    if (this.#text.value.trim()) emit(this, "typing", { room: this.#room.id });
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
    const nothing = value.trim() === "" && (this.#files.length === 0 || Boolean(this.#edit));
    this.#send.disabled = nothing || length > LONGEST;
    this.toggleAttribute("data-filled", !this.#send.disabled);
    this.#suggesting.look();
  }
}

const sendsByCtrl = () => storage.get("send") === "ctrl";

/** Without blank lines around it; spaces before the first word may be code. */
const bodyOf = (text) => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();

function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

customElements.define("message-composer", MessageComposer);
