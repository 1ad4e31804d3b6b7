/** Who is there, and who is writing: what the stream says live and nobody keeps. Pure.
 *
 * `presence` has those who are there, user -> "online" or "idle"; `typing` room -> user -> since when.
 */

export const PRESENCE_ACTIONS = {
  /** Everybody who is there, of those with whom I share a room. */
  "presence.known": (state, { people }) => ({ ...state, presence: people }),

  "presence.came"(state, { people }) {
    const presence = { ...state.presence };
    for (const [user, is] of Object.entries(people)) {
      if (is === "offline") delete presence[user];
      else presence[user] = is;
    }
    return { ...state, presence };
  },

  "typing.came"(state, { room, user, at }) {
    if (state.blocked.includes(user)) return state;
    if (!state.rooms[room] || user === state.user.id) return state;
    const written = state.pages[room]?.messages.findLast(({ author }) => author === user);
    // It may come after the message that it led to.
    if (written?.at >= at) return state;
    return withTyping(state, room, { ...state.typing[room], [user]: at });
  },

  /** What people said of themselves has ended, where it had a time. */
  "status.over"(state, { now }) {
    const isOver = (person) => person?.status && !statusOf(person, now);
    if (!Object.values(state.people).some(isOver)) return state;
    const without = (person) => (isOver(person) ? silent(person) : person);
    return everywhere(state, without);
  },

  "typing.over"(state, { room, user, at }) {
    return state.typing[room]?.[user] === at ? notTyping(state, room, user) : state;
  },
};

export const PEOPLE_CHANGES = {
  "person.changed"(state, { id: _id, prev: _prev, at: _at, topic: _topic, kind: _kind, user, role, ...about }) {
    const known = { ...state, people: { ...state.people, [user]: { id: user, ...state.people[user] } } };
    const next = everywhere(known, (person) =>
      person.id === user ? { ...seenAs(person), ...about } : person,
    );
    // In a room people have a role of their own.
    return role ? { ...next, user: { ...next.user, role } } : next;
  },
};

/** Whoever is known, wherever they are listed, after `change(person)`. */
function everywhere(state, change) {
  const changed = (list) => list.map(change);
  const inEach = (lists, map) =>
    Object.fromEntries(Object.entries(lists).map(([key, value]) => [key, map(value)]));
  return {
    ...state,
    user: change(state.user),
    people: inEach(state.people, change),
    members: inEach(state.members, changed),
  };
}

const silent = ({ status: _status, ...person }) => person;

/** What a change does not tell stays, except what people may have or not: that is gone. */
const seenAs = ({ status: _status, avatar: _avatar, disabled: _disabled, ...person } = {}) => person;

/** Their message is there, or it never will be. */
export function notTyping(state, room, user) {
  if (!state.typing[room]?.[user]) return state;
  const { [user]: _, ...others } = state.typing[room];
  return withTyping(state, room, others);
}

/** Whoever else still shares a room with them hears so in a moment. */
export function withoutPresence(state, user) {
  const { [user]: _, ...presence } = state.presence;
  return { ...state, presence };
}

/** The status of a person while it lasts; `now` in unix ms. */
export function statusOf(person, now = Date.now()) {
  const status = person?.status;
  return status && (status.until ?? Infinity) > now ? status : null;
}

/** "online", "idle", "away", "dnd" or "offline". */
export function presenceOf(state, person) {
  const mine = person.id === state.user?.id;
  const is = mine ? (state.line === "live" ? "online" : "offline") : state.presence[person.id];
  if (!is || is === "offline") return "offline";
  const mode = statusOf(person)?.mode ?? "auto";
  return mode === "auto" ? is : mode;
}

/** Those who are writing in a room, whoever began first first. */
export function typingIn({ typing, people }, room) {
  const since = Object.entries(typing[room] ?? {}).toSorted(([, a], [, b]) => a - b);
  return since.map(([user]) => people[user]).filter(Boolean);
}

const withTyping = (state, room, users) => ({ ...state, typing: { ...state.typing, [room]: users } });
