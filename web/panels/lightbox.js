/** Pictures of a room, one at a time, as large as there is room: arrow keys, zoom, download. */
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { nameOf } from "../js/naming.js";
import { fullLabel } from "../js/times.js";
import { fileUrl, thumbUrl } from "./attachments.js";
import { sizeLabel } from "./sizes.js";

export const styled = true;

/** Opens at the picture `id` of `pictures`. */
export function openLightbox(app, pictures, id) {
  let at = Math.max(0, pictures.findIndex((picture) => picture.id === id));
  const stage = h("div", { class: "stage", tabindex: "-1" });
  const title = h("p", { id: "lightbox-title", class: "lightbox-title", "aria-live": "polite" });
  const more = h("p", { class: "lightbox-more" });
  const button = (key, name, onclick, kind = "") => {
    const words = { "aria-label": t(key), title: t(key) };
    return h("button", { type: "button", class: `icon-button ${kind}`, ...words, onclick }, icon(name));
  };
  const down = h("a", { class: "icon-button" }, icon("down"));
  const zoom = button("lightbox.zoom", "plus", () => turnZoom());
  const back = button("lightbox.before", "back", () => show(at - 1), "lightbox-step lightbox-before");
  const on = button("lightbox.after", "back", () => show(at + 1), "lightbox-step lightbox-after");
  const close = button("dialog.close", "close", () => dialog.close());
  const words = h("div", { class: "lightbox-words" }, title, more);
  const head = h("header", { class: "lightbox-head" }, words, zoom, down, close);
  const dialog = h("dialog", { class: "lightbox", "aria-labelledby": "lightbox-title" }, head, stage, back, on);

  function show(next) {
    if (next < 0 || next >= pictures.length) return;
    at = next;
    const picture = pictures[at];
    const { name, author, size, at: when, width, height } = picture;
    title.textContent = name;
    more.textContent = [author && nameOf(author), fullLabel(when), sizeLabel(size)].filter(Boolean).join(" · ");
    down.href = `${fileUrl(picture)}?download`;
    down.download = name;
    for (const key of ["aria-label", "title"]) down.setAttribute(key, t("files.download", { name }));
    back.hidden = at === 0;
    on.hidden = at === pictures.length - 1;
    dialog.classList.remove("zoomed");
    zoom.setAttribute("aria-pressed", "false");
    // The small one at once, in the place and size of the large one that follows.
    const image = h("img", { src: thumbUrl(picture), alt: name, width, height, onclick: turnZoom });
    const whole = new Image();
    whole.onload = () => (image.src = whole.src);
    whole.onerror = () => image.isConnected && app.announce(t("lightbox.failed"), { urgent: true });
    whole.src = fileUrl(picture);
    stage.replaceChildren(image);
  }

  function turnZoom() {
    const zoomed = dialog.classList.toggle("zoomed");
    zoom.setAttribute("aria-pressed", String(zoomed));
    if (zoomed) stage.scrollTo((stage.scrollWidth - stage.clientWidth) / 2, (stage.scrollHeight - stage.clientHeight) / 2);
  }

  const forward = () => (getComputedStyle(dialog).direction === "rtl" ? -1 : 1);
  const KEYS = {
    ArrowRight: () => show(at + forward()),
    ArrowLeft: () => show(at - forward()),
    Home: () => show(0),
    End: () => show(pictures.length - 1),
    "+": turnZoom,
    "-": turnZoom,
  };
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    if (dialog.classList.contains("zoomed") && event.key.startsWith("Arrow")) return; // scrolls
    event.preventDefault();
    KEYS[event.key]();
  });
  // Beside the picture is outside.
  stage.addEventListener("click", ({ target }) => target === stage && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    app.querySelector(`[data-file="${pictures[at].id}"]`)?.focus({ preventScroll: true });
  });
  app.append(dialog);
  dialog.showModal();
  show(at);
  stage.focus();
}
