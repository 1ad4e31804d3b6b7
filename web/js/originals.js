/** Messages that others answer, where the history that is loaded does not have them. Pure.
 *
 * `originals` of a room are like a page of history.js: while an answer is on its way, events about messages
 * are kept for it. `held` is what is known of an id since the last snapshot: "asked", "there" or "missing".
 * `answering` is, for each room, the id of the message that my draft answers.
 */
import { allChanged, versionOf } from "./changes.js";
import { answered, asked, withChange } from "./history.js";

const NONE = Object.freeze({ messages: [], waiting: 0, changes: [], held: {} });

const marked = (held, ids, mark) => ({ ...held, ...Object.fromEntries(ids.map((id) => [id, mark])) });

export const originalActions = {
  "originals.asked"(state, { room, ids }) {
    const page = state.originals[room] ?? NONE;
    return withOriginals(state, room, asked(page, { held: marked(page.held, ids, "asked") }));
  },

  "originals.came"(state, { room, ids, messages }) {
    const page = state.originals[room];
    if (!page) return state;
    const others = page.messages.filter(({ id }) => !ids.includes(id));
    const there = messages.map(({ id }) => id);
    const held = marked(marked(page.held, ids, "missing"), there, "there");
    const all = [...others, ...allChanged(messages, page.changes)];
    return withOriginals(state, room, answered(page, { messages: all, held }));
  },

  "originals.failed"(state, { room, ids }) {
    const page = state.originals[room];
    return page ? withOriginals(state, room, answered(page, { held: marked(page.held, ids, undefined) })) : state;
  },

  "reply.began": (state, { room, id }) => ({
    ...state,
    composing: null,
    answering: { ...state.answering, [room]: id },
  }),

  "reply.ended"(state, { room }) {
    if (!state.answering[room]) return state;
    const { [room]: _answered, ...answering } = state.answering;
    return { ...state, answering };
  },

  /** From the drafts that this browser keeps. */
  "replies.kept": (state, { answering }) => ({ ...state, answering: { ...answering, ...state.answering } }),
};

const withOriginals = (state, room, page) => ({ ...state, originals: { ...state.originals, [room]: page } });

/** After a snapshot: what answers showed is shown until it was asked for again. */
export function staleOriginals({ originals }) {
  const stale = (page) => ({ ...page, waiting: 0, changes: [], held: {} });
  return Object.fromEntries(Object.entries(originals).map(([room, page]) => [room, stale(page)]));
}

/** After an event about a message. */
export function originalsAfter(state, event) {
  const page = state.originals[event.room];
  return page ? withOriginals(state, event.room, withChange(page, event)) : state;
}

/** The server has lost what some messages are now: they are asked for again. */
export function originalsWithout(state, room, isLost) {
  const page = state.originals[room];
  const lost = page?.messages.filter((message) => isLost(versionOf(message))) ?? [];
  if (lost.length === 0) return state;
  return withOriginals(state, room, { ...page, held: marked(page.held, lost.map(({ id }) => id), undefined) });
}
