/** The dialog with a link to a message, where the browser does not let pages write to the clipboard. */
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { h } from "../elements/dom.js";

export function openLink(app, url) {
  const field = h("input", { class: "input", readonly: true, value: url, "aria-label": t("link.title") });
  openDialog(app, t("link.title"), h("p", { class: "quiet" }, t("link.by_hand")), field);
  field.select();
}
