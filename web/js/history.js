/** The loaded part of a room's history: a page of messages, sorted by id, without holes.
 *
 * A page joins three sources: the newest messages as the server answered, older ones fetched while
 * scrolling, and what comes live. `floor` is the cursor of the last snapshot: messages above it came
 * live, after the point that the stream was opened from. `losses` are the places where messages of
 * others were lost (losses.js). `waiting` counts answers on their way, which may not know of the events
 * about messages that have come since: these are `changes`. What stands below `unsure` may have changed while
 * nobody told us, and is to be asked for again. All functions are pure.
 */
import { allChanged, changed } from "./changes.js";

/** Messages kept where nobody looks at older ones; the rest is fetched again. */
export const KEPT = 100;
/** More than this are neither kept nor shown at once, but for a moment. */
export const LONGEST = 300;
/** So many stay around what is read of a page that has become longer. */
const NEAR = 200;

export function emptyPage() {
  return {
    messages: [],
    more: false,
    status: "loading",
    older: "idle",
    floor: 0,
    losses: [],
    waiting: 0,
    changes: [],
    unsure: 0,
  };
}

/** An answer was asked for; `more`: what else changes by that. */
export function asked(page, more = {}) {
  const changes = page.waiting > 0 ? page.changes : [];
  return { ...page, ...more, changes, waiting: page.waiting + 1 };
}

/** An answer has come, or none will. */
export function answered(page, more = {}) {
  const waiting = Math.max(0, page.waiting - 1);
  return { ...page, ...more, waiting, changes: waiting > 0 ? page.changes : [] };
}

/** After a reset the old messages stay until the newest page has come. Where that of the last reset has
 * not come yet, there may be a hole at its floor: then what came live since is what stays. */
export function stalePage(page, cursor) {
  const live = page.messages.filter(({ id }) => id > page.floor);
  const holed = page.status !== "ready" && live.length > 0;
  const messages = holed ? live : page.messages;
  const none = { waiting: 0, changes: [] };
  return { ...page, ...none, messages, status: "loading", older: "idle", floor: cursor };
}

/** Joins the newest page of the server with what is there. Within its range the server is right. */
export function joinNewest(page, answer, more) {
  const messages = allChanged(answer, page.changes);
  const first = messages[0]?.id ?? 0;
  const last = messages.at(-1)?.id ?? 0;
  const live = page.messages.filter((message) => message.id > page.floor && message.id > last);
  const old = page.messages.filter((message) => message.id <= page.floor);
  const touching = more && old.length > 0 && old.at(-1).id >= first;
  const before = touching ? old.filter((message) => message.id < first) : [];
  return {
    ...page,
    messages: [...before, ...messages, ...live],
    more: before.length > 0 ? page.more : more,
    status: "ready",
    unsure: before.length > 0 ? first : 0,
  };
}

export function joinOlder(page, answer, more) {
  const first = page.messages[0]?.id ?? Infinity;
  const older = allChanged(answer, page.changes).filter((message) => message.id < first);
  return {
    ...page,
    messages: [...older, ...page.messages],
    more,
    older: "idle",
  };
}

/** Adds one message at its place; the same page where it is already there. */
export function withMessage(page, message) {
  let at = page.messages.length;
  while (at > 0 && page.messages[at - 1].id > message.id) at -= 1;
  if (at > 0 && page.messages[at - 1].id === message.id) return page;
  return { ...page, messages: page.messages.toSpliced(at, 0, message) };
}

/** What stood below `before` once more, as far down as the server answered. What has come into doubt above it
 * since it was asked for stays, and stays in doubt. */
export function joinAgain(page, answer, more, before) {
  const from = page.messages[0]?.id ?? Infinity;
  const first = answer[0]?.id ?? 0;
  const again = allChanged(answer, page.changes).filter(({ id }) => id >= from);
  return {
    ...page,
    messages: [
      ...page.messages.filter(({ id }) => more && id < first),
      ...again,
      ...page.messages.filter(({ id }) => id >= before),
    ],
    unsure: page.unsure > before ? page.unsure : more && first > from ? first : 0,
  };
}

/** An event about a message, which may be here, or on its way. */
export function withChange(page, event) {
  const at = page.messages.findIndex(({ id }) => id === event.message);
  const after = at < 0 ? null : changed(page.messages[at], event);
  const messages = at < 0 ? page.messages : page.messages.with(at, after);
  return { ...page, messages, changes: page.waiting > 0 ? [...page.changes, event] : page.changes };
}

/** The newest of it. While an answer is on its way that might leave a hole: then it stays whole. */
export function trimmed(page) {
  if (page.messages.length <= KEPT || page.waiting > 0) return page;
  return { ...page, messages: page.messages.slice(-KEPT), more: true };
}

/** Without what is far from the message `near` where it has become long: {from, page}, `from` the place of its
 * first message in what it was. As `trimmed`, it waits for answers on their way. */
export function narrowed(page, near) {
  const { length } = page.messages;
  if (length <= LONGEST || page.waiting > 0) return { from: 0, page };
  const at = page.messages.findLastIndex(({ id }) => id <= near);
  const from = Math.max(0, Math.min(at - NEAR / 2, length - NEAR));
  const messages = page.messages.slice(from, from + NEAR);
  const before = from > 0 ? { more: true, older: "idle" } : {};
  const after = from + NEAR < length ? { later: "idle" } : {};
  return { from, page: { ...page, ...before, ...after, messages } };
}

/** How many messages of others came after `read`, or null where the page does not reach back so far. */
export function unreadAfter(page, read, me) {
  if (!page || page.status !== "ready") return null;
  const reaches = !page.more || (page.messages.length > 0 && page.messages[0].id <= read);
  if (!reaches) return null;
  const unread = ({ id, author, deleted }) => id > read && author !== me && !deleted;
  return page.messages.filter(unread).length;
}
