/** The sheet that shows how a message is formatted: what is written, and what others see. */
import { openDialog } from "./dialog.js";
import { h } from "../elements/dom.js";
import { t } from "../js/i18n.js";

export const styled = true;

/** Each with what it looks like; a text of several lines where it needs them. */
const WAYS = [
  ["bold", (word) => `**${word}**`, (word) => h("strong", {}, word)],
  ["italic", (word) => `*${word}*`, (word) => h("em", {}, word)],
  ["struck", (word) => `~~${word}~~`, (word) => h("s", {}, word)],
  ["link", (word) => `[${word}](https:…)`, (word) => h("a", {}, word)],
  ["spoiler", (word) => `||${word}||`, (word) => h("span", { class: "spoiler open" }, word)],
  ["code", (word) => `\`${word}\``, (word) => h("code", {}, word)],
  ["block", () => "```python\nif ready:\n    print(\"hi\")\n```", block],
  ["quote", (word) => `> ${word}`, (word) => h("blockquote", {}, word)],
  ["item", (word) => `- ${word}`, (word) => h("ul", {}, h("li", {}, word))],
  ["task", (word) => `- [ ] ${word.split(", ")[0]}\n- [x] …`, tasks],
  ["heading", (word) => `## ${word}`, (word) => h("h2", {}, word)],
  ["table", () => "| a | b |\n|---|--:|\n| 1 | 2 |", table],
];

export function openFormatting(app) {
  const rows = WAYS.map(([name, written, seen]) => {
    const word = t(`formatting.${name}`);
    return h(
      "tr",
      {},
      h("td", { class: "format-written" }, h("code", {}, written(word))),
      h("td", { class: "prose" }, seen(word)),
    );
  });
  const emoji = h(
    "tr",
    {},
    h("td", { class: "format-written" }, h("code", {}, ":tada: :+1:")),
    h("td", { class: "prose" }, "🎉 👍"),
  );
  const head = ["write", "see"].map((key) => h("th", { scope: "col" }, t(`formatting.${key}`)));
  const dialog = openDialog(
    app,
    t("formatting.title"),
    h("p", { class: "quiet" }, t("formatting.keys")),
    h("table", { class: "format-ways" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows, emoji)),
  );
  dialog.classList.add("format-sheet");
}

function block() {
  const piece = (kind, text) => h("span", { class: `hl-${kind}` }, text);
  const code = [piece("keyword", "if"), " ready:\n    ", piece("type", "print"), "(", piece("string", '"hi"'), ")"];
  return h("div", { class: "code" }, h("pre", {}, h("code", {}, code)));
}

function tasks(word) {
  const task = (text, checked) => {
    const box = { type: "checkbox", disabled: true, checked, "aria-label": t(checked ? "task.done" : "task.open") };
    return h("li", { class: "task" }, h("input", box), text);
  };
  const [open, done] = word.split(", ");
  return h("ul", {}, task(open, false), task(done, true));
}

function table() {
  const row = (cell, ...texts) => h("tr", {}, texts.map((text) => h(cell, {}, text)));
  return h("table", {}, h("thead", {}, row("th", "a", "b")), h("tbody", {}, row("td", "1", "2")));
}
