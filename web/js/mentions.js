/** Whom a message is for, and the counts that follow from it: as the server's domain/mentions.py. Pure. */

/** Stands for all members of a room where ids of people stand. */
export const EVERYBODY = "*";
/** Ids that are kept of one room; the server sends as many. */
const MOST = 100;

/** Whether a message of somebody else, or an edit of it, is for me. */
export const isFor = ({ author, mentions, here, reply_author }, me) =>
  author !== me && (here === true || reply_author === me || Boolean(mentions?.includes(me)));

/** The room with other numbers of what is unread; `mentioned` are the ids of what is for me. */
export function counted(room, unread, mentioned = room.mentioned) {
  const mentions = room.kind === "direct" ? unread : mentioned.length;
  return { ...room, unread, mentioned, mentions };
}

export const newest = (ids) => ids.slice(-MOST);

/** `mentioned` after a message, or an edit of it, that is unread. */
export function noted(mentioned, id, calls) {
  if (calls === mentioned.includes(id)) return mentioned;
  if (!calls) return mentioned.filter((other) => other !== id);
  return newest([...mentioned, id].sort((a, b) => a - b));
}
