/** The address is the room in sight: `#/rooms/ID`, or none. */
import { language } from "./i18n.js";
import { roomsInOrder } from "./selectors.js";
import { storage } from "./storage.js";

export const hashOf = (room) => (room ? `#/rooms/${encodeURIComponent(room)}` : "#/");

function roomOf(hash) {
  const found = /^#\/rooms\/([^/]+)$/.exec(hash);
  return found ? decodeURIComponent(found[1]) : null;
}

/** The secret of an invitation, `#/invite/SECRET`; null where the address is none. */
export const inviteOf = (hash) => /^#\/invite\/([\w-]+)$/.exec(hash)?.[1] ?? null;

/** Calls `open(room)` as the address changes. Where two panes fit, there is always a room open.
 * `invited(secret)` is called where it is an invitation, and somebody is signed in.
 * `settle()` looks at the address now, and tells whether it opened another room. */
export function follow(store, { open, invited }) {
  const wide = matchMedia("(min-width: 45rem)");

  let shown = null; // the invitation that was told of

  function settle() {
    const { state } = store;
    const secret = state.phase === "in" ? inviteOf(location.hash) : null;
    if (secret && secret !== shown) invited(secret);
    shown = secret;
    if (secret) return false;
    let room = roomOf(location.hash);
    if (room === null && wide.matches && state.phase === "in") {
      const last = storage.get(`room.${state.user.id}`);
      room = state.rooms[last] ? last : (roomsInOrder(state, language())[0]?.id ?? null);
      if (room) history.replaceState(null, "", hashOf(room));
    }
    if (room === state.open) return false;
    open(room);
    return true;
  }

  addEventListener("hashchange", settle);
  wide.addEventListener("change", settle);
  settle();
  return { settle };
}
