/** What the answers to a jump make of the state: see js/detour.js. Pure. */
import { allChanged } from "../js/changes.js";
import { answered, asked, emptyPage } from "../js/history.js";

export const detourAsked = (state, room, around) => ({
  ...state,
  arriving: asked({ ...emptyPage(), later: "idle", room, around }),
});

export function detourArrived(state, around, { messages, more }) {
  const { arriving } = state;
  if (arriving?.around !== around) return state;
  const whole = { messages: allChanged(messages, arriving.changes), more, status: "ready" };
  return { ...state, arriving: null, detour: answered(arriving, whole) };
}

/** It is not to be shown. */
export const detourDropped = (state, around) =>
  state.arriving?.around === around ? { ...state, arriving: null } : state;

/** `how(page)` with the detour that lies around an id, if it still is that one. */
export const onDetour = (state, around, how) =>
  state.detour?.around === around ? { ...state, detour: how(state.detour) } : state;

export function joinLater(page, answer, more) {
  const last = page.messages.at(-1)?.id ?? 0;
  const later = allChanged(answer, page.changes).filter(({ id }) => id > last);
  return { ...page, messages: [...page.messages, ...later], later: more ? "idle" : "done" };
}
