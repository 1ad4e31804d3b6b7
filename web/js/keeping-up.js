/** Read markers and levels in the state. Pure.
 *
 * A marker goes forward by itself and back only where I say so; each time it is put back is a `turn`
 * (`read_turn` of the room). What was said of an older turn comes too late and does nothing. A room that
 * was put back while it was open is `held`: looking at it does not make it read again.
 */
import { unreadAfter } from "./history.js";
import { callsMe, counted, newest } from "./mentions.js";

export const KEEPING_UP = {
  /** Read up to `message`. Of a held room only where I say so. */
  "read.marked"(state, { room: roomId, message, said = false }) {
    const room = state.rooms[roomId];
    const held = state.held === roomId && !said ? roomId : null;
    if (!room || held || (message <= room.last_read && room.unread === 0)) return state;
    const read = Math.max(message, room.last_read);
    const released = { ...state, held: state.held === roomId ? null : state.held };
    return withRoom(released, { ...counted(state, room, 0, stillUnread(room, read)), last_read: read });
  },

  "room.held": (state, { room }) => ({ ...state, held: room }),

  "room.released": (state, { room }) => (state.held === room ? { ...state, held: null } : state),

  "news.seen": (state, { room, message }) =>
    room === state.open && room !== state.held && message > state.since
      ? { ...state, since: message }
      : state,
};

export const HEARD = {
  read(state, { room: roomId, last_read, turn }) {
    const room = state.rooms[roomId];
    if (!room || turn < room.read_turn) return state;
    const back = turn > room.read_turn;
    if (!back && last_read <= room.last_read) return state;
    const known = { unread: room.unread, mentioned: stillUnread(room, last_read) };
    const { unread, mentioned } =
      countsAfter(state, roomId, last_read) ?? known;
    const next = withRoom(state, { ...counted(state, room, unread, mentioned), last_read, read_turn: turn });
    return back && roomId === state.open ? { ...next, held: roomId, since: last_read } : next;
  },

  level(state, { room: roomId, level }) {
    const room = state.rooms[roomId];
    return room ? withRoom(state, { ...room, level }) : state;
  },
};

const stillUnread = ({ mentioned }, read) => mentioned.filter((id) => id > read);

/** What is unread, and what of it is for me, after `read`; null where the page does not reach so far. */
function countsAfter(state, room, read) {
  const page = state.pages[room];
  const unread = unreadAfter(page, read, state.user.id);
  if (unread === null) return null;
  const forMe = (message) => message.id > read && !message.deleted && callsMe(state, message);
  return { unread, mentioned: newest(page.messages.filter(forMe).map(({ id }) => id)) };
}

const withRoom = (state, room) => ({ ...state, rooms: { ...state.rooms, [room.id]: room } });
