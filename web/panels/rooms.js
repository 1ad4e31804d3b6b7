/** The dialog in which a room is made. */
import { checkRoom } from "./checks.js";
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { field, formError, h, submitBy } from "../elements/dom.js";

const closeDialog = (form) => form.closest("dialog").close();

export function openCreateRoom(app) {
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    field("field.room_name", { name: "name", autocomplete: "off", required: true }),
    field("field.room_description", {
      name: "description",
      autocomplete: "off",
      hint: "field.room_description.hint",
    }),
    h(
      "label",
      { class: "check" },
      h("input", { type: "checkbox", name: "private" }),
      h("span", {}, t("field.private"), h("span", { class: "hint" }, t("field.private.hint"))),
    ),
    formError(),
    h(
      "div",
      { class: "dialog-actions" },
      h(
        "button",
        { type: "button", class: "button button-plain", onclick: () => closeDialog(form) },
        t("dialog.cancel"),
      ),
      h("button", { class: "button button-main" }, t("rooms.create.do")),
    ),
  );
  const detailOf = (data) => ({
    values: {
      name: data.get("name").trim(),
      description: data.get("description").trim(),
      private: data.has("private"),
    },
  });
  openDialog(
    app,
    t("rooms.create"),
    submitBy(form, "room-create", {
      detailOf,
      check: ({ values }) => checkRoom(values),
      done: closeDialog,
    }),
  );
}
