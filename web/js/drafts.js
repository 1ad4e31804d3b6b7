/** Unsent text, one draft for each user and room, kept over reloads, with the message that it answers. */
import { storage } from "./storage.js";

const BETWEEN = "\n\n";
const nameOf = (user, room) => `draft.${user}.${room}`;

export const drafts = {
  read: (user, room) => storage.get(nameOf(user, room)) ?? "",

  write: (user, room, text) => storage.set(nameOf(user, room), text.trim() === "" ? null : text),

  /** One draft of two texts. */
  join: (...texts) => texts.filter((text) => text.trim() !== "").join(BETWEEN),

  /** `text`, which the draft begins with, is kept elsewhere now. */
  release(user, room, text) {
    const draft = drafts.read(user, room);
    if (draft === text) drafts.write(user, room, "");
    else if (draft.startsWith(text + BETWEEN)) {
      drafts.write(user, room, draft.slice(text.length + BETWEEN.length));
    }
  },

  /** The draft answers a message; or (null) none any more. */
  answer: (user, room, id) => storage.set(`reply.${user}.${room}`, id === null ? null : String(id)),

  /** Room -> id of the message that the draft answers. */
  answers(user) {
    const start = `reply.${user}.`;
    const entry = (name) => [name.slice(start.length), Number(storage.get(name))];
    return Object.fromEntries(storage.names(start).map(entry));
  },

  /** On signing out: the next user of this computer must not find them. */
  forget(user) {
    const names = ["draft", "reply"].flatMap((what) => storage.names(`${what}.${user}.`));
    for (const name of names) storage.set(name, null);
  },
};
