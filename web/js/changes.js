/** What later events of a room do to a message: the same step as the server's (domain/changes.py). Pure.
 *
 * A message carries the id of the last event folded in, its `version`, where that is not its own id.
 */
const STEPS = {
  "message.edited"({ previews, mentions: _, here: _here, ...message }, { body, html, at, mentions, here }) {
    const links = linksOf(html);
    const left = (previews ?? []).filter(({ url }) => links.includes(url));
    const calls = { ...(mentions && { mentions }), ...(here && { here }) };
    return withPreviews({ ...message, body, html, edited: at, ...calls }, left);
  },

  "message.deleted"(message, { by }) {
    const { edited, reactions, pinned, files, previews, mentions, here, ...left } = message;
    const gone = { ...left, body: "", html: "", deleted: true };
    return by === message.author ? gone : { ...gone, deleted_by: by };
  },

  "message.previewed": ({ previews: _previews, ...message }, { previews }) =>
    withPreviews(message, previews),

  "reaction.added"(message, { emoji, user }) {
    const users = message.reactions?.[emoji] ?? [];
    if (users.includes(user)) return message;
    return { ...message, reactions: { ...message.reactions, [emoji]: [...users, user] } };
  },

  "reaction.removed"({ reactions, ...message }, { emoji, user }) {
    const without = (users) => users.filter((other) => other !== user);
    const left = Object.entries(reactions ?? {})
      .map(([other, users]) => [other, other === emoji ? without(users) : users])
      .filter(([, users]) => users.length > 0);
    return left.length > 0 ? { ...message, reactions: Object.fromEntries(left) } : message;
  },

  "message.pinned": (message, { by, at }) => (message.pinned ? message : { ...message, pinned: { by, at } }),

  "message.unpinned": ({ pinned: _pinned, ...message }) => message,
};

const withPreviews = (message, previews) =>
  previews.length > 0 ? { ...message, previews } : message;

/** Where rendered text links to, as the server finds it. */
const linksOf = (html) =>
  [...html.matchAll(/<a href="([^"]*)"/g)].map(([, address]) => address.replaceAll("&amp;", "&"));

export const versionOf = ({ id, version }) => version ?? id;

/** Whether an event is about a message, and not one itself. */
export const isChange = ({ kind }) => kind in STEPS;

/** The message after an event about it; itself where the event is in it already. */
export function changed(message, event) {
  if (event.id <= versionOf(message) || message.deleted) return message;
  return { ...STEPS[event.kind](message, event), version: event.id };
}

/** Messages after events about some of them, in the order of ids. */
export function allChanged(messages, events) {
  if (events.length === 0) return messages;
  return messages.map((message) =>
    events.filter((event) => event.message === message.id).reduce(changed, message),
  );
}
