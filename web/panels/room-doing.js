/** What people do with rooms: their settings, order in them, invitations. What changes comes by the stream. */
import { attempt } from "../js/doing/attempt.js";
import { explain } from "../js/explain.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";

/** There is more to read where somebody else must help one back. */
const LONGER_SECONDS = 15;

/** Loaded with the first of these events (`later` in main.js). */
export const handlers = ({ app, store, rooms, api, undoing }) => {
  /** Does what can be taken back, and offers that. */
  const undoable = async (words, work, back) => {
    const tried = async (what) => {
      try {
        await what();
        return true;
      } catch (error) {
        app.announce(explain(error), { urgent: true });
        return false;
      }
    };
    if (await tried(work)) app.announce(words, { act: { words: t("undo"), run: () => tried(back) } });
  };

  /** The answer itself is not needed. */
  const told = (settle, work) => attempt(settle, async () => void (await work()));

  return {
    "rooms-browse": ({ settle }) => attempt(settle, () => rooms.browse()),
    "room-create": ({ values, settle }) =>
      attempt(settle, async () => {
        const room = await rooms.create(values);
        location.hash = hashOf(room.id);
      }),
    "room-join": ({ room, settle }) =>
      attempt(settle, async () => {
        await rooms.join(room);
        location.hash = hashOf(room);
      }),
    "room-change": ({ room, values, settle }) => told(settle, () => api.changeRoom(room, values)),
    "room-archive": ({ room, name }) =>
      undoable(
        t("archive.done", { room: name }),
        () => api.archiveRoom(room),
        () => api.changeRoom(room, { archived: false }),
      ),
    "room-return": ({ room, settle }) =>
      told(settle, () => api.changeRoom(room, { archived: false })),
    "rooms-archived": ({ settle, show }) =>
      attempt(settle, async () => show((await api.archived()).rooms)),

    async "room-leave"({ room: { id, name, kind } }) {
      await undoing.offer(
        { key: `room ${id}`, kind: "room", room: id },
        {
          words: t(kind === "private" ? "leave.done.private" : "leave.done", { room: name }),
          seconds: kind === "private" ? LONGER_SECONDS : undefined,
          run: () => rooms.leave(id),
          undone: () => (location.hash = hashOf(id)),
        },
      );
      location.hash = hashOf(null);
    },
    /** What is done of it stays done: those who are in the room are not offered again. */
    "members-add": ({ room, people, settle }) =>
      attempt(settle, async () => {
        for (const { id } of people) {
          const isGoing = store.state.going.length > 0;
          if (!isGoing || !(await undoing.withdraw(`member ${room} ${id}`))) await api.addMember(room, id);
        }
      }),
    "member-change": ({ room, user, values, settle }) =>
      told(settle, () => api.changeMember(room, user, values)),
    "member-remove": ({ room, user, name }) =>
      undoing.offer(
        { key: `member ${room} ${user}`, kind: "member", room, user },
        { words: t("member.removed", { name }), run: () => api.removeMember(room, user) },
      ),

    "invites-list": ({ room, settle, show }) =>
      attempt(settle, async () => show((await api.invites(room)).invites)),
    "invite-create": ({ values, settle, show }) =>
      attempt(settle, async () => show(await api.invite(values))),
    "invite-revoke": ({ id, settle }) => told(settle, () => api.revokeInvite(id)),
    "invite-look": ({ secret, settle, show }) =>
      attempt(settle, async () => show(await api.lookAtInvite(secret))),
    "invite-accept": ({ secret, settle }) =>
      attempt(settle, async () => {
        const { room } = await api.acceptInvite(secret);
        if (room) rooms.came(room);
        location.hash = hashOf(room?.id ?? null);
      }),
  };
};
