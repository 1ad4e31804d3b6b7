/** What stands before a room's name: its kind, or the face of whom it is with. */
import { partnerIn } from "../js/naming.js";
import { presenceOf } from "../js/presence.js";
import { avatar } from "./avatar.js";
import { icon } from "./icons.js";

export function roomMark(state, room, size) {
  if (room.kind !== "direct") return icon(room.kind === "open" ? "hash" : "lock", size);
  const partner = partnerIn(state, room);
  if (partner) return avatar(partner, "tiny", presenceOf(state, partner));
  return icon(room.with.length > 1 ? "people" : room.with.length === 1 ? "chat" : "edit", size);
}
