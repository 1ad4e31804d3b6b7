/** What people do with their account: their picture, their password, leaving. */
import { attempt } from "../js/doing/attempt.js";
import { drafts } from "../js/drafts.js";
import { explain } from "../js/explain.js";
import { t } from "../js/i18n.js";
import { owner } from "../js/owner.js";
import { hashOf } from "../js/route.js";
import { pictureOf, putOn } from "../later/uploads.js";

/** Loaded with the first of these events (`later` in main.js). */
export const handlers = ({ app, store, api, outbox, session, undoing }) => {
  const wear = async (blob, moved = () => {}) =>
    store.dispatch({ type: "me.changed", user: await putOn(blob, moved) });

  return {
    "account-leave": ({ values, settle }) =>
      attempt(settle, async () => {
        const { user, going } = store.state;
        if (going.length > 0) await undoing.settle();
        await api.closeAccount(values);
        owner.unset();
        await outbox.forget(user.id);
        drafts.forget(user.id);
        session.closed("leaving");
        location.hash = hashOf(null);
      }),

    "password-change": ({ values, settle }) =>
      attempt(settle, async () => {
        await api.changePassword(values);
        app.announce(t("password.changed"));
      }),

    /** `moved(part)`: 0 to 1 of the picture is sent. */
    "avatar-put": ({ blob, moved, settle }) =>
      attempt(settle, async () => {
        await wear(blob, moved);
        app.announce(t("avatar.changed"));
      }),

    "avatar-remove": ({ settle }) =>
      attempt(settle, async () => {
        const { user } = store.state;
        // Kept here for a moment, so that it can be put on again.
        const before = await pictureOf(user.avatar).catch(() => null);
        await api.removeAvatar();
        const { avatar: _, ...bare } = store.state.user;
        store.dispatch({ type: "me.changed", user: bare });
        const failed = (error) => app.announce(explain(error), { urgent: true });
        const act = before && { words: t("undo"), run: () => wear(before).catch(failed) };
        app.announce(t("avatar.removed"), { act });
      }),
  };
};
