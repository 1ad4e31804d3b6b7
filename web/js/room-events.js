/** What events about a room and its members change in the state. Pure.
 *
 * They say all that they are about, so the last one counts, whatever the snapshot knew already. */

/** Told to the room, and as far as everybody may know to everybody, for those who look for rooms. */
export const ROOM_CHANGES = {
  "room.changed"(state, event) {
    const { id, topic, room: roomId, name, description, private: isPrivate } = event;
    if (topic === "space") {
      const others = state.discoverable?.filter((other) => other.id !== roomId);
      if (!others || isPrivate || state.rooms[roomId]) return withFound(state, others);
      const found = { id: roomId, name, description, kind: "open", members: event.members };
      return withFound(state, [...others, found]);
    }
    const { archived: _, ...room } = state.rooms[roomId] ?? {};
    if (!room.id) return state;
    const { history, posting, adding } = event;
    const kind = isPrivate ? "private" : "open";
    const page = state.pages[roomId];
    // Perhaps there is more to read now: whoever scrolls up asks.
    const reached = page && history !== room.history && { ...page, more: true };
    const next = reached ? { ...state, pages: { ...state.pages, [roomId]: reached } } : state;
    return withRoom(next, id, { ...room, name, description, kind, history, posting, adding });
  },

  "room.archived"(state, { id, topic, room: roomId }) {
    if (topic === "space") {
      return withFound(state, state.discoverable?.filter((other) => other.id !== roomId));
    }
    const room = state.rooms[roomId];
    const none = { archived: true, unread: 0, mentions: 0, mentioned: [] };
    return room ? withRoom(state, id, { ...room, ...none }) : state;
  },

  "member.changed"(state, event) {
    const { id, room: roomId, user } = event;
    const room = state.rooms[roomId];
    if (!room) return state;
    const next = withRoom(state, id, user === state.user.id ? changed(room, event) : room);
    const members = state.members[roomId]?.map((member) =>
      member.id === user ? changed(member, event) : member,
    );
    return members ? { ...next, members: { ...state.members, [roomId]: members } } : next;
  },
};

/** A room of mine, or a member, with another role, or muted or not any more. */
function changed({ muted: before, ...rest }, { role, muted = before }) {
  return { ...rest, ...(role && { role }), ...(muted && { muted }) };
}

const withFound = (state, discoverable) => (discoverable ? { ...state, discoverable } : state);

function withRoom(state, id, room) {
  const after = { ...room, head: Math.max(room.head, id) };
  return { ...state, rooms: { ...state.rooms, [room.id]: after } };
}
