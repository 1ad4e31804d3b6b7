/** Finding the words of a search in a text, as the server does: without case and accents. Pure. */

const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/gu;
const UNSEEN = /[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]/gu;
const DENSE =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{1b000}-\u{1b16f}\u{1f000}-\u{1faff}\u{20000}-\u{3134f}]/u;
const WORD = /[\p{L}\p{N}_]/u;
const SHORT = 3;

const fold = (text) =>
  text.replace(UNSEEN, "").normalize("NFKD").toLowerCase().replace(ACCENTS, "").normalize("NFKC");

/** Folded text, and for each of its characters where it comes from: `[from, to]` in `text`. */
function folded(text) {
  const characters = [];
  let at = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const space = /^\s+$/u.test(segment);
    for (const character of space ? " " : fold(segment)) {
      const before = characters.at(-1);
      if (space && before?.character === " ") before.to = at + segment.length;
      else characters.push({ character, from: at, to: at + segment.length });
    }
    at += segment.length;
  }
  return characters;
}

/** Where `words` stand in `text`: `[from, to]` each, in order, without overlaps. */
export function placesOf(text, words) {
  const characters = folded(text);
  const places = [];
  for (const word of words) {
    const sought = Array.from(fold(word).trim().replaceAll(/\s+/gu, " "));
    if (sought.length === 0) continue;
    for (let at = 0; at + sought.length <= characters.length; at += 1) {
      if (!sought.every((character, i) => characters[at + i].character === character)) continue;
      if (!stands(characters, at, sought)) continue;
      places.push([characters[at].from, characters[at + sought.length - 1].to]);
    }
  }
  places.sort(([a], [b]) => a - b);
  return places.reduce((merged, place) => {
    const last = merged.at(-1);
    if (last && place[0] <= last[1]) last[1] = Math.max(last[1], place[1]);
    else merged.push([...place]);
    return merged;
  }, []);
}

/** A short word stands alone, unless it is of a script without spaces. */
function stands(characters, at, sought) {
  if (sought.length >= SHORT || sought.some((character) => DENSE.test(character))) return true;
  const around = [characters[at - 1]?.character, characters[at + sought.length]?.character];
  const alone = (side) => side === undefined || side === " ";
  const asWord = sought.every((character) => WORD.test(character));
  return around.every((side) => alone(side) || (asWord && !WORD.test(side)));
}

/** A piece of `text` around its first place: `{text, places}`, at most about `most` characters. */
export function excerpt(text, places, most = 280) {
  if (text.length <= most) return { text, places };
  const first = places[0]?.[0] ?? 0;
  let from = Math.max(0, Math.min(first - most / 4, text.length - most));
  if (from > 0) from = wordStart(text, from, first);
  let to = Math.min(text.length, Math.round(from) + most);
  if (to < text.length) to = text.lastIndexOf(" ", to) > first ? text.lastIndexOf(" ", to) : to;
  const lead = from > 0 ? "…" : "";
  const moved = places
    .filter(([start, end]) => start >= from && end <= to)
    .map(([start, end]) => [start - from + lead.length, end - from + lead.length]);
  return { text: `${lead}${text.slice(from, to)}${to < text.length ? "…" : ""}`, places: moved };
}

function wordStart(text, from, latest) {
  const space = text.indexOf(" ", from);
  if (space >= 0 && space < latest) return space + 1;
  // Not in the middle of a character of two units.
  const whole = Math.round(from);
  return /[\udc00-\udfff]/u.test(text[whole] ?? "") ? whole + 1 : whole;
}
