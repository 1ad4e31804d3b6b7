/** The dialog in which an emoji is chosen: search, then arrow keys, Enter, a click or a tap. */
import { findEmoji } from "./emoji.js";
import { t } from "../js/i18n.js";
import { storage } from "../js/storage.js";
import { openDialog } from "./dialog.js";
import { h } from "../elements/dom.js";

const RECENT = "emoji.recent";
const MOST_RECENT = 16;

const recent = () => (storage.get(RECENT) ?? "").split(" ").filter(Boolean);

function remember(emoji) {
  const used = [emoji, ...recent().filter((other) => other !== emoji)];
  storage.set(RECENT, used.slice(0, MOST_RECENT).join(" "));
}

/** Calls `choose(emoji)` once, unless the dialog is closed before. */
export function openEmojiPicker(app, choose) {
  const search = h("input", {
    type: "search",
    class: "input",
    placeholder: t("emoji.search"),
    "aria-label": t("emoji.search"),
    autocomplete: "off",
  });
  const grid = h("div", { class: "emoji-grid", role: "group", "aria-label": t("emoji.title") });
  const none = h("p", { class: "quiet", role: "status" });
  const take = (emoji) => {
    remember(emoji);
    dialog.close();
    choose(emoji);
  };
  const show = () => {
    const found = inOrder(findEmoji(search.value));
    grid.replaceChildren(...found.map((one) => button(one, () => take(one.emoji))));
    none.textContent = found.length === 0 ? t("emoji.none") : "";
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      grid.firstElementChild?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      grid.firstElementChild?.focus();
    }
  });
  grid.addEventListener("keydown", (event) => move(event, grid, search));
  const dialog = openDialog(app, t("emoji.title"), search, grid, none);
  show();
}

/** Those used lately first. */
function inOrder(found) {
  const used = recent();
  const place = ({ emoji }) => (used.includes(emoji) ? used.indexOf(emoji) : MOST_RECENT);
  return found.toSorted((a, b) => place(a) - place(b));
}

function button({ emoji, name }, onclick) {
  const label = name === emoji ? null : name;
  return h("button", { type: "button", class: "emoji", title: label, "aria-label": label, onclick }, emoji);
}

/** Arrow keys in the grid; above its first row is the search. */
function move(event, grid, search) {
  const buttons = [...grid.children];
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const forward = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
  const steps = {
    ArrowRight: forward,
    ArrowLeft: -forward,
    ArrowDown: columns,
    ArrowUp: -columns,
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const to = buttons.indexOf(document.activeElement) + step;
  if (to < 0) search.focus();
  else buttons[to]?.focus();
}
