/** The dialog with those of whom I want to hear nothing, where that can be taken back. */
import { t } from "../js/i18n.js";
import { avatar, nameOf } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";

export function openBlocked(app) {
  const error = formError();
  const list = h("ul", { "aria-busy": "true" });
  const none = h("p", { class: "quiet", role: "status" });
  const dialog = openDialog(app, t("blocked.title"), h("p", { class: "quiet" }, t("blocked.more")), error, list, none);
  const show = (people) => {
    list.replaceChildren(...people.map((person) => entry(person, people)));
    none.textContent = people.length === 0 ? t("blocked.none") : "";
  };
  const entry = (person, people) => {
    const name = nameOf(person);
    const undo = ({ currentTarget }) => {
      currentTarget.disabled = true;
      const settle = (problem) => {
        error.textContent = problem ?? "";
        currentTarget.disabled = false;
        if (problem) return;
        show(people.filter((other) => other !== person));
        dialog.querySelector("button")?.focus();
      };
      emit(dialog, "person-block", { id: person.id, block: false, settle });
    };
    return h(
      "li",
      { class: "found-room" },
      avatar(person, "small"),
      h("bdi", { class: "found-words found-name" }, name),
      h("button", { class: "button", "aria-label": t("blocked.undo.named", { name }), onclick: undo }, t("blocked.undo")),
    );
  };
  const found = (people, problem = "") => {
    list.removeAttribute("aria-busy");
    error.textContent = problem;
    if (!problem) show(people);
  };
  emit(dialog, "blocked-list", { found });
}
