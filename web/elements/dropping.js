/** How files come to the composer: by its button, from the clipboard, or let go anywhere on the page. */
import { t } from "../js/i18n.js";
import { emit, h } from "./dom.js";
import { icon } from "./icons.js";
import { openPanel } from "./panel.js";

/** Files let go over the page are for the room `roomOf()` ({id, name}, or null), which `target` shows. */
export function takeDrops(target, roomOf) {
  const overlay = h("div", { class: "drop-here", role: "status", hidden: true });
  target.append(overlay);
  const room = () => !document.querySelector("dialog[open]") && roomOf();
  const gone = new AbortController();
  let inside = 0;
  const on = (name, hear) => {
    const hearFiles = (event) => event.dataTransfer?.types.includes("Files") && hear(event);
    addEventListener(name, hearFiles, { signal: gone.signal });
  };
  on("dragenter", () => {
    inside += 1;
    if (!room() || !overlay.hidden) return;
    overlay.hidden = false;
    openPanel(target.closest("tc-app"), "tray", "showTarget", overlay, room().name);
  });
  on("dragleave", () => {
    inside -= 1;
    if (inside <= 0) overlay.hidden = true;
  });
  on("dragover", (event) => {
    event.preventDefault(); // else the page would give way to the file
    event.dataTransfer.dropEffect = room() ? "copy" : "none";
  });
  on("drop", (event) => {
    event.preventDefault();
    inside = 0;
    overlay.hidden = true;
    const files = [...event.dataTransfer.files];
    if (room() && files.length > 0) emit(target, "files-chosen", { room: room().id, files });
  });
  return () => gone.abort();
}

/** Files in the clipboard; where there is text with them, the text is what was copied. */
export const pastedFiles = ({ clipboardData }) =>
  !clipboardData || clipboardData.types.includes("text/plain") ? [] : [...clipboardData.files];

/** A button, and the field behind it, that calls `choose(files)`. */
export function attachButton(choose) {
  const input = h("input", { type: "file", multiple: true, hidden: true });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the same file may be chosen again
    if (files.length > 0) choose(files);
  });
  const words = { "aria-label": t("files.attach"), title: t("files.attach") };
  const press = () => input.click();
  return [h("button", { type: "button", class: "icon-button attach", ...words, onclick: press }, icon("attach")), input];
}
