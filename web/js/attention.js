/** What of a room concerns me, by the level that I chose for it (the server's rule is the same). Pure. */
import { isFor } from "./mentions.js";
import { roomName } from "./naming.js";

/** Whether I am to be told of a message in a room of mine. */
export function concerns(room, message, me) {
  if (message.author === me || room.level === "none") return false;
  return room.level === "all" || room.kind === "direct" || isFor(message, me);
}

/** How many unread messages of a room concern me. */
export function concerning({ level, kind, unread, mentions }) {
  if (level === "none") return 0;
  return level === "all" && kind !== "direct" ? unread : Math.min(mentions, unread);
}

/** How many unread messages concern me in all rooms, and whether others are unread that I follow. */
export function attention(state) {
  const rooms = Object.values(state.rooms).filter(({ level }) => level !== "none");
  const count = rooms.reduce((sum, room) => sum + concerning(room), 0);
  return { count, others: rooms.some(({ unread }) => unread > 0) };
}

export function titleOf(state) {
  const name = state.server?.name ?? "Tornchat";
  if (state.phase !== "in") return name;
  const { count, others } = attention(state);
  const room = state.rooms[state.open];
  const mark = count > 0 ? `(${count}) ` : others ? "• " : "";
  return `${mark}${room ? `${roomName(state, room)} · ` : ""}${name}`;
}
