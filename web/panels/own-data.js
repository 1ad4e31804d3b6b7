/** The dialog about what this server has of me: to take with me, or to be deleted. */
import { field, formError, h, submitBy } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";

export const styled = true;

export function openOwnData(app) {
  openDialog(app, t("data.title"), takeout(), leaving());
}

function takeout() {
  const begun = h("p", { class: "quiet", role: "status" });
  const say = () => (begun.textContent = t("data.take.begun"));
  return h(
    "section",
    { class: "own-data-part", "aria-labelledby": "own-data-take" },
    h("h3", { id: "own-data-take", class: "own-data-head" }, t("data.take")),
    h("p", { class: "quiet" }, t("data.take.more")),
    h("a", { class: "button button-wide first-focus", href: "/api/users/me/export", download: "tornchat.zip", onclick: say }, icon("down"), t("data.take.do")),
    begun,
  );
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
