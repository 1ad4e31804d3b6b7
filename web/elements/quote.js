/** The message that another one answers, as it stands above the answer: who wrote it, and its first line. */
import { fragmentOf } from "../js/html.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { nameOf } from "./avatar.js";
import { h } from "./dom.js";

/** More than a line can show. */
const LONGEST = 240;

const texts = new WeakMap(); // message -> its first line, since every frame asks for it

/** The first line of a message, without its Markdown. */
export function firstLine(message) {
  if (!texts.has(message)) {
    const lines = fragmentOf(message.html).textContent.split("\n");
    const line = lines.find((one) => one.trim() !== "") ?? message.files?.[0]?.name ?? "";
    texts.set(message, line.trim().slice(0, LONGEST));
  }
  return texts.get(message);
}

/** What a quote is made from. `original`: see `originalOf` in selectors.js. */
export function quoteIngredients(original, author, { people }) {
  const name = people[author] && nameOf(people[author]);
  return [original === null, original?.deleted, original && firstLine(original), name];
}

/** `answer` is a message or what waits to be sent; `original` what it answers. */
export function quote({ room, reply_to: id, reply_author }, original, { people }) {
  if (original === null || original?.deleted) {
    const words = t(original ? "message.deleted" : "quote.missing");
    return h("p", { class: "quote quote-gone" }, words);
  }
  const person = people[original?.author ?? reply_author];
  return h(
    "a",
    { class: "quote", href: hashOf(room, id), title: t("quote.jump"), "data-quoted": id },
    h("span", { class: "visually-hidden" }, t("quote.label")),
    " ",
    person && h("bdi", { class: "quote-author" }, nameOf(person)),
    " ",
    original
      ? h("span", { class: "quote-text", dir: "auto" }, firstLine(original))
      : h("span", { class: "quote-text skeleton-name", "aria-hidden": "true" }),
  );
}
