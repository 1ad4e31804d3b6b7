/** A person as a coloured square with initials; the colour follows from the id and never changes. */
import { nameOf } from "../js/naming.js";
import { h } from "./dom.js";

const HUES = 10;

export function avatar(person, size = "") {
  const classes = ["avatar", `hue-${hue(person.id)}`];
  if (size) classes.push(`avatar-${size}`);
  return h("span", { class: classes.join(" "), "aria-hidden": "true" }, initials(nameOf(person)));
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
