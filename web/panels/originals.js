/** Messages that others answer, where the history that is loaded does not have them: see js/originals.js. Pure. */
import { allChanged } from "../js/changes.js";
import { answered, asked } from "../js/history.js";
import { withOriginals } from "../js/originals.js";
import { pendingIn, shownPage } from "../js/selectors.js";

/** Messages that the server gives by their ids at once. */
const MOST_IDS = 100;
const NONE = Object.freeze({ messages: [], waiting: 0, changes: [], held: {} });

const marked = (held, ids, mark) => ({ ...held, ...Object.fromEntries(ids.map((id) => [id, mark])) });

/** Ids of messages that are answered in the open room, and were not asked for yet. */
export function missingOriginals(state) {
  const { open: room, phase, rooms, pages, originals, answering } = state;
  const page = shownPage(state, room);
  if (phase !== "in" || !rooms[room] || page?.status !== "ready") return [];
  const answers = [...page.messages, ...pendingIn(state, room)].filter((one) => one.reply_to);
  const wanted = new Set(answers.map((one) => one.reply_to));
  if (answering[room]) wanted.add(answering[room]);
  if (wanted.size === 0) return [];
  for (const { id } of [...page.messages, ...(pages[room]?.messages ?? [])]) wanted.delete(id);
  const held = originals[room]?.held ?? {};
  return [...wanted].filter((id) => !held[id]).slice(0, MOST_IDS);
}

export function originalsAsked(state, room, ids) {
  const page = state.originals[room] ?? NONE;
  return withOriginals(state, room, asked(page, { held: marked(page.held, ids, "asked") }));
}

export function originalsCame(state, room, ids, messages) {
  const page = state.originals[room];
  if (!page) return state;
  const others = page.messages.filter(({ id }) => !ids.includes(id));
  const there = messages.map(({ id }) => id);
  const held = marked(marked(page.held, ids, "missing"), there, "there");
  const all = [...others, ...allChanged(messages, page.changes)];
  return withOriginals(state, room, answered(page, { messages: all, held }));
}

export function originalsFailed(state, room, ids) {
  const page = state.originals[room];
  return page ? withOriginals(state, room, answered(page, { held: marked(page.held, ids, undefined) })) : state;
}
