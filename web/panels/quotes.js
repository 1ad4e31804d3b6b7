/** The message that another one answers, as it stands above the answer and above the composer: who wrote it, and
 * its first line. */
import { fragmentOf } from "../js/html.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { nameOf } from "../elements/avatar.js";
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";

export const styled = true;

/** More than a line can show. */
const LONGEST = 240;

/** Stands for what is hidden until somebody wants to see it. */
const COVERED = "▒▒▒";

const texts = new WeakMap(); // message -> its first line, since every frame asks for it

/** The first line of a message, without its Markdown. */
function firstLine(message) {
  if (!texts.has(message)) {
    const content = fragmentOf(message.html);
    for (const spoiler of content.querySelectorAll(".spoiler")) spoiler.replaceWith(COVERED);
    const lines = content.textContent.split("\n");
    const line = lines.find((one) => one.trim() !== "") ?? message.files?.[0]?.name ?? "";
    texts.set(message, line.trim().slice(0, LONGEST));
  }
  return texts.get(message);
}

/** What a quote is made from. `original`: see `originalOf` in selectors.js. */
export function quoteIngredients(original, author, { people, blocked = [] }) {
  const name = people[author] && nameOf(people[author]);
  return [original === null, original?.deleted, original && firstLine(original), name, blocked.includes(author)];
}

/** `answer` is a message or what waits to be sent; `original` what it answers. */
export function quote({ room, reply_to: id, reply_author }, original, { people, blocked = [] }) {
  if (original === null || original?.deleted) {
    const words = t(original ? "message.deleted" : "quote.missing");
    return h("p", { class: "quote quote-gone" }, words);
  }
  const author = original?.author ?? reply_author;
  const person = people[author];
  const text = () => (blocked.includes(author) ? t("message.blocked") : firstLine(original));
  return h(
    "a",
    { class: "quote", href: hashOf(room, id), title: t("quote.jump"), "data-quoted": id },
    h("span", { class: "visually-hidden" }, t("quote.label")),
    " ",
    person && h("bdi", { class: "quote-author" }, nameOf(person)),
    " ",
    original
      ? h("span", { class: "quote-text", dir: "auto" }, text())
      : h("span", { class: "quote-text skeleton-name", "aria-hidden": "true" }),
  );
}

/** Shows in `bar` what the draft of a room answers, with a button that calls `drop()`. */
export function showAnswered(bar, room, { id, message }, { people, drop }) {
  const from = JSON.stringify([room, id, ...quoteIngredients(message, message?.author, { people })]);
  if (bar.dataset.from === from) return;
  bar.dataset.from = from;
  const name = people[message?.author] ? nameOf(people[message.author]) : "";
  const words = t("compose.no_reply");
  const cancel = { type: "button", class: "icon-button", title: words, "aria-label": words, onclick: drop };
  bar.replaceChildren(
    icon("reply", 16),
    h("span", { class: "visually-hidden", role: "status" }, t("compose.reply", { name })),
    quote({ room, reply_to: id }, message, { people }),
    h("button", cancel, icon("close", 16)),
  );
}
