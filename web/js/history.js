/** The loaded part of a room's history: a page of messages, sorted by id, without holes.
 *
 * A page joins three sources: the newest messages as the server answered, older ones fetched while
 * scrolling, and what comes live. `floor` is the cursor of the last snapshot: messages above it came
 * live, after the point that the stream was opened from. `losses` are the places where messages of
 * others were lost (losses.js). All functions are pure.
 */

/** Messages kept where nobody looks at older ones; the rest is fetched again. */
const KEPT = 100;

export function emptyPage() {
  return { messages: [], more: false, status: "loading", older: "idle", floor: 0, losses: [] };
}

/** After a reset the old messages stay until the newest page has come. Where that of the last reset has
 * not come yet, there may be a hole at its floor: then what came live since is what stays. */
export function stalePage(page, cursor) {
  const live = page.messages.filter(({ id }) => id > page.floor);
  const holed = page.status !== "ready" && live.length > 0;
  const messages = holed ? live : page.messages;
  return { ...page, messages, status: "loading", older: "idle", floor: cursor };
}

/** Joins the newest page of the server with what is there. Within its range the server is right. */
export function joinNewest(page, messages, more) {
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
  };
}

export function joinOlder(page, messages, more) {
  const first = page.messages[0]?.id ?? Infinity;
  return {
    ...page,
    messages: [...messages.filter((message) => message.id < first), ...page.messages],
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

export function trimmed(page) {
  if (page.messages.length <= KEPT) return page;
  return { ...page, messages: page.messages.slice(-KEPT), more: true };
}

/** How many messages of others came after `read`, or null where the page does not reach back so far. */
export function unreadAfter(page, read, me) {
  if (!page || page.status !== "ready") return null;
  const reaches = !page.more || (page.messages.length > 0 && page.messages[0].id <= read);
  if (!reaches) return null;
  return page.messages.filter((message) => message.id > read && message.author !== me).length;
}
