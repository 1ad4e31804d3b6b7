/** A person as their picture, or as a coloured square with initials; the colour follows from the id and never
 * changes. */
import { t } from "../js/i18n.js";
import { nameOf } from "../js/naming.js";
import { statusOf } from "../js/presence.js";
import { h } from "./dom.js";

const HUES = 10;

/** `is`: "online", "idle", "away", "dnd" or "offline" (presenceOf), where that is to be seen. */
export function avatar(person, size = "", is = null) {
  const classes = ["avatar", `hue-${person.deleted ? "none" : hue(person.id)}`];
  if (size) classes.push(`avatar-${size}`);
  return h(
    "span",
    { class: classes.join(" "), "aria-hidden": "true" },
    initials(nameOf(person)),
    person.avatar && picture(person.avatar),
    is && h("span", { class: `dot dot-${is}` }),
  );
}

/** Over the initials, which stay where it cannot be loaded. */
const picture = (id) =>
  h("img", { src: `/api/avatars/${id}`, alt: "", draggable: "false", onerror: ({ target }) => target.remove() });

/** The same in words, for those who do not see the dot. */
export const presenceWords = (is) =>
  h("span", { class: "presence-words visually-hidden" }, t(`presence.${is}`));

/** What somebody says of themselves: an emoji, with the words behind it unless `short`. */
export function statusLine(person, { short = false } = {}) {
  const { emoji, text } = statusOf(person) ?? {};
  const words = [emoji, text].filter(Boolean).join(" ");
  const shown = short ? emoji : words;
  return shown && h("span", { class: "status ellipsis", dir: "auto", title: words }, shown);
}

export { nameOf };

/** The first letters of the first and the last word; whole characters, also outside the BMP. */
function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .filter(Boolean)
    .map((word) => firstCharacter(word).toLocaleUpperCase());
  return letters.join("");
}

const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter() : null;

function firstCharacter(word) {
  if (!segmenter) return Array.from(word)[0];
  return segmenter.segment(word)[Symbol.iterator]().next().value.segment;
}

function hue(id) {
  // FNV-1a: ids that differ little get colours that differ.
  let sum = 0x811c9dc5;
  for (const character of String(id)) {
    sum = Math.imul(sum ^ character.codePointAt(0), 0x01000193) >>> 0;
  }
  return (sum >>> 8) % HUES;
}
