/** The emoji below a message: how many gave each, who they are, and a press to join in or take it back. */
import { t } from "../js/i18n.js";
import { nameOf } from "./avatar.js";
import { emit, h } from "./dom.js";

/** Names that are told; more are counted. */
const MOST_NAMES = 20;

export function reactions({ id, reactions: given }, { people, me }) {
  const buttons = Object.entries(given).map(([emoji, users]) => {
    const mine = users.includes(me);
    const label = t("reactions.who", { emoji, names: names(users, people, me), count: users.length });
    const react = ({ target }) => emit(target, "message-react", { id, emoji, add: !mine });
    return h(
      "button",
      {
        type: "button",
        class: "reaction",
        "data-emoji": emoji,
        "aria-pressed": String(mine),
        "aria-label": label,
        title: label,
        onclick: react,
      },
      h("span", { class: "reaction-emoji" }, emoji),
      h("span", {}, users.length.toLocaleString()),
    );
  });
  return h("div", { class: "reactions" }, ...buttons);
}

/** All names that are told, which may come to be known after the message. */
export const whoReacted = (given, { people, me }) =>
  Object.values(given)
    .map((users) => names(users, people, me))
    .join("\n");

function names(users, people, me) {
  const known = users
    .slice(0, MOST_NAMES)
    .map((user) => (user === me ? t("members.you") : people[user] && nameOf(people[user])))
    .filter(Boolean);
  return known.length < users.length ? [...known, "…"].join(", ") : known.join(", ");
}
