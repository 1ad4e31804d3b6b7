/** What components ask of the state. Pure. */
import { partnerIn } from "./naming.js";

/** My rooms that are not archived. */
const inUse = ({ rooms }) => Object.values(rooms).filter(({ archived }) => !archived);

/** My rooms as the list has them: those with a name by that, then the direct ones, the liveliest first. */
export function roomsInOrder(state, language) {
  const compare = new Intl.Collator(language, { numeric: true }).compare;
  const [direct, named] = [[], []];
  for (const room of inUse(state)) (isDirect(room) ? direct : named).push(room);
  named.sort((a, b) => compare(a.name, b.name));
  direct.sort((a, b) => b.head - a.head);
  return [...named, ...direct];
}

export const isDirect = ({ kind }) => kind === "direct";

/** The room `step` places after the open one in the list, around its ends; null where there is none. */
export function neighbour(state, language, step) {
  const rooms = roomsInOrder(state, language);
  if (rooms.length === 0) return null;
  const at = rooms.findIndex((room) => room.id === state.open);
  const next = at < 0 ? (step > 0 ? 0 : -1) : (at + step + rooms.length) % rooms.length;
  return rooms.at(next);
}

/** What is shown of a room's history: the part that was jumped to, else the newest. */
export const shownPage = ({ detour, pages }, room) => (detour?.room === room ? detour : (pages[room] ?? null));

/** Ids of people in the open room, and of those of direct rooms, whose names are to be shown and are not known yet. */
export function strangers(state) {
  const pages = [shownPage(state, state.open), state.originals[state.open]];
  const messages = pages.flatMap((page) => page?.messages ?? []);
  const named = ({ author, reply_author, pinned, reactions, mentions }) => [
    author,
    reply_author,
    pinned?.by,
    ...Object.values(reactions ?? {}).flat(),
    ...(mentions ?? []),
  ];
  const partners = Object.values(state.rooms).flatMap((room) => room.with ?? []);
  const seen = new Set([...messages.flatMap(named), ...partners]);
  return [...seen].filter((id) => id && !state.people[id]);
}

/** The message that the composer is about; null where there is none, or none any more. */
export function composed(state) {
  const { composing } = state;
  const message = composing && messageIn(state, composing.room, composing.id);
  return message && !message.deleted ? message : null;
}

/** A loaded message by its id. */
export const messageOf = (page, id) => page?.messages.find((message) => message.id === id) ?? null;

/** A message of a room, wherever it is loaded. */
export const messageIn = ({ detour, pages, originals }, room, id) =>
  messageOf(detour?.room === room ? detour : null, id) ??
  messageOf(pages[room], id) ??
  messageOf(originals[room], id);

/** The message that another one answers: itself, `undefined` as long as it is not known, null where it is not there. */
export const originalOf = (state, room, id) =>
  messageIn(state, room, id) ?? (state.originals[room]?.held[id] === "missing" ? null : undefined);

/** Whether anything in the open room is an answer to a message. */
export const hasAnswers = (state) =>
  Boolean(state.answering[state.open] || shownPage(state, state.open)?.messages.some((one) => one.reply_to));

/** What my draft in a room answers: {id, message}, `message` as of `originalOf`; null where it is no answer. */
export function answered(state, room) {
  const id = state.answering[room];
  return id ? { id, message: originalOf(state, room, id) } : null;
}

/** Whether I may still edit a message; `now` in unix ms. */
export const mayEdit = ({ user, server }, message, now = Date.now()) =>
  isMine({ user }, message) && now - message.at < server.edit_seconds * 1000;

const isMine = ({ user }, { author, deleted }) => author === user.id && !deleted;

/** Whether I may take a message away: mine, or where I keep order. */
export const mayDelete = (state, message) =>
  isMine(state, message) || (!message.deleted && isStaff(state.rooms[message.room], state.user));

const STAFF = ["owner", "moderator"];
export const isStaff = (room, user) => STAFF.includes(room?.role) || user.role === "admin";

/** Whether I may change a room and the roles in it. */
export const mayManage = ({ user }, room) =>
  room.kind !== "direct" && (room.role === "owner" || user.role === "admin");

/** Whether I may mute or remove a member of a room. */
export const mayModerate = (state, room, member) =>
  member.id !== state.user.id &&
  room.kind !== "direct" &&
  !room.archived &&
  (mayManage(state, room) || (room.role === "moderator" && !STAFF.includes(member.role)));

/** Whether I may add people to a room, or invite them. */
export const mayAdd = (room) =>
  room.kind !== "direct" && !room.archived && (room.adding !== "staff" || STAFF.includes(room.role));

/** Why I cannot write in a room of mine: "archived", "deleted" (whom it is with), "muted", "quiet" (its staff posts) or
 * null. */
export function closedTo(state, room, now = Date.now()) {
  if (room.archived) return "archived";
  if (partnerIn(state, room)?.deleted) return "deleted";
  if (room.muted > now) return "muted";
  return room.posting === "staff" && !STAFF.includes(room.role) ? "quiet" : null;
}

/** My last message of the open room that I may still edit. */
export const lastOfMine = (state) =>
  state.pages[state.open]?.messages.findLast((message) => mayEdit(state, message)) ?? null;

/** My messages of a room that are on their way, without those that have arrived already. */
export function pendingIn(state, room) {
  return unsent(state).filter((item) => item.room === room);
}

/** All messages of mine that are not there yet. */
export function unsent(state) {
  const arrived = new Set(arrivedIn(state));
  return state.pending.filter((item) => !arrived.has(item.nonce));
}

/** Nonces of pending messages that a loaded page shows: they are stored, whatever the answer was. */
export function arrivedIn({ pending, pages, user }) {
  const isThere = (item) =>
    pages[item.room]?.messages.some(
      ({ id, nonce, author }) => author === user.id && (nonce === item.nonce || id === item.lost),
    );
  return pending.filter(isThere).map(({ nonce }) => nonce);
}

/** Rooms with a message of mine that needs a decision of mine. */
export const troubledRooms = ({ pending }) =>
  new Set(pending.filter(({ status }) => status === "failed").map(({ room }) => room));
