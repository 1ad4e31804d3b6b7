/** What the state looks like without what is going: deeds of mine that can still be undone, and that the server
 * is not told of yet. Pure. Elements are shown this; what is fetched, counted and kept stays with the state itself.
 *
 * A deed is {key, kind, room} with `message` (an id) of a "message", `user` of a "member"; a "room" is left.
 */
import { changed, versionOf } from "../js/changes.js";
import { messageIn } from "../js/selectors.js";

export function withoutGoing(state) {
  return state.going.reduce((shown, deed) => WITHOUT[deed.kind](shown, deed), state);
}

/** Whether the state itself says so: the deed was done, by me or somebody else. */
export function isGone(state, { kind, room, message, user }) {
  if (!state.rooms[room]) return true;
  if (kind === "room") return false;
  if (kind === "member") return !state.members[room]?.some(({ id }) => id === user);
  return messageIn(state, room, message)?.deleted ?? true;
}

const WITHOUT = {
  message(state, { room, message: id }) {
    const from = (page) => page && withoutMessage(page, id, state.user.id);
    const { detour, pages, originals } = state;
    return {
      ...state,
      detour: detour?.room === room ? from(detour) : detour,
      pages: { ...pages, [room]: from(pages[room]) },
      originals: { ...originals, [room]: from(originals[room]) },
    };
  },

  room(state, { room }) {
    const { [room]: _left, ...rooms } = state.rooms;
    return { ...state, rooms };
  },

  member(state, { room, user }) {
    const members = state.members[room]?.filter(({ id }) => id !== user);
    if (!state.rooms[room] || !members) return state;
    return {
      ...state,
      rooms: { ...state.rooms, [room]: { ...state.rooms[room], members: members.length } },
      members: { ...state.members, [room]: members },
    };
  },
};

const lessened = new WeakMap(); // page -> {id, page} without that message: a page that is the same is not drawn anew

function withoutMessage(page, id, by) {
  if (lessened.get(page)?.id !== id) {
    const at = page.messages.findIndex((message) => message.id === id);
    const messages = at < 0 ? page.messages : page.messages.with(at, deleted(page.messages[at], by));
    lessened.set(page, { id, page: { ...page, messages } });
  }
  return lessened.get(page).page;
}

const deleted = (message, by) => changed(message, { kind: "message.deleted", by, id: versionOf(message) + 1 });
