/** How well a name fits a few letters of it: "gnrl" finds General, "ana n" finds Ana Nurmala. Pure. */

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A number, greater where it fits better; -1 where the letters are not all there, in their order. */
export function fit(sought, name) {
  const [letters, text] = [plain(sought).replace(/\s+/gu, ""), plain(name)];
  if (letters === "") return 0;
  const at = text.indexOf(plain(sought).trim());
  if (at >= 0) return 1000 - text.length + (at === 0 ? 500 : isStart(text, at) ? 250 : 0);
  let score = 0;
  let from = 0;
  for (const letter of letters) {
    const found = text.indexOf(letter, from);
    if (found < 0) return -1;
    score += found === from ? 4 : isStart(text, found) ? 3 : 0;
    from = found + 1;
  }
  return Math.max(0, score * 10 - text.length);
}

const isStart = (text, at) => at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1]);

/** Those of `items` that fit, the best first; where they fit alike, as they came. */
export function fitting(sought, items, nameOf) {
  return items
    .map((item) => ({ item, score: fit(sought, nameOf(item)) }))
    .filter(({ score }) => score >= 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}
