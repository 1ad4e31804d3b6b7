/** What a search found, as elements: headings of rooms, and messages with what stands around them. */
import { nameOf, avatar } from "../elements/avatar.js";
import { h } from "../elements/dom.js";
import { roomMark } from "../elements/room-mark.js";
import { fragmentOf } from "../js/html.js";
import { t } from "../js/i18n.js";
import { roomName } from "../js/naming.js";
import { hashOf } from "../js/route.js";
import { dayLabel, fullLabel, timeLabel } from "../js/times.js";
import { excerpt, placesOf } from "./marking.js";

const BLOCKS = "p, br, li, pre, blockquote, tr, h1, h2, h3, h4, h5, h6, hr";

/** Rows of `messages`; `room` is that of the last row before them, null where there is none. */
export function rowsOf({ messages, words, beside }, state, room) {
  const rows = [];
  for (const message of messages) {
    if (message.room !== room) rows.push(heading(state, message.room));
    room = message.room;
    rows.push(row(message, words, beside[message.id] ?? [], state));
  }
  return rows;
}

function heading(state, id) {
  const room = state.rooms[id];
  return h(
    "li",
    { class: "hit-room" },
    h("h3", {}, room && roomMark(state, room, 18), h("bdi", {}, room ? roomName(state, room) : "…")),
  );
}

function row(message, words, [before, after], state) {
  const author = state.people[message.author] ?? { id: message.author };
  const when = `${dayLabel(message.at)}, ${timeLabel(message.at)}`;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "hit", href: hashOf(message.room, message.id) },
      before && line(before, state, "search.before"),
      avatar(author, "small"),
      h(
        "div",
        { class: "hit-words" },
        h(
          "p",
          { class: "hit-head" },
          h("bdi", { class: "hit-author ellipsis" }, nameOf(author)),
          h("time", { class: "quiet", title: fullLabel(message.at) }, when),
        ),
        h("p", { class: "hit-text", dir: "auto" }, ...marked(textOf(message.html), words)),
      ),
      after && line(after, state, "search.after"),
    ),
  );
}

function line({ author, text }, { people }, key) {
  const name = people[author] ? nameOf(people[author]) : "…";
  return h(
    "p",
    { class: "hit-beside quiet ellipsis", dir: "auto" },
    h("span", { class: "visually-hidden" }, t(key)),
    h("bdi", {}, `${name}: `),
    text,
  );
}

/** The text of a message as one reads it; blocks stand on lines of their own. */
function textOf(html) {
  const content = fragmentOf(html);
  for (const block of content.querySelectorAll(BLOCKS)) block.append("\n");
  for (const end of content.querySelectorAll("br, hr")) end.replaceWith("\n");
  for (const hidden of content.querySelectorAll(".spoiler")) hidden.replaceWith("▒▒▒");
  return content.textContent.replaceAll(/\s*\n\s*/gu, "\n").trim();
}

function marked(whole, words) {
  const { text, places } = excerpt(whole, placesOf(whole, words));
  const parts = [];
  let at = 0;
  for (const [from, to] of places) {
    parts.push(text.slice(at, from), h("mark", {}, text.slice(from, to)));
    at = to;
  }
  return [...parts, text.slice(at)];
}
