/** Whom a message is for, and the counts that follow from it: as the server's domain/mentions.py. Pure. */

/** Stands for all members of a room where ids of people stand. */
export const EVERYBODY = "*";
/** Ids that are kept of one room; the server sends as many. */
const MOST = 100;

/** Whether a message of somebody else, or an edit of it, is for me. */
export const isFor = ({ author, mentions, here, reply_author }, me) =>
  author !== me && (here === true || reply_author === me || Boolean(mentions?.includes(me)));

/** The room with other numbers of what is unread; `mentioned` are the ids of what is for me. In a direct
 * room that is everything, unless I have blocked whom it is with; in an archived one nothing. */
export function counted({ blocked }, room, unread, mentioned) {
  if (room.archived) return { ...room, unread: 0, mentioned: [], mentions: 0 };
  const heard = room.with?.length === 0 || room.with?.some((id) => !blocked.includes(id));
  const mentions = room.kind === "direct" ? (heard ? unread : 0) : mentioned.length;
  return { ...room, unread, mentioned, mentions };
}

export const newest = (ids) => ids.slice(-MOST);

/** `mentioned` after a message, or an edit of it, that is unread. */
export function noted(mentioned, id, calls) {
  if (calls === mentioned.includes(id)) return mentioned;
  if (!calls) return mentioned.filter((other) => other !== id);
  return newest([...mentioned, id].sort((a, b) => a - b));
}

/** Whether a message is for me, and not by somebody whom I have blocked. */
export const callsMe = ({ user, blocked }, event) =>
  isFor(event, user.id) && !blocked.includes(event.author);

export const BLOCKS = {
  blocked: (state, { user }) =>
    state.blocked.includes(user) ? state : { ...state, blocked: [...state.blocked, user] },

  unblocked: (state, { user }) => ({
    ...state,
    blocked: state.blocked.filter((other) => other !== user),
  }),
};
