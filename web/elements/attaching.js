/** How files come to the composer: by its button, from the clipboard, or let go on the page (later/drops.js). */
import { t } from "../js/i18n.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

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
