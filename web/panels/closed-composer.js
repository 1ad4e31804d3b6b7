/** <closed-composer>: stands in the place of the composer where one can only read, and says why. */
import { t } from "../js/i18n.js";
import { closedTo, mayManage } from "../js/selectors.js";
import { momentLabel } from "../js/times.js";
import { emit, formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

const WORDS = {
  archived: "closed.archived",
  muted: "closed.muted",
  quiet: "closed.quiet",
  deleted: "closed.deleted",
};
const ICONS = { archived: "archive", muted: "silent", quiet: "lock", deleted: "people" };

class ClosedComposer extends HTMLElement {
  #shown = "";
  #timer = null;

  /** `again()` is called when it may not be needed any more by itself. */
  update(state, room, again) {
    const why = closedTo(state, room);
    clearTimeout(this.#timer);
    if (why === "muted") {
      const wait = Math.min(room.muted - Date.now(), 2 ** 30);
      this.#timer = setTimeout(again, wait + 500);
    }
    const shown = [why, room.id, room.muted, mayManage(state, room)].join();
    if (why && (shown !== this.#shown || !this.firstChild)) this.#show(why, state, room);
    this.#shown = shown;
  }

  #show(why, state, room) {
    const time = why === "muted" ? momentLabel(room.muted) : "";
    const error = formError();
    const back = ({ currentTarget }) =>
      emit(currentTarget, "room-return", {
        room: room.id,
        settle: (problem) => (error.textContent = problem ?? ""),
      });
    const bar = h(
      "div",
      { class: "composer-closed" },
      icon(ICONS[why], 18),
      h("p", { role: "status" }, t(WORDS[why], { time })),
      why === "archived" &&
        mayManage(state, room) &&
        h("button", { class: "button", onclick: back }, t("archive.undo")),
    );
    this.replaceChildren(h("div", { class: "composer-column" }, bar, error));
  }
}

customElements.define("closed-composer", ClosedComposer);
