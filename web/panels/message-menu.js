/** What else can be done with a message: a small menu at its button; on a phone a sheet from below. */
import { emit, h } from "../elements/dom.js";
import { drawn, icon } from "../elements/icons.js";
import { openPanel } from "../elements/panel.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";

export const styled = true;

/** Two places, and the way from one to the other. */
const WAY = "M4.500 17a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600zM15.500 6.600a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600zM6.300 15.200h6.200a2.700 2.700 0 0 0 0-5.400h-5a2.500 2.500 0 0 1 0-5h6.200";

/** `state` is that of the page. */
export function openMessageMenu(app, anchor, message, state) {
  const { id, room, pinned } = message;
  openMenu(app, anchor, [
    { drawing: icon("pin", 18), words: t(pinned ? "pins.unpin" : "pins.pin"), act: () => emit(app, "message-pin", { id, pin: !pinned }) },
    { drawing: icon("link", 18), words: t("link.copy"), act: () => copyLink(app, new URL(hashOf(room, id), location.href).href) },
    { drawing: drawn(WAY, 18), words: t("way.open"), act: () => openPanel(app, "inspector", "openInspector", message, state) },
  ]);
}

/** `entries`: {drawing, words, act}. The focus goes back to `anchor`. */
export function openMenu(app, anchor, entries) {
  const menu = h("div", { class: "menu", popover: "auto", role: "menu", "aria-label": t("actions.more") });
  const entry = ({ drawing, words, act }) => {
    const onclick = () => {
      menu.hidePopover();
      act();
    };
    return h("button", { type: "button", role: "menuitem", class: "menu-entry", onclick }, drawing, words);
  };
  menu.append(...entries.map(entry));
  menu.addEventListener("keydown", (event) => step(event, menu));
  menu.addEventListener("toggle", ({ newState }) => newState === "closed" && menu.remove());
  app.append(menu);
  menu.showPopover();
  place(menu, anchor.getBoundingClientRect());
  menu.firstElementChild.focus();
}

/** Below the button, or above it where there is no room. The sheet of a phone has its place by its styles. */
function place(menu, { top, bottom, left, right }) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = bottom + height < innerHeight ? bottom + 4 : Math.max(4, top - height - 4);
  const isRtl = getComputedStyle(menu).direction === "rtl";
  const start = isRtl ? innerWidth - left - width : right - width;
  menu.style.setProperty("--menu-top", `${below}px`);
  menu.style.setProperty("--menu-start", `${Math.max(4, Math.min(start, innerWidth - width - 4))}px`);
}

function step(event, menu) {
  const entries = [...menu.children];
  const at = entries.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  // It closes the menu, and is not meant for the page below.
  if (event.key === "Escape") event.stopPropagation();
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  entries.at(to % entries.length).focus();
}

/** Without a secure context there is no clipboard: then it can be copied by hand. */
async function copyLink(app, url) {
  try {
    await navigator.clipboard.writeText(url);
    emit(app, "link-copied");
  } catch {
    openPanel(app, "link", "openLink", url);
  }
}
