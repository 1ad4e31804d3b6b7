/** A part of a room's history that somebody has jumped to, apart from its newest page. Pure.
 *
 * `detour` is a page as in history.js, with its `room`, the id that it lies `around`, and `later`, which is
 * for newer messages what `older` is for older ones ("done": there were none). What comes live goes to the
 * newest page as ever, with all that is counted and lost there. Where the two touch they are one page, and
 * the detour is over. `arriving` is one that was asked for; `target` the message that was jumped to.
 */
import { allChanged, versionOf } from "./changes.js";
import { answered, asked, emptyPage, joinOlder, withChange } from "./history.js";

export const NO_DETOUR = Object.freeze({ detour: null, arriving: null, target: null });

export const detourActions = {
  "detour.asked": (state, { room, around }) => ({
    ...state,
    arriving: asked({ ...emptyPage(), later: "idle", room, around }),
  }),

  "detour.came"(state, { around, messages, more }) {
    const { arriving } = state;
    if (arriving?.around !== around) return state;
    const whole = { messages: allChanged(messages, arriving.changes), more, status: "ready" };
    return settled({ ...state, arriving: null, detour: answered(arriving, whole) });
  },

  "detour.failed": (state, { around }) =>
    state.arriving?.around === around ? { ...state, arriving: null } : state,

  /** `side`: "older" or "later"; `around`: of which detour. */
  "detour.more.asked": (state, { around, side }) =>
    onThis(state, around, (page) => asked(page, { [side]: "loading" })),

  "detour.more.came": (state, { around, side, messages, more }) =>
    settled(
      onThis(state, around, (page) =>
        answered(side === "older" ? joinOlder(page, messages, more) : joinLater(page, messages, more)),
      ),
    ),

  "detour.more.failed": (state, { around, side }) =>
    onThis(state, around, (page) => answered(page, { [side]: "failed" })),

  "detour.left": (state) => (state.detour || state.arriving ? { ...state, ...NO_DETOUR } : state),

  "target.set": (state, { room, id }) => ({ ...state, target: { room, id } }),

  "target.passed": (state, { target }) => (state.target === target ? { ...state, target: null } : state),
};

function onThis(state, around, change) {
  return state.detour?.around === around ? { ...state, detour: change(state.detour) } : state;
}

function joinLater(page, answer, more) {
  const last = page.messages.at(-1)?.id ?? 0;
  const later = allChanged(answer, page.changes).filter(({ id }) => id > last);
  return { ...page, messages: [...page.messages, ...later], later: more ? "idle" : "done" };
}

/** One page of both, where the detour reaches the newest one. */
export function settled(state) {
  const { detour, pages } = state;
  const page = pages[detour?.room];
  if (page?.status !== "ready") return state;
  const first = page.messages[0]?.id ?? Infinity;
  const last = detour.messages.at(-1)?.id ?? 0;
  if (page.more && last < first) return state;
  const before = detour.messages.filter(({ id }) => id < first);
  const messages = [...before, ...page.messages];
  const joined = { ...page, messages, more: before.length > 0 ? detour.more : page.more };
  return { ...state, detour: null, pages: { ...pages, [detour.room]: joined } };
}

/** After a snapshot: it is asked for again, and stays until that has come. */
export const staleDetour = ({ detour }, rooms) => ({
  arriving: null,
  detour: detour && rooms[detour.room] ? { ...detour, waiting: 0, changes: [], older: "idle", later: "idle" } : null,
});

/** After an event about a message. */
export function detourAfter(state, event) {
  const after = (page) => (page?.room === event.room ? withChange(page, event) : page);
  return { ...state, detour: after(state.detour), arriving: after(state.arriving) };
}

/** The server has lost what some messages are now: then the way leads back to the newest. */
export function detourWithout(state, room, isLost) {
  if (state.detour?.room !== room) return state;
  return state.detour.messages.some((message) => isLost(versionOf(message))) ? { ...state, ...NO_DETOUR } : state;
}
