/** Files that were chosen and not sent yet, for each room; and how far files are on their way. Pure.
 *
 * `trays`: room -> [{key, name, type, size, blob}]; `uploads`: key -> 0 to 1, or null after a failure.
 */
export const trayActions = {
  "tray.filled": (state, { room, files }) => withTray(state, room, [...trayOf(state, room), ...files]),

  "tray.lessened": (state, { room, key }) =>
    withTray(state, room, trayOf(state, room).filter((file) => file.key !== key)),

  "tray.emptied": (state, { room }) => withTray(state, room, []),

  "upload.moved"(state, { key, part }) {
    if (state.uploads[key] === part) return state;
    return { ...state, uploads: { ...state.uploads, [key]: part } };
  },
};

const NONE = [];

export const trayOf = ({ trays }, room) => trays[room] ?? NONE;

function withTray(state, room, files) {
  const { [room]: _before, ...others } = state.trays;
  return { ...state, trays: files.length > 0 ? { ...others, [room]: files } : others };
}
