/** Words of the page, from `locale/<language>.json`: a string, or an object by plural category. */
import { storage } from "./storage.js";

export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" };
const FALLBACK = "en";

let current = FALLBACK;
let words = {};
let plurals = new Intl.PluralRules(FALLBACK);
const folders = ["/locale"];

export const language = () => current;

/** The reader's own variety of the language (en-GB, say) where there is one: for dates and times. */
export const locale = (wanted = navigator.languages ?? []) =>
  wanted.find((tag) => tag.toLowerCase().split("-")[0] === current) ?? current;

/** The chosen language, else the first of the browser's that we have. */
export function preferredLanguage(wanted = navigator.languages ?? []) {
  const chosen = storage.get("language");
  for (const tag of [chosen, ...wanted]) {
    const base = tag?.toLowerCase().split("-")[0];
    // "in" is the old code of Indonesian.
    const known = base === "in" ? "id" : base;
    if (known in LANGUAGES) return known;
  }
  return FALLBACK;
}

/** Another page may have words of its own. To be called before a language is loaded. */
export const wordsAlsoFrom = (folder) => folders.push(folder);

/** Words of a part that is loaded later, from now on. */
export async function addWords(folder) {
  if (folders.includes(folder)) return;
  Object.assign(words, await wordsIn(folder, current));
  folders.push(folder);
}

async function wordsIn(folder, name) {
  const response = await fetch(`${folder}/${name}.json`);
  if (!response.ok) throw new Error(`${folder} ${name}: ${response.status}`);
  return response.json();
}

export async function loadLanguage(name) {
  const found = await Promise.all(folders.map((folder) => wordsIn(folder, name)));
  words = Object.assign({}, ...found);
  current = name;
  plurals = new Intl.PluralRules(name);
  document.documentElement.lang = name;
}

/** The words of `key`, with `{name}` filled from `values`; `values.count` chooses the plural. */
export function t(key, values = {}) {
  let text = words[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(formatted(values[name])) : whole,
  );
}

const formatted = (value) => (typeof value === "number" ? value.toLocaleString(current) : value);

export const isKnown = (key) => key in words;
