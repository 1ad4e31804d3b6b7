/** The address is the room in sight: `#/rooms/ID`, or none. */
import { language } from "./i18n.js";
import { roomsInOrder } from "./selectors.js";
import { storage } from "./storage.js";

export const hashOf = (room) => (room ? `#/rooms/${encodeURIComponent(room)}` : "#/");

function roomOf(hash) {
  const found = /^#\/rooms\/([^/]+)$/.exec(hash);
  return found ? decodeURIComponent(found[1]) : null;
}

/** Calls `open(room)` as the address changes. Where two panes fit, there is always a room open.
 * `settle()` looks at the address now, and tells whether it opened another room. */
export function follow(store, open) {
  const wide = matchMedia("(min-width: 45rem)");

  function settle() {
    const { state } = store;
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
