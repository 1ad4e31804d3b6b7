/** The address is the room in sight, or a message in it: `#/rooms/ROOM`, `#/rooms/ROOM/MESSAGE`, or none. */
import { language } from "./i18n.js";
import { roomsInOrder } from "./selectors.js";
import { storage } from "./storage.js";

export function hashOf(room, message = null) {
  if (!room) return "#/";
  return `#/rooms/${encodeURIComponent(room)}${message ? `/${message}` : ""}`;
}

/** {room, message} of an address within the page, `message` an id or null; null where it is of neither. */
export function placeOf(hash) {
  const found = /^#\/rooms\/([^/%]+?)(?:\/([1-9][0-9]{0,15}))?$/.exec(hash);
  return found && { room: found[1], message: found[2] ? Number(found[2]) : null };
}

/** The part of a link that leads to a place in this very page; null for all others. */
export function placeIn(href) {
  const url = URL.canParse(href, location.href) ? new URL(href, location.href) : null;
  const isHere = url?.origin === location.origin && url.pathname === location.pathname;
  return isHere && placeOf(url.hash) ? url.hash : null;
}

/** The secret of an invitation, `#/invite/SECRET`; null where the address is none. */
export const inviteOf = (hash) => /^#\/invite\/([\w-]+)$/.exec(hash)?.[1] ?? null;

/** Calls `open(room)` as the address changes, and `reach(room, message)` for a message in it. Where two panes
 * fit, there is always a room open. `invited(secret)` is called where it is an invitation, `administer()` where
 * it is the administration, `#/admin/SECTION`, and somebody is signed in. `settle()` looks at the address now, and tells whether it opened another room; `go(hash)` follows
 * a link, also to where we are; `leavePlace()` leaves the room alone in it. */
export function follow(store, { open, reach, invited, administer }) {
  const wide = matchMedia("(min-width: 45rem)");
  let reached = null; // the address of the message that was jumped to last
  let shown = null; // the invitation that was told of

  function settle() {
    const { state } = store;
    const secret = state.phase === "in" ? inviteOf(location.hash) : null;
    if (secret && secret !== shown) invited(secret);
    shown = secret;
    if (secret) return false;
    if (state.phase === "in" && /^#\/admin\b/.test(location.hash)) {
      administer();
      return false;
    }
    let { room, message } = placeOf(location.hash) ?? { room: null, message: null };
    if (room === null && wide.matches && state.phase === "in") {
      const last = storage.get(`room.${state.user.id}`);
      room = state.rooms[last] ? last : (roomsInOrder(state, language())[0]?.id ?? null);
      if (room) history.replaceState(null, "", hashOf(room));
    }
    const isOther = room !== state.open;
    if (isOther) open(room);
    if (message === null) reached = null;
    else if (state.phase === "in" && location.hash !== reached) {
      reached = location.hash;
      reach(room, message);
    }
    return isOther;
  }

  function go(hash) {
    reached = null;
    if (hash === location.hash) settle();
    else location.hash = hash;
  }

  function leavePlace() {
    const place = placeOf(location.hash);
    if (!place?.message) return;
    reached = null;
    history.replaceState(null, "", hashOf(place.room));
  }

  addEventListener("hashchange", settle);
  wide.addEventListener("change", settle);
  settle();
  return { settle, go, leavePlace };
}
