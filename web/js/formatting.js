/** What formatting keys do to a text: the part to be replaced, by what, and what is marked then. Pure. */

/** Marks by key, with Ctrl or Cmd. */
export const MARKS = { b: "**", i: "*", e: "`" };

/** Puts `mark` around what is selected, or takes it away where it is there. */
export function marked(text, start, end, mark) {
  while (start < end && /\s/u.test(text[start])) start += 1;
  while (end > start && /\s/u.test(text[end - 1])) end -= 1;
  const chosen = text.slice(start, end);
  if (mark === "`" && chosen.includes("\n")) return around(text, start, end, "```\n", "\n```");
  const long = mark.length;
  const outside = text.slice(start - long, start) === mark && text.slice(end, end + long) === mark;
  // The stars of bold are not those of italics.
  const isBold = mark === "*" && text.slice(start - 2, start) === "**" && text.slice(start - 3, start) !== "***";
  if (start >= long && outside && !isBold) {
    return { from: start - long, to: end + long, by: chosen, start: start - long, end: end - long };
  }
  return around(text, start, end, mark, mark);
}

/** `[what is selected](address)`, where an address is pasted over words; else null. */
export function linked(text, start, end, pasted) {
  const chosen = text.slice(start, end);
  const address = pasted.trim();
  if (!/^https?:\/\/[^\s<>()]+$/iu.test(address) || !/\S/u.test(chosen)) return null;
  if (/[\n[\]]|^https?:\/\//u.test(chosen.trim())) return null;
  const by = `[${chosen}](${address})`;
  return { from: start, to: end, by, start: start + by.length, end: start + by.length };
}

function around(text, start, end, before, after) {
  const chosen = text.slice(start, end);
  const at = start + before.length;
  return { from: start, to: end, by: before + chosen + after, start: at, end: at + chosen.length };
}
