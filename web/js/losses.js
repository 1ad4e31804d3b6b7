/** Messages that were shown and are not stored: a server that breaks down may lose the last second of its
 * log. Pure.
 *
 * They leave the page. Mine go to `state.lost`, from where the outbox takes them ("not stored, send
 * again"); where others' were, a line says how many.
 */

import { versionOf } from "./changes.js";
import { detourWithout } from "./detour.js";
import { originalsWithout } from "./originals.js";

/**
 * An event names the one before it in its room (`prev`): what is shown between the two is not in the log.
 * It can be held against what came before the last reset only where an event of the room came since.
 */
export function withoutLostTail(state, event) {
  if (!event.topic.startsWith("room:")) return state;
  const judged = state.heads[event.topic] === undefined ? state.cursor : 0;
  const after = Math.max(event.prev, judged);
  const lost = (id) => id > after && id < event.id;
  const stored = without(state, event.room, ({ id }) => lost(id));
  const known = originalsWithout(detourWithout(stored, event.room, lost), event.room, lost);
  return inDoubt(known, event.room, (message) => lost(versionOf(message)));
}

/** What was done to these messages is lost: what they are now has to be asked for. */
function inDoubt(state, room, isDoubted) {
  const page = state.pages[room];
  const last = page?.messages.findLast(isDoubted);
  if (!last) return state;
  const unsure = Math.max(page.unsure, last.id + 1);
  return { ...state, pages: { ...state.pages, [room]: { ...page, unsure } } };
}

/**
 * The newest page of the history was asked for when `known` was the newest message shown: what is shown
 * up to there must be in it, as far back as it reaches.
 */
export function withoutMissing(state, { room, messages, more, known }) {
  const held = new Set(messages.map(({ id }) => id));
  const whole = !more && readsAll(state.rooms[room]);
  const from = whole ? 0 : (messages[0]?.id ?? Infinity);
  return without(state, room, ({ id }) => id >= from && id <= known && !held.has(id));
}

/** Another tab has found out that these were lost: `items` of the outbox. */
export function withoutMessages(state, items) {
  const one = (before, { room, lost }) => without(before, room, ({ id }) => id === lost);
  return items.reduce(one, state);
}

/** Of a private room that one was added to, the history begins with one's joining. */
const readsAll = (room) => room?.kind === "open" || room?.role === "owner";

function without(state, roomId, isLost) {
  const page = state.pages[roomId];
  const gone = page?.messages.filter(isLost) ?? [];
  if (gone.length === 0) return state;
  const messages = page.messages.filter((message) => !isLost(message));
  const mine = gone.filter(({ author }) => author === state.user.id);
  const others = gone.filter(({ author }) => author !== state.user.id);
  const count = others.length;
  const losses = count > 0 ? [...page.losses, { id: others.at(-1).id, count }] : page.losses;
  return {
    ...state,
    rooms: withFewerUnread(state, roomId, others),
    pages: { ...state.pages, [roomId]: { ...page, messages, losses } },
    lost: [...state.lost, ...mine],
  };
}

function withFewerUnread({ rooms }, roomId, others) {
  const room = rooms[roomId];
  if (!room) return rooms;
  const unseen = others.filter(({ id, deleted }) => id > room.last_read && !deleted).length;
  return { ...rooms, [roomId]: { ...room, unread: Math.max(0, room.unread - unseen) } };
}
