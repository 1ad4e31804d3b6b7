/** What people do with files, and files on their way. */
import { openPanel } from "../elements/panel.js";
import { explain } from "../js/explain.js";
import { t } from "../js/i18n.js";
import { uuid } from "../js/ids.js";
import { trayOf } from "../js/trays.js";
import { sizeLabel } from "../panels/sizes.js";
import { isRefused, Uploads } from "./uploads.js";

/** In one message, as the server has it. */
const MOST = 10;

/** Handlers by the names of their events (js/doing/files.js), and `upload(files)` for the outbox. */
export function fileWork({ app, api, store, outbox }) {
  const uploads = new Uploads((key, part) => store.dispatch({ type: "upload.moved", key, part }));
  const say = (words) => app.announce(words, { urgent: true });

  /** Sent at once; the message waits for it. After a failure the tray offers another try, and the message makes one. */
  const begin = (file) => {
    store.dispatch({ type: "upload.moved", key: file.key, part: 0 });
    uploads.send(file).catch((error) => isRefused(error) && say(explain(error)));
  };
  /** Those of the chosen files that may be sent; why not the others is said. */
  const fitting = (files, most, left) => {
    const fits = files.filter(({ size }) => size > 0 && size <= most);
    const wrong = files.find((file) => !fits.includes(file));
    if (wrong) {
      const name = wrong.name || t("files.unnamed");
      say(wrong.size === 0 ? t("files.empty", { name }) : t("files.large", { name, most: sizeLabel(most) }));
    }
    if (fits.length > left) say(t("files.many", { count: MOST }));
    return fits.slice(0, Math.max(0, left));
  };

  // What was chosen is in this tab's memory only, until its message is in the outbox.
  addEventListener("beforeunload", (event) => {
    if (Object.keys(store.state.trays).length > 0) event.preventDefault();
  });

  return {
    upload: (files) => uploads.all(files),

    "files-chosen"({ room, files }) {
      const { server } = store.state;
      if (!server.max_file) return say(t("files.off"));
      const left = MOST - trayOf(store.state, room).length;
      const chosen = fitting(files, server.max_file, left).map(chosenFile);
      if (chosen.length === 0) return;
      store.dispatch({ type: "tray.filled", room, files: chosen });
      for (const file of chosen) begin(file);
    },
    "files-again": ({ room, files }) => store.dispatch({ type: "tray.filled", room, files }),
    "file-retry": ({ file }) => begin(file),
    "file-remove"({ room, key }) {
      uploads.cancel(key);
      store.dispatch({ type: "tray.lessened", room, key });
    },
    "message-cancel"({ nonce, files }) {
      for (const { key } of files) uploads.cancel(key);
      return outbox.remove(nonce);
    },
    "picture-open": ({ id }) => openPanel(app, "lightbox", "openLightbox", picturesOf(store.state), id),
    "previews-hide": async ({ id }) => {
      try {
        await api.hidePreviews(id);
      } catch (error) {
        say(explain(error));
      }
    },
  };
}

const chosenFile = (blob) => ({
  key: uuid(),
  name: blob.name || `${t("files.unnamed")}.${blob.type.split("/")[1] ?? "bin"}`,
  type: blob.type,
  size: blob.size,
  blob,
});

/** All pictures of the open room that are loaded, in their order. */
function picturesOf({ pages, open, people }) {
  const messages = pages[open]?.messages ?? [];
  return messages.flatMap(({ files = [], author, at }) =>
    files.filter(({ thumb }) => thumb).map((file) => ({ ...file, at, author: people[author] })),
  );
}
