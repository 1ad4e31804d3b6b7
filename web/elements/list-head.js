/** What stands above the messages: loading, a failure, older history on its way, or the beginning. */
import { t } from "../js/i18n.js";
import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** The elements for a view of <message-list>; `ask(name)` sends an event for the room. */
export function historyHead({ room, name, page, messages, partner }, ask) {
  if (messages.length === 0 && page?.status === "failed") {
    return [failure("list.failed", () => ask("history-retry"))];
  }
  if (page?.status !== "ready") return messages.length > 0 ? [skeletons(2)] : [skeletons(6)];
  if (page.older === "failed") return [failure("list.older_failed", () => ask("history-older"))];
  if (page.more) return [skeletons(2)];
  const empty = messages.length === 0;
  return [room.kind === "direct" ? directBeginning(room, name, partner) : beginning(room, empty)];
}

/** What stands below the messages of a part of the history, as long as it goes on there. */
export function historyFoot({ away, page }, ask) {
  if (!away || page.later === "done") return [];
  if (page.later === "failed") return [failure("list.later_failed", () => ask("history-later"))];
  return [skeletons(2)];
}

function failure(key, again) {
  return h(
    "div",
    { class: "list-failure", role: "alert" },
    h("p", {}, t(key)),
    h("button", { class: "button", onclick: again }, t("send.retry")),
  );
}

function skeletons(count) {
  const one = () =>
    h(
      "div",
      { class: "skeleton" },
      h("i", { class: "bone bone-face" }),
      h("i", { class: "bone bone-name" }),
      h("i", { class: "bone" }),
    );
  return h(
    "div",
    { class: "skeletons", "aria-hidden": "true" },
    Array.from({ length: count }, one),
  );
}

function beginning(room, empty) {
  // Of a private room its members see what was said since they joined.
  const joinedLater = room.history === "joined" && room.role !== "owner";
  return h(
    "div",
    { class: "beginning" },
    h(
      "span",
      { class: "beginning-mark", "aria-hidden": "true" },
      icon(room.kind === "open" ? "hash" : "lock", 28),
    ),
    h("h3", {}, t(joinedLater ? "list.joined" : "list.beginning", { room: room.name })),
    room.description ? h("p", { dir: "auto" }, room.description) : "",
    h(
      "p",
      { class: "quiet" },
      t(empty ? "list.empty" : room.kind === "open" ? "list.open" : joinedLater ? "list.since" : "list.private"),
    ),
  );
}

function directBeginning({ with: others }, name, partner) {
  const words = ["direct.alone", "direct.pair"][others.length] ?? "direct.group";
  const mark = h(
    "span",
    { class: "beginning-mark", "aria-hidden": "true" },
    icon(others.length > 1 ? "people" : "edit", 28),
  );
  return h(
    "div",
    { class: "beginning" },
    partner ? avatar(partner, "large") : mark,
    h("h3", {}, h("bdi", {}, name)),
    h("p", { class: "quiet" }, t(words, { name })),
    partner?.disabled && h("p", { class: "quiet" }, t(partner.deleted ? "person.deleted.more" : "person.disabled")),
  );
}
