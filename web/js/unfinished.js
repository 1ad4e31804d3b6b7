/** The name that is being written at the end of a text: of somebody, a room or an emoji. Pure. */

/** A sign, and what follows it up to the caret. What stands before keeps addresses and times out. */
const NAME = /(?:^|[\s([{"'*_~|>])([@#:])([\p{L}\p{N}\p{M}._+-]{0,32})$/u;
const LONGEST = 40;
/** How much must be written before anything is offered: `:)` is no emoji's name, and `#` may be a heading's. */
const LEAST = { "@": 0, "#": 1, ":": 2 };

/** {sign, text, start, end}: where it stands, the sign included; null where there is none. */
export function unfinished(value, caret) {
  const found = NAME.exec(value.slice(Math.max(0, caret - LONGEST), caret));
  if (!found) return null;
  const [, sign, text] = found;
  if (text.length < LEAST[sign]) return null;
  return { sign, text, start: caret - text.length - 1, end: caret };
}

/** How a room is written behind the `#` (the server's domain/mentions.py has the same). */
export const slugOf = (name) =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd}\p{Mn}\p{Mc}._]+/gu, "-")
    .replace(/^[._-]+|[._-]+$/g, "");
