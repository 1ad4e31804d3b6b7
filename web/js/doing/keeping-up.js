/** What people do to keep up: read, mark as read or unread, choose what concerns them. */
import { api } from "../api.js";
import { explain } from "../explain.js";
import { t } from "../i18n.js";
import { attempt } from "./attempt.js";

export function keepingUpHandlers({ app, store, reading, places, alerts }) {
  const failed = (error) => app.announce(explain(error), { urgent: true });

  return {
    "room-seen": ({ room, message, said }) => reading.seen(room, message, { said }),
    "news-seen": ({ room, message }) => store.dispatch({ type: "news.seen", room, message }),
    "history-reach": async ({ room, message, missed }) => {
      if (!(await places.reach(room, message))) missed();
    },
    "message-unread": async ({ room, id }) => {
      try {
        await reading.unreadAgain(room, id);
        app.announce(t("unread.marked"));
      } catch (error) {
        failed(error);
      }
    },
    "rooms-read": () => {
      const before = reading.allSeen();
      if (before.length === 0) return app.announce(t("unread.none"));
      const undo = () =>
        Promise.all(before.map((was) => reading.unreadAgain(was.room, was.message))).catch(failed);
      app.announce(t("unread.all_read"), { act: { words: t("undo"), run: undo } });
    },
    "alerts-chosen": () => alerts.begin(),
    "push-choose": ({ what, settle }) => attempt(settle, () => alerts.push(what)),
    "level-choose": ({ room, level, settle }) => attempt(settle, () => api.setLevel(room, level)),
  };
}
