/** A part of a room's history that somebody has jumped to, apart from its newest page. Pure.
 *
 * `detour` is a page as in history.js, with its `room`, the id that it lies `around`, and `later`, which is
 * for newer messages what `older` is for older ones ("done": there were none). What comes live goes to the
 * newest page as ever, with all that is counted and lost there. Where the two touch they are one page, and
 * the detour is over. `arriving` is one that was asked for; `target` the message that was jumped to.
 * What else becomes of them is in panels/detours.js, which is loaded for the first.
 */
import { versionOf } from "./changes.js";
import { KEPT, narrowed, trimmed, withChange } from "./history.js";

export const NO_DETOUR = Object.freeze({ detour: null, arriving: null, target: null });

export const detourActions = {
  "detour.changed": (state, { change }) => settled(change(state)),
  "detour.left": (state) => (state.detour || state.arriving ? { ...state, ...NO_DETOUR } : state),
  "page.narrowed": (state, { room, near }) =>
    state.detour?.room === room ? { ...state, detour: narrowed(state.detour, near).page } : parted(state, room, near),
  "target.set": (state, { target }) => ({ ...state, target }),
  "target.passed": (state, { target }) => (state.target === target ? { ...state, target: null } : state),
};

/** Whoever has read on far from the newest messages, to the message `near`, is on a detour: the newest page is short
 * again. */
function parted(state, room, near) {
  const page = state.pages[room];
  const isQuiet = page.status === "ready" && page.unsure === 0 && page.losses.length === 0;
  if (room !== state.open || state.arriving || !isQuiet) return state;
  const { from, page: part } = narrowed(page, near);
  if (part === page) return state;
  const withPage = (after) => ({ ...state.pages, [room]: after });
  // Where the part reaches to what is kept of the newest, they are one.
  if (from + part.messages.length >= page.messages.length - KEPT) {
    return { ...state, pages: withPage({ ...part, messages: page.messages.slice(from) }) };
  }
  const detour = { ...part, room, around: part.messages[0].id };
  return { ...state, detour, pages: withPage(trimmed(page)) };
}

/** One page of both, where the detour reaches the newest one. */
export function settled(state) {
  const { detour, pages } = state;
  const page = pages[detour?.room];
  if (page?.status !== "ready") return state;
  const first = page.messages[0]?.id ?? Infinity;
  if (page.more && (detour.messages.at(-1)?.id ?? 0) < first) return state;
  const before = detour.messages.filter(({ id }) => id < first);
  const more = before.length > 0 ? detour.more : page.more;
  const joined = { ...page, messages: [...before, ...page.messages], more };
  return { ...state, detour: null, pages: { ...pages, [detour.room]: joined } };
}

/** After a snapshot: it is asked for again, and stays until that has come. */
export function staleDetour({ detour }, rooms) {
  const idle = { waiting: 0, changes: [], older: "idle", later: "idle" };
  return { arriving: null, detour: rooms[detour?.room] ? { ...detour, ...idle } : null };
}

/** After an event about a message. */
export function detourAfter(state, event) {
  const after = (page) => (page?.room === event.room ? withChange(page, event) : page);
  return { ...state, detour: after(state.detour), arriving: after(state.arriving) };
}

/** The server has lost what some messages are now: then the way leads back to the newest. */
export function detourWithout(state, room, isLost) {
  const isHit = state.detour?.room === room && state.detour.messages.some((message) => isLost(versionOf(message)));
  return isHit ? { ...state, ...NO_DETOUR } : state;
}
