/** What only some rows have (files, previews of links): what shows it is loaded with the first of them. */
import { needed } from "./panel.js";

let loaded = null; // panels/attachments.js
let loading = null;

/** Whether a row has such parts; a text that changes where they come to be shown. */
export const extrasOf = ({ message, item }) =>
  message?.files || message?.previews || item?.files ? `extras ${Boolean(loaded)}` : "";

export const buildExtras = (row, context) => (loaded && extrasOf(row) ? loaded.rowParts(row, context) : null);

/** Calls `then` once the rows can be built with what they lack now. */
export function loadExtras(rows, then) {
  if (loading || !rows.some(extrasOf)) return;
  loading = needed("attachments").then((module) => {
    loaded = module;
    then();
  });
}

export const showProgress = (root, uploads) => loaded?.showProgress(root, uploads);
