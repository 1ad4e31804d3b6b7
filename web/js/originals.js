/** Messages that others answer, where the history that is loaded does not have them. Pure.
 *
 * `originals` of a room are like a page of history.js: while an answer is on its way, events about messages
 * are kept for it. `held` is what is known of an id since the last snapshot: "asked", "there" or "missing".
 * What answers make of them is in panels/originals.js.
 * `answering` is, for each room, the id of the message that my draft answers.
 */
import { versionOf } from "./changes.js";
import { withChange } from "./history.js";

export const replyActions = {
  "reply.began": (state, { room, id }) => ({
    ...state,
    composing: null,
    answering: { ...state.answering, [room]: id },
  }),

  "reply.ended"(state, { room }) {
    const { [room]: _answered, ...answering } = state.answering;
    return { ...state, answering };
  },

  /** From the drafts that this browser keeps. */
  "replies.kept": (state, { answering }) => ({ ...state, answering: { ...answering, ...state.answering } }),
};

export const withOriginals = (state, room, page) => ({ ...state, originals: { ...state.originals, [room]: page } });

/** After a snapshot: what answers showed is shown until it was asked for again. */
export function staleOriginals({ originals }) {
  const stale = ([room, page]) => [room, { ...page, waiting: 0, changes: [], held: {} }];
  return Object.fromEntries(Object.entries(originals).map(stale));
}

/** After an event about a message. */
export function originalsAfter(state, event) {
  const page = state.originals[event.room];
  return page ? withOriginals(state, event.room, withChange(page, event)) : state;
}

/** The server has lost what some messages are now: they are asked for again. */
export function originalsWithout(state, room, isLost) {
  const page = state.originals[room];
  const isHit = page?.messages.some((message) => isLost(versionOf(message)));
  return isHit ? withOriginals(state, room, { ...page, held: {} }) : state;
}
