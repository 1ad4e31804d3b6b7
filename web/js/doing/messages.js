/** What people do with messages: send, change, delete, answer with an emoji, try again. */
import { api } from "../api.js";
import { drafts } from "../drafts.js";
import { explain } from "../explain.js";
import { t } from "../i18n.js";
import { lastOfMine } from "../selectors.js";
import { attempt } from "./attempt.js";

export const messageHandlers = ({ app, store, outbox, undoing }) => ({
  "message-send": async ({ room, body, files = [], reply_to = null, kept }) => {
    store.dispatch({ type: "detour.left" });
    store.dispatch({ type: "reply.ended", room });
    if (files.length > 0) store.dispatch({ type: "tray.emptied", room });
    await outbox.send(room, body, { ...(files.length > 0 && { files }), ...(reply_to && { reply_to }) });
    kept();
    if (!store.state.answering[room]) drafts.answer(store.state.user?.id, room, null);
  },

  "compose-begin": (about) => store.dispatch({ type: "compose.began", ...about }),
  "compose-end": () => store.dispatch({ type: "compose.ended" }),
  "compose-last": ({ room }) => {
    const message = lastOfMine(store.state);
    if (message) store.dispatch({ type: "compose.began", room, kind: "edit", id: message.id });
  },
  "message-edit": ({ id, values, settle }) =>
    attempt(settle, async () => {
      // What it says now comes by the stream: applied before its turn it would hide what came before.
      await api.edit(id, values);
      store.dispatch({ type: "compose.ended" });
    }),
  "message-react": async ({ id, emoji, add }) => {
    try {
      await (add ? api.react : api.takeBack)(id, emoji);
    } catch (error) {
      app.announce(explain(error), { urgent: true });
    }
  },
  "message-delete": ({ message: { id, room } }) =>
    undoing.offer(
      { key: `message ${id}`, kind: "message", room, message: id },
      { words: t("delete.done"), run: () => api.remove(id) },
    ),
  "message-retry": ({ nonce }) => outbox.retry(nonce),
  "message-discard": ({ nonce }) => outbox.remove(nonce),
});
