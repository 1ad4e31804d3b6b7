/** The dialog in which I choose what of a room concerns me. */
import { t } from "../js/i18n.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h } from "../elements/dom.js";

const LEVELS = ["all", "mentions", "none"];

export function openRoomLevel(app, room, name) {
  const error = formError();
  const options = h(
    "fieldset",
    { class: "stack" },
    h("legend", { class: "visually-hidden" }, t("level.title")),
    LEVELS.map((level) =>
      h(
        "label",
        { class: "check" },
        h("input", {
          type: "radio",
          name: "level",
          value: level,
          checked: level === room.level,
          onchange: () => choose(level),
        }),
        h("span", {}, t(`level.${level}`), h("span", { class: "hint" }, t(`level.more.${level}`))),
      ),
    ),
  );
  const choose = (level) => {
    error.textContent = "";
    const settle = (problem) => {
      if (!problem) return;
      error.textContent = problem;
      options.querySelector(`[value=${room.level}]`).checked = true;
    };
    emit(options, "level-choose", { room: room.id, level, settle });
  };
  openDialog(app, t("level.title.room", { room: name }), options, error);
}
