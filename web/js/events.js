/** What each event of the stream changes in the state. Pure; the same event twice changes nothing. */
import { isChange } from "./changes.js";
import { detourAfter, NO_DETOUR } from "./detour.js";
import { LONGEST, trimmed, withChange, withMessage } from "./history.js";
import { HEARD } from "./keeping-up.js";
import { withoutLostTail } from "./losses.js";
import { BLOCKS, callsMe, counted, noted } from "./mentions.js";
import { originalsAfter } from "./originals.js";
import { notTyping, PEOPLE_CHANGES, withoutPresence } from "./presence.js";
import { ROOM_CHANGES } from "./room-events.js";

/** True where the event's room had another event in between that never came. */
export function isGap(state, event) {
  const known = state.heads[event.topic];
  return event.topic.startsWith("room:") && known !== undefined && event.prev > known;
}

export function applyEvent(state, event) {
  if (event.id <= (state.heads[event.topic] ?? 0)) return state;
  const stored = withoutLostTail(state, event);
  const next = { ...stored, heads: { ...state.heads, [event.topic]: event.id } };
  const change = isChange(event) ? changeMessage : CHANGES[event.kind];
  return change ? change(next, event) : next;
}

/** The last events of a topic once more, where the state was put back to before them. */
export function appliedAgain(state, topic, events) {
  if (events.length === 0) return state;
  const { [topic]: _head, ...heads } = state.heads;
  return events.reduce(applyEvent, { ...state, heads });
}

const CHANGES = {
  ...ROOM_CHANGES,

  message(before, event) {
    const { id, room: roomId, author } = event;
    const state = notTyping(before, roomId, author);
    const room = state.rooms[roomId];
    if (!room) return state;
    const rooms = { ...state.rooms };
    if (id > room.head) {
      // Up to the snapshot's head the snapshot has counted already.
      const unread = author === state.user.id ? room.unread : room.unread + 1;
      const mentioned = noted(room.mentioned, id, callsMe(state, event));
      rooms[roomId] = { ...counted(state, room, unread, mentioned), head: id };
    }
    const page = state.pages[roomId];
    if (!page) return { ...state, rooms };
    const { prev: _prev, topic: _topic, kind: _kind, ...message } = event;
    const after = withMessage(page, message);
    // What is shown is for whoever shows it to narrow: they know where it is read.
    const isShown = roomId === state.open && state.detour?.room !== roomId;
    const kept = isShown || after.messages.length <= LONGEST ? after : trimmed(after);
    return { ...state, rooms, pages: { ...state.pages, [roomId]: kept } };
  },

  ...HEARD,
  ...BLOCKS,

  "member.joined"(state, event) {
    const { room: roomId, user, username, display_name, role, bot, avatar, status, muted } = event;
    const person = { id: user, username, display_name, bot, avatar, ...(status && { status }) };
    const people = { ...state.people, [user]: { ...state.people[user], ...person } };
    // Those of a direct room, whom I may never have seen.
    for (const other of event.people ?? []) people[other.id] = other;
    const next = { ...state, people };
    if (user === state.user.id) return touched(next, event);
    const members = state.members[roomId];
    if (members?.some((member) => member.id === user)) return next;
    const member = { ...person, role, ...(muted && { muted }) };
    return withCount(next, event, +1, members && [...members, member]);
  },

  "member.left"(state, event) {
    const { room: roomId, user } = event;
    if (user === state.user.id) return withoutRoom(touched(state, event), roomId);
    const members = state.members[roomId];
    if (members && !members.some((member) => member.id === user)) return state;
    return withCount(
      withoutPresence(notTyping(state, roomId, user), user),
      event,
      -1,
      members?.filter((member) => member.id !== user),
    );
  },

  ...PEOPLE_CHANGES,

  settings: (state, { settings }) => ({ ...state, settings }),

  "room.created"(state, { room, name, description }) {
    if (!state.discoverable || state.rooms[room]) return state;
    if (state.discoverable.some((other) => other.id === room)) return state;
    const created = { id: room, name, description, kind: "open", members: 1 };
    return { ...state, discoverable: [...state.discoverable, created] };
  },
};

/** An event about a message. Up to the snapshot's head the snapshot knows it already. */
function changeMessage(state, event) {
  const room = state.rooms[event.room];
  if (!room) return state;
  const page = state.pages[event.room];
  const pages = page ? { ...state.pages, [event.room]: withChange(page, event) } : state.pages;
  const touched = { ...state.touched, [event.room]: event.id };
  const next = originalsAfter(detourAfter({ ...state, pages, touched }, event), event);
  if (event.id <= room.head) return next;
  const { message, author } = event;
  const wasUnread = message > room.last_read && author !== state.user.id;
  const isGone = event.kind === "message.deleted";
  const unread = Math.max(0, room.unread - (isGone && wasUnread ? 1 : 0));
  const says = isGone || event.kind === "message.edited";
  const calls = wasUnread && !isGone && callsMe(state, event);
  const mentioned = says ? noted(room.mentioned, message, calls) : room.mentioned;
  const after = { ...counted(state, room, unread, mentioned), head: event.id };
  return { ...next, rooms: { ...state.rooms, [event.room]: after } };
}

/** Remembers the last change of my own membership: an answer asked for before it is out of date. */
function touched(state, { room, id }) {
  return { ...state, memberships: { ...state.memberships, [room]: id } };
}

/** Counts a member who came or went, unless the snapshot (up to its head) has counted them already. */
function withCount(state, { id, room: roomId }, change, members) {
  const room = state.rooms[roomId];
  if (!room || (id <= room.head && !members)) return state;
  const count = members ? members.length : room.members + change;
  const head = Math.max(room.head, id);
  const next = { ...state, rooms: { ...state.rooms, [roomId]: { ...room, head, members: count } } };
  return members ? { ...next, members: { ...state.members, [roomId]: members } } : next;
}

export function withoutRoom(state, roomId) {
  const { [roomId]: _room, ...rooms } = state.rooms;
  const { [roomId]: _page, ...pages } = state.pages;
  const { [roomId]: _members, ...members } = state.members;
  // The log goes on without us: what comes after a return is no gap.
  const { [`room:${roomId}`]: _head, ...heads } = state.heads;
  const way = state.detour?.room === roomId ? NO_DETOUR : {};
  return { ...state, ...way, rooms, pages, members, heads };
}
