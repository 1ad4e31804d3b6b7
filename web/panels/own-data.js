/** The dialog about what this server has of me: taking it all away. */
import { field, formError, h, submitBy } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";

export const styled = true;

export function openOwnData(app) {
  openDialog(app, t("data.title"), leaving());
}

/** Says plainly what happens before it asks for the password. */
function leaving() {
  const points = ["at_once", "grace", "goes", "stays"].map((name) => h("li", {}, t(`leaving.${name}`)));
  const whole = h("input", {
    type: "checkbox",
    name: "messages",
    onchange: () => (points.at(-1).hidden = whole.checked),
  });
  const form = h(
    "form",
    { class: "stack", novalidate: true },
    h("ul", { class: "leaving-points" }, points),
    h("label", { class: "check" }, whole, h("span", {}, t("leaving.whole"), h("span", { class: "hint" }, t("leaving.whole.more")))),
    field("field.password", { name: "password", type: "password", autocomplete: "current-password", required: true }),
    formError(),
    h("div", { class: "dialog-actions" }, h("button", { class: "button button-danger" }, t("leaving.do"))),
  );
  const detailOf = (data) => ({ values: { password: data.get("password"), messages: data.has("messages") } });
  submitBy(form, "account-leave", { detailOf });
  return h("details", { class: "own-data-part" }, h("summary", {}, t("leaving.title")), form);
}
