/** The text of a message, as the server rendered it, and what the page adds to it: code to be copied,
 * tables that scroll by themselves, spoilers that open, tasks that say how they stand. */
import { fragmentOf } from "../js/html.js";
import { t } from "../js/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { withMentions } from "./mentions.js";

/** Spoilers that were opened stay open where their message is drawn anew: "id.which". */
const opened = new Set();

/** The element for a message that the server has rendered, as `me` sees it. */
export function prose({ id, body, html }, me) {
  const content = fragmentOf(html);
  const few = body.length < 40 && FEW_EMOJI.test(content.textContent.trim());
  const element = h("div", { class: few ? "prose prose-emoji" : "prose", dir: "auto" }, content);
  // Most messages are words only.
  if (html.includes("mention")) withMentions(element, me);
  if (html.includes("<pre")) element.querySelectorAll("pre").forEach(frameCode);
  if (html.includes("<table")) element.querySelectorAll("table").forEach(frameTable);
  if (html.includes("<input")) element.querySelectorAll("input").forEach(nameTask);
  if (html.includes("spoiler")) {
    element.querySelectorAll(".spoiler").forEach((spoiler, n) => cover(spoiler, `${id}.${n}`));
  }
  return element;
}

/** Text that the server has not rendered yet, as it was typed. */
export function typedProse(body) {
  const few = body.length < 40 && FEW_EMOJI.test(body.trim());
  return h("div", { class: few ? "prose prose-emoji typed" : "prose typed", dir: "auto" }, body);
}

const FEW_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

function frameCode(pre) {
  const language = /^language-(.+)$/.exec(pre.firstElementChild?.className ?? "")?.[1];
  const words = t("code.copy");
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button code-copy",
      title: words,
      "aria-label": words,
      onclick: () => copy(pre),
    },
    icon("copy", 16),
  );
  // What scrolls must be in reach of the keyboard.
  pre.tabIndex = 0;
  const frame = h("div", { class: "code", dir: "ltr" }, button);
  pre.replaceWith(frame);
  if (language) frame.prepend(h("span", { class: "code-language" }, language));
  frame.append(pre);
}

async function copy(pre) {
  const app = pre.closest("tc-app");
  const text = pre.textContent.replace(/\n$/, "");
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyOld(pre);
    app.announce(t("code.copied"));
  } catch {
    app.announce(t("code.not_copied"), { urgent: true });
  }
}

/** On plain http from another host there is no clipboard to ask. */
function copyOld(pre) {
  const selection = getSelection();
  selection.selectAllChildren(pre);
  const done = document.execCommand("copy");
  selection.removeAllRanges();
  if (!done) throw new Error("not copied");
}

function frameTable(table) {
  const box = h("div", { class: "table-box", role: "region", "aria-label": t("table.label"), tabindex: 0 });
  table.replaceWith(box);
  box.append(table);
}

function nameTask(box) {
  box.setAttribute("aria-label", t(box.checked ? "task.done" : "task.open"));
}

function cover(spoiler, key) {
  const inside = h("span", {}, ...spoiler.childNodes);
  spoiler.append(inside);
  if (opened.has(key)) return spoiler.classList.add("open");
  const cover = { role: "button", tabindex: 0, "aria-label": t("spoiler.label"), title: t("spoiler.show") };
  for (const [name, value] of Object.entries(cover)) spoiler.setAttribute(name, value);
  const open = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    opened.add(key);
    spoiler.removeEventListener("click", open);
    spoiler.removeEventListener("keydown", open);
    for (const name of ["role", "aria-label", "title"]) spoiler.removeAttribute(name);
    spoiler.tabIndex = -1; // the focus stays where it was
    spoiler.classList.add("open");
  };
  spoiler.addEventListener("click", open);
  spoiler.addEventListener("keydown", open);
}
