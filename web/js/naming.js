/** What people and rooms are called. */
import { language, t } from "./i18n.js";

export const nameOf = (person) =>
  person.deleted ? t("person.deleted") : person.display_name || person.username || "";

/** The name of a room of mine; a direct room is called by its people. */
export function roomName({ people }, room) {
  if (room.kind !== "direct") return room.name;
  if (room.with.length === 0) return t("direct.notes");
  const names = room.with.map((id) => (people[id] ? nameOf(people[id]) : "…"));
  return new Intl.ListFormat(language(), { type: "unit", style: "short" }).format(names);
}

/** Whom a direct room is with, where that is one person. */
export const partnerIn = ({ people }, room) =>
  room.kind === "direct" && room.with.length === 1 ? (people[room.with[0]] ?? null) : null;
