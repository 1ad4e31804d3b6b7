/** Who is there, and what I say of myself. A room is shown without it: its keeper is loaded after that. */
import { api } from "../api.js";
import { t } from "../i18n.js";
import { firstSight } from "../late.js";
import { attempt } from "./attempt.js";

/** Calls `panels/presence.js`, from when it is there: what comes before is missed, and asked for then. */
export function latePresence(store) {
  let keeper = null;
  const tell = (what, ...given) => keeper?.[what](...given);
  return {
    tell,
    async entered() {
      await firstSight;
      try {
        const { PresenceKeeper } = await import("../../panels/presence.js");
        keeper ??= new PresenceKeeper(store, api);
      } catch {
        return; // Loaded with the next snapshot; nobody is shown as there until then.
      }
      if (store.state.phase !== "in") return;
      tell("entered");
      if (store.state.line === "live") tell("live");
    },
  };
}

export const presenceHandlers = ({ app, store, presence }) => ({
  typing: ({ room }) => presence.tell("writes", room),
  "sessions-list": async ({ show, settle }) =>
    attempt(settle, async () => show((await api.sessions()).sessions)),
  "session-end": ({ id, settle }) => attempt(settle, () => api.endSession(id)),
  "name-change": ({ values, settle }) =>
    attempt(settle, async () => {
      store.dispatch({ type: "me.changed", user: await api.changeMe(values) });
      app.announce(t("name.changed"));
    }),
  "status-set": ({ status, settle }) =>
    attempt(settle, async () => {
      store.dispatch({ type: "me.changed", user: await api.changeMe({ status }) });
      app.announce(t(status ? "status.set" : "status.cleared"));
    }),
});
