/** What people do around single messages: answer them, jump to them, link to them, pin them. */
import { api } from "../api.js";
import { drafts } from "../drafts.js";
import { explain } from "../explain.js";
import { t } from "../i18n.js";
import { placeOf } from "../route.js";
import { messageIn } from "../selectors.js";

export const replyHandlers = ({ app, store, rooms, places, route }) => ({
  "reply-begin": ({ room, id }) => {
    if (messageIn(store.state, room, id)?.deleted) return;
    drafts.answer(store.state.user.id, room, id);
    store.dispatch({ type: "reply.began", room, id });
  },
  "reply-end": ({ room }) => {
    drafts.answer(store.state.user.id, room, null);
    store.dispatch({ type: "reply.ended", room });
  },

  /** An address of this page, of a room or a message in it. */
  "place-open"({ hash }) {
    const { room, message } = placeOf(hash);
    if (room === store.state.open && message === null) places.leave();
    route.go(hash);
  },
  "place-leave": () => places.leave(),
  "newest-reached": () => places.going || route.leavePlace(),
  "link-copied": () => app.announce(t("link.copied")),

  "history-older": ({ room }) => (store.state.detour ? places.more("older") : rooms.loadOlder(room)),
  "history-later": () => places.more("later"),

  /** Answers by `found(messages)`, or `found(null, words)` where they could not be had. */
  "pins-ask": async ({ room, found }) => {
    try {
      const { messages } = await api.pins(room);
      found(messages);
      await rooms.learn(messages.map(({ author }) => author));
    } catch (error) {
      found(null, explain(error));
    }
  },
  "message-pin": async ({ id, pin }) => {
    try {
      await (pin ? api.pin : api.unpin)(id);
      app.announce(t(pin ? "pins.pinned" : "pins.unpinned"));
    } catch (error) {
      app.announce(explain(error), { urgent: true });
    }
  },
});
