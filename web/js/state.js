/** The whole state of the page and every way it changes: (state, action) -> state, pure.
 *
 * `rooms` are mine, by id. `pages` hold loaded history (history.js), `detour` a part of it that was jumped to
 * (detour.js), `originals` and `answering` what stands beside it (originals.js), `heads` the last event applied of
 * each topic since the last snapshot, `presence` and `typing` see presence.js, `members` the lists that were
 * fetched, `people` names by id.
 * `pending` mirrors the outbox; `lost` are messages of mine that the server lost and the outbox is yet to
 * take. `line` is the life of the stream as people should hear of it.
 */
import { detourActions, NO_DETOUR, settled, staleDetour } from "./detour.js";
import { appliedAgain, applyEvent, withoutRoom } from "./events.js";
import {
  answered,
  asked,
  emptyPage,
  joinAgain,
  joinNewest,
  joinOlder,
  stalePage,
  trimmed,
  withMessage,
} from "./history.js";
import { KEEPING_UP } from "./keeping-up.js";
import { withoutMessages, withoutMissing } from "./losses.js";
import { replyActions, staleOriginals } from "./originals.js";
import { PRESENCE_ACTIONS } from "./presence.js";
import { trayActions } from "./trays.js";

export const initialState = Object.freeze({
  phase: "loading", // "loading", "welcome" (signed out) or "in"
  farewell: null, // why the session ended, where it was not asked for
  server: null,
  user: null,
  settings: {}, // of the account; what is not in it this browser decides
  line: "connecting", // "connecting", "live", "delayed", "lost", "unavailable", "offline" or "ended"
  retryAt: null, // when the line is tried again, in unix ms
  cursor: 0, // of the last snapshot
  rooms: {},
  discoverable: null,
  open: null, // id of the room in sight
  outside: null, // {status, room} of an open room that is not mine
  composing: null, // {room, kind: "edit", id}: the message that the composer is about
  since: 0, // the read marker as it was when the room was opened: where "new" begins
  held: null, // the open room, where I marked it as unread: looking does not make it read
  pages: {},
  ...NO_DETOUR,
  originals: {},
  touched: {}, // room -> the last event about a message of it
  answering: {},
  heads: {},
  memberships: {},
  members: {},
  people: {},
  presence: {},
  typing: {},
  blocked: [], // ids of those of whom I want to hear nothing
  pending: [],
  trays: {},
  uploads: {},
  lost: [],
  going: [], // what I have done and can still undo: the server is not told yet (later/going.js)
});

export function reduce(state, action) {
  const change = ACTIONS[action.type];
  if (!change) throw new Error(`no such action: ${action.type}`);
  return change(state, action);
}

const ACTIONS = {
  ...trayActions,
  "server.known": (state, { server }) => ({ ...state, server: { ...state.server, ...server } }),

  "signed.out": (state, { reason = null, server = state.server }) => ({
    ...initialState,
    phase: "welcome",
    farewell: reason,
    server,
    open: state.open,
  }),

  snapshot(state, { snapshot }) {
    const { user, settings, rooms, people = [], blocked, server, cursor } = snapshot;
    const mine = byId(rooms);
    return {
      ...state,
      phase: "in",
      farewell: null,
      user,
      settings,
      server: { ...state.server, ...server },
      cursor,
      rooms: mine,
      pages: stalePages(state, mine, cursor),
      ...staleDetour(state, mine),
      originals: staleOriginals(state),
      heads: {},
      memberships: {},
      members: {},
      blocked,
      people: { ...state.people, ...byId(people), [user.id]: user },
      typing: {},
      since: state.phase === "in" ? state.since : (mine[state.open]?.last_read ?? 0),
    };
  },

  /** What was kept of the last time (later/remembered.js), until the server answers. */
  remembered(state, { user, server, rooms, people, kept }) {
    if (state.phase !== "loading") return state;
    const pageOf = ({ messages, more }) => ({ ...emptyPage(), messages, more, status: "ready" });
    const pages = Object.fromEntries(kept.map((room) => [room.room, pageOf(room)]));
    return { ...state, phase: "in", line: "lost", user, server, rooms, people, pages };
  },

  "line.changed"(state, { line, retryAt = null }) {
    // A live line that is late stays so until what is late has come.
    if (line === state.line || (line === "live" && state.line === "delayed")) {
      return retryAt === state.retryAt ? state : { ...state, retryAt };
    }
    return { ...state, line, retryAt };
  },

  /** Late is what a live line can be; a lost one has worse news. */
  "line.late"(state, { late }) {
    if (state.line !== (late ? "live" : "delayed")) return state;
    return { ...state, line: late ? "delayed" : "live" };
  },

  "event.came": (state, { event }) => applyEvent(state, event),

  "room.opened"(state, { room }) {
    if (room === state.open) return state;
    const left = state.pages[state.open];
    const pages = left ? { ...state.pages, [state.open]: trimmed(left) } : state.pages;
    const since = state.rooms[room]?.last_read ?? 0;
    return { ...state, open: room, outside: null, composing: null, held: null, ...NO_DETOUR, pages, since };
  },

  "room.outside": (state, { room, status, found = null }) =>
    room === state.open ? { ...state, outside: { status, room: found } } : state,

  /** `heard`: the events of the room that came while it was asked for. */
  "room.joined"(state, { room, heard = [] }) {
    const outside = room.id === state.open ? null : state.outside;
    const since = room.id === state.open && !state.rooms[room.id] ? room.last_read : state.since;
    const discoverable = state.discoverable?.filter((other) => other.id !== room.id) ?? null;
    const joined = { ...state, outside, since, discoverable, rooms: { ...state.rooms, [room.id]: room } };
    return appliedAgain(joined, `room:${room.id}`, heard.filter(({ id }) => id > room.head));
  },

  "room.left": (state, { room }) => withoutRoom(state, room),

  "rooms.found": (state, { discoverable }) => ({ ...state, discoverable }),

  "page.asked"(state, { room, older = false }) {
    const page = state.pages[room] ?? emptyPage();
    return withPage(state, room, asked(page, { [older ? "older" : "status"]: "loading" }));
  },

  /** `known`: the newest message that was shown when the page was asked for, if it was the newest page. */
  "page.came"(state, { room, messages, more, older = false, known = 0 }) {
    if (!state.pages[room]) return state;
    const stored = withoutMissing(state, { room, messages, more, known });
    const join = older ? joinOlder : joinNewest;
    return settled(withPage(stored, room, answered(join(stored.pages[room], messages, more))));
  },

  /** The newest page, asked for only to see whether it has what is shown. */
  "page.checked": (state, answer) => withoutMissing(state, answer),

  "page.failed"(state, { room, older = false }) {
    const page = state.pages[room];
    if (!page) return state;
    return withPage(state, room, answered(page, { [older ? "older" : "status"]: "failed" }));
  },

  /** What may have changed unheard is asked for once more: see `unsure` in history.js. */
  "page.again.asked": (state, { room }) => withPage(state, room, asked(state.pages[room])),

  /** `before`: what it was asked for with. */
  "page.again.came"(state, { room, messages, more, before }) {
    const page = state.pages[room];
    return page ? withPage(state, room, answered(joinAgain(page, messages, more, before))) : state;
  },

  "page.again.failed"(state, { room }) {
    const page = state.pages[room];
    return page ? withPage(state, room, answered(page)) : state;
  },

  "page.trimmed": (state, { room }) => withPage(state, room, trimmed(state.pages[room])),

  "message.posted"(state, { message }) {
    const page = state.pages[message.room];
    return page ? withPage(state, message.room, withMessage(page, message)) : state;
  },

  ...detourActions,
  ...replyActions,

  "compose.began": (state, { room, kind, id }) => ({ ...state, composing: { room, kind, id } }),

  "compose.ended": (state) => (state.composing ? { ...state, composing: null } : state),

  "pending.changed"(state, { pending }) {
    const before = new Set(state.pending.map(({ nonce }) => nonce));
    const lost = pending.filter((item) => item.lost && !before.has(item.nonce));
    return { ...withoutMessages(state, lost), pending };
  },

  "lost.taken": (state) => ({ ...state, lost: [] }),

  "going.changed": (state, { going }) => ({ ...state, going }),

  "members.came"(state, { room: roomId, members }) {
    const room = state.rooms[roomId];
    if (!room) return state;
    return {
      ...state,
      rooms: { ...state.rooms, [roomId]: { ...room, members: members.length } },
      members: { ...state.members, [roomId]: members },
      people: { ...state.people, ...byId(members) },
    };
  },

  "me.changed": (state, { user }) => ({
    ...state,
    user,
    people: { ...state.people, [user.id]: user },
  }),

  "people.came": (state, { users }) => ({ ...state, people: { ...state.people, ...byId(users) } }),

  ...KEEPING_UP,
  ...PRESENCE_ACTIONS,
};

/** Pages outlive a reset: what they show is held against the newest page when that comes. */
function stalePages({ open, pages }, rooms, cursor) {
  const mine = Object.entries(pages).filter(([room]) => rooms[room]);
  const stale = (room, page) => stalePage(room === open ? page : trimmed(page), cursor);
  return Object.fromEntries(mine.map(([room, page]) => [room, stale(room, page)]));
}

const byId = (things) => Object.fromEntries(things.map((thing) => [thing.id, thing]));

const withPage = (state, room, page) => ({ ...state, pages: { ...state.pages, [room]: page } });
