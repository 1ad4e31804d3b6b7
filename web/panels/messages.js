/** Dialogs about one message: delete it. */
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { formError, h, submitBy } from "../elements/dom.js";

export function openDeleteMessage(app, { id, body }) {
  const close = () => form.closest("dialog").close();
  const form = h(
    "form",
    { class: "stack" },
    h("blockquote", { class: "quoted", dir: "auto" }, body),
    h("p", {}, t("delete.more")),
    formError(),
    h(
      "div",
      { class: "dialog-actions" },
      h(
        "button",
        { type: "button", class: "button button-plain first-focus", onclick: close },
        t("dialog.cancel"),
      ),
      h("button", { class: "button button-danger" }, t("delete.do")),
    ),
  );
  openDialog(
    app,
    t("delete.title"),
    submitBy(form, "message-delete", { detailOf: () => ({ id }), done: close }),
  );
}
