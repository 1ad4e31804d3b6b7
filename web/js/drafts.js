/** Unsent text, one draft for each user and room, kept over reloads. */
import { storage } from "./storage.js";

const nameOf = (user, room) => `draft.${user}.${room}`;

export const drafts = {
  read: (user, room) => storage.get(nameOf(user, room)) ?? "",

  write: (user, room, text) => storage.set(nameOf(user, room), text.trim() === "" ? null : text),

  /** Puts text that could not be sent behind what is there. */
  append(user, room, text) {
    const before = drafts.read(user, room);
    drafts.write(user, room, before === "" ? text : `${before}\n\n${text}`);
  },

  /** On signing out: the next user of this computer must not find them. */
  forget(user) {
    for (const name of storage.names(`draft.${user}.`)) storage.set(name, null);
  },
};
