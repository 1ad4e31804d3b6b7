/** What comes with a message beside its words: pictures, players, other files, and what its links lead to. */
import { t } from "../js/i18n.js";
import { emit, h } from "../elements/dom.js";
import { drawn, icon } from "../elements/icons.js";
import { sizeLabel } from "./sizes.js";

export const styled = true;

/** Largest sides of a picture in a row, in CSS pixels; small ones stay small. */
const WIDEST = 400;
const HIGHEST = 300;

export const fileUrl = ({ id, name }) => `/api/files/${id}/${encodeURIComponent(name)}`;
export const thumbUrl = ({ id }) => `/api/thumbs/${id}`;

/** All of a row; `me` may take the previews of a message of mine away. */
export function rowParts({ message, item }, { me, staff }) {
  // How far those are that are on their way says `showProgress`.
  if (item) return box(item.files.map((file) => card(file, null, progress(file))));
  const { files, previews, author } = message;
  return [files && box(files.map(attachment)), previews && cards(message, staff || author === me)];
}

const box = (parts) => h("div", { class: "files" }, ...parts);

function attachment(file) {
  if (file.thumb) return picture(file);
  const [family] = file.type.split("/");
  if (family === "audio" || family === "video") return player(family, file);
  return card(file, fileUrl(file));
}

function picture(file) {
  const scale = Math.min(1, WIDEST / file.width, HIGHEST / file.height);
  const open = (event) => {
    // With a key held it is a link like any other.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    emit(event.target, "picture-open", { id: file.id });
  };
  return h(
    "a",
    { class: "file-picture", href: fileUrl(file), "data-file": file.id, onclick: open },
    h("img", {
      src: thumbUrl(file),
      alt: file.name,
      // Known before it comes, so that nothing moves when it does.
      width: Math.max(1, Math.round(file.width * scale)),
      height: Math.max(1, Math.round(file.height * scale)),
      decoding: "async",
    }),
    file.type === "image/gif" && h("span", { class: "file-mark" }, "GIF"),
  );
}

function player(family, file) {
  const source = { class: `file-${family}`, controls: true, preload: "metadata", src: fileUrl(file) };
  const play = h(family, { ...source, "aria-label": file.name });
  return h("figure", { class: "file-player" }, card(file, fileUrl(file)), play);
}

/** A file by its name: a link where there is something to be had. */
export function card(file, href, ...more) {
  const name = h("bdi", { class: "file-name" }, file.name);
  const words = h("span", { class: "file-words" }, name, h("span", { class: "quiet" }, sizeLabel(file.size)));
  const parts = [fileIcon(file.type), words, ...more];
  if (!href) return h("div", { class: "file-card" }, ...parts);
  const link = { class: "file-card", href: `${href}?download`, download: file.name };
  return h("a", { ...link, title: t("files.download", { name: file.name }) }, ...parts);
}

export const progress = ({ key, name }) =>
  h("progress", { "data-key": key, max: 1, value: 0, "aria-label": t("files.sending", { name }) });

/** Sets all bars below `root`; without building anything anew. */
export function showProgress(root, uploads) {
  for (const bar of root.querySelectorAll("progress[data-key]")) {
    const part = uploads[bar.dataset.key];
    if (part !== undefined && part !== null) bar.value = part;
  }
}

/** Of kinds of files, by the first word of their type. */
const ICONS = {
  image: "M3 4h14v12H3zM3 13.500l4-4 4 4 2.500-2.500L17 14M12.500 8v.1",
  audio: "M7 14.500V4.500l9-1.500v10M7 14.500a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM16 13a2 2 0 1 1-4 0 2 2 0 0 1 4 0z",
  video: "M3 4h14v12H3zM8.500 7.500v5l4-2.500z",
  other: "M5 2.500h6l4 4v11H5zM11 2.500v4h4",
};

export const fileIcon = (type = "", size = 24) => drawn(ICONS[type.split("/")[0]] ?? ICONS.other, size);

/** What the links of a message lead to. `may`: I may take them away. */
function cards({ id, previews }, may) {
  const hide = ({ target }) => emit(target, "previews-hide", { id });
  const words = { "aria-label": t("previews.hide"), title: t("previews.hide") };
  const button = { type: "button", class: "icon-button preview-hide", ...words, onclick: hide };
  return h(
    "div",
    { class: "previews" },
    ...previews.map(preview),
    may && h("button", button, icon("close", 16)),
  );
}

function preview({ url, title, description, site, image }) {
  const away = { href: url, target: "_blank", rel: "noopener noreferrer nofollow" };
  const { width, height } = image ?? {};
  return h(
    "aside",
    { class: "preview", dir: "auto" },
    h(
      "div",
      { class: "preview-words" },
      h("p", { class: "preview-site" }, h("bdi", {}, site)),
      h("a", { class: "preview-title", ...away }, title),
      description && h("p", { class: "preview-more" }, description),
    ),
    image && h("img", { src: thumbUrl(image), alt: "", width, height, decoding: "async" }),
  );
}
