/** The files that go with the next message: each with its picture, how far it is, and a way out. */
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { needed } from "../elements/panel.js";
import { t } from "../js/i18n.js";
import { card, fileIcon, progress } from "./attachments.js";

export const styled = true;

/** Shows `files` in `tray`; those that are there stay the same elements. */
export async function showTray(_app, tray, { room, files, uploads }) {
  await needed("attachments"); // its styles, too
  if (tray.hidden) return;
  const there = new Map([...tray.children].map((item) => [item.dataset.key, item]));
  const items = files.map((file) => there.get(file.key) ?? build(room, file));
  if (items.length !== tray.children.length || items.some((item, n) => item !== tray.children[n])) {
    const focused = tray.contains(document.activeElement);
    tray.replaceChildren(...items);
    if (focused) (tray.querySelector("button") ?? tray.closest("message-composer")).focus();
  }
  files.forEach(({ key, id }, n) => showState(items[n], key in uploads ? uploads[key] : id && 1));
}

/** Says over a room that files may be let go there. */
export function showTarget(_app, overlay, name) {
  overlay.replaceChildren(icon("attach", 32), h("span", {}, t("files.drop", { room: name })));
}

function build(room, file) {
  const remove = {
    type: "button",
    class: "icon-button tray-remove",
    "aria-label": t("files.remove", { name: file.name }),
    title: t("files.remove", { name: file.name }),
    onclick: ({ target }) => emit(target, "file-remove", { room, key: file.key }),
  };
  const retry = {
    type: "button",
    class: "link-button tray-retry",
    hidden: true,
    onclick: ({ target }) => emit(target, "file-retry", { file }),
  };
  const parts = [progress(file), h("button", retry, t("send.retry"))];
  const shown = card(file, null, ...parts);
  if (file.type.startsWith("image/")) shown.querySelector("svg").replaceWith(small(file));
  return h("div", { class: "tray-item", "data-key": file.key }, shown, h("button", remove, icon("close", 16)));
}

function small({ blob }) {
  const url = URL.createObjectURL(blob);
  const done = () => URL.revokeObjectURL(url);
  const image = h("img", { class: "tray-picture", src: url, alt: "", width: 40, height: 40, onload: done });
  image.addEventListener("error", () => {
    done();
    image.replaceWith(fileIcon("image")); // a kind that this browser does not show
  });
  return image;
}

function showState(item, part) {
  const failed = part === null;
  const bar = item.querySelector("progress");
  item.classList.toggle("tray-failed", failed);
  item.classList.toggle("tray-done", part === 1);
  item.querySelector(".tray-retry").hidden = !failed;
  bar.hidden = failed || part === 1;
  if (part) bar.value = part;
}
