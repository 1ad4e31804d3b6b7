/** The settings of a room: a dialog that follows what others change meanwhile. */
import { checkRoom } from "./checks.js";
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { emit, field, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";

export const styled = true;

/** Each choice: its values with their words. */
const CHOICES = {
  access: { open: "settings.access.open", private: "settings.access.private" },
  history: {
    all: "settings.history.all",
    joined: "settings.history.joined",
    since: "settings.history.since",
  },
  posting: { all: "settings.posting.all", staff: "settings.posting.staff" },
  adding: { all: "settings.adding.all", staff: "settings.adding.staff" },
};

class RoomSettings extends HTMLElement {
  #form;
  #saved; // what the room says, as the form has it
  #room;
  #error = formError();
  #save = h("button", { class: "button button-main", disabled: true }, t("settings.save"));
  #status = h("p", { class: "quiet settings-status", role: "status" });

  build(room) {
    this.#room = room;
    this.#saved = valuesOf(room);
    this.#form = h(
      "form",
      { class: "stack", novalidate: true },
      field("field.room_name", { name: "name", autocomplete: "off", required: true }),
      field("field.room_description", { name: "description", autocomplete: "off" }),
      ...Object.keys(CHOICES).map((name) => choice(name, room)),
      this.#error,
      h("div", { class: "dialog-actions" }, this.#status, this.#save),
    );
    this.#fill(Object.keys(this.#saved));
    this.#form.addEventListener("input", () => this.#look());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    const archive = () => {
      this.closest("dialog").close();
      emit(this.app, "room-archive", { room: this.#room.id, name: this.#room.name });
    };
    const programs = () => {
      this.closest("dialog").close();
      openPanel(this.app, "programs", "openPrograms", this.#room);
    };
    this.append(
      this.#form,
      h(
        "section",
        { class: "settings-end" },
        h("p", { class: "quiet" }, t("programs.more")),
        h(
          "button",
          { type: "button", class: "button button-wide", onclick: programs },
          icon("link"),
          t("programs.hook.title"),
          " · ",
          t("programs.webhook.title"),
        ),
        h("p", { class: "quiet" }, t("archive.more")),
        h(
          "button",
          { type: "button", class: "button button-wide", onclick: archive },
          icon("archive"),
          t("archive.do"),
        ),
      ),
    );
  }

  /** Fields that I have not touched follow; the others keep what I have written. */
  update({ rooms }) {
    const room = rooms[this.#room.id];
    if (!room || room.archived) return this.closest("dialog").close();
    if (room === this.#room) return;
    const untouched = Object.keys(this.#saved).filter((name) => !this.#changes().includes(name));
    this.#room = room;
    this.#saved = valuesOf(room);
    this.#fill(untouched);
    this.#look();
  }

  #fill(names) {
    for (const name of names) this.#form.elements[name].value = this.#saved[name];
    this.#form.querySelector("[value=since]")?.parentElement.toggleAttribute(
      "hidden",
      this.#saved.history !== "since",
    );
  }

  #changes() {
    return Object.keys(this.#saved).filter(
      (name) => this.#form.elements[name].value.trim() !== this.#saved[name],
    );
  }

  #look() {
    const changes = this.#changes();
    this.#save.disabled = changes.length === 0;
    // The event of what was saved may come after the answer.
    if (changes.length > 0) this.#status.textContent = "";
    const opens = changes.includes("access") && this.#form.elements.access.value === "open";
    this.#form.querySelector("#about-access").textContent = opens
      ? t("settings.opens")
      : t(`settings.about.${this.#form.elements.access.value}`);
  }

  #submit() {
    const changes = this.#changes();
    if (changes.length === 0 || this.#form.getAttribute("aria-busy") === "true") return;
    const now = Object.fromEntries(new FormData(this.#form));
    const values = Object.fromEntries(changes.map((name) => [name, now[name].trim()]));
    const refused = checkRoom({ name: now.name.trim(), description: now.description.trim() });
    this.#error.textContent = refused ? t(refused) : "";
    if (refused) return;
    if (values.access) values.private = values.access === "private";
    delete values.access;
    this.#form.setAttribute("aria-busy", "true");
    const settle = (problem) => {
      this.#form.removeAttribute("aria-busy");
      this.#error.textContent = problem ?? "";
      this.#status.textContent = problem ? "" : t("settings.saved");
    };
    emit(this, "room-change", { room: this.#room.id, values, settle });
  }
}

const valuesOf = ({ name, description, kind, history, posting, adding }) => ({
  name,
  description,
  access: kind === "private" ? "private" : "open",
  history,
  posting,
  adding,
});

function choice(name, room) {
  const about = name === "access" && h("p", { class: "hint", id: "about-access" });
  if (about) about.textContent = t(`settings.about.${room.kind}`);
  return h(
    "fieldset",
    { class: "field", "aria-describedby": about && "about-access" },
    h("legend", { class: "label" }, t(`settings.${name}`)),
    h(
      "div",
      { class: "segmented" },
      Object.entries(CHOICES[name]).map(([value, words]) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name, value }),
          h("span", {}, t(words)),
        ),
      ),
    ),
    about,
  );
}

customElements.define("room-settings", RoomSettings);

export function openRoomSettings(app, room) {
  const settings = h("room-settings", { "data-live": true });
  settings.app = app;
  settings.build(room);
  openDialog(app, t("settings.title", { room: room.name }), settings);
}
