/** A native <dialog> with a title, closed by Escape, its button, or a click beside it. */
import { t } from "../js/i18n.js";
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

let counter = 0;

export const styled = true;

/** Opens a dialog inside `app` (so that its events bubble there) and returns it. */
export function openDialog(app, title, ...children) {
  const id = `dialog-${(counter += 1)}`;
  const dialog = h(
    "dialog",
    { "aria-labelledby": id },
    h(
      "div",
      { class: "dialog-body" },
      h(
        "header",
        { class: "dialog-head" },
        h("h2", { id }, title),
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": t("dialog.close"),
            onclick: () => dialog.close(),
          },
          icon("close"),
        ),
      ),
      ...children,
    ),
  );
  // Pressed and let go beside the dialog: selecting text out of it must not close it.
  let pressedBeside = false;
  dialog.addEventListener("pointerdown", ({ target }) => (pressedBeside = target === dialog));
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog && pressedBeside) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  app.append(dialog);
  dialog.showModal();
  dialog.querySelector("input:not([type=radio]), .first-focus")?.focus();
  return dialog;
}
