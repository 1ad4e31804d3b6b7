/** The HTTP calls of the page: one function each, promises of JSON, errors of two kinds. */

import { Problem, problemOf, Unreachable } from "./problems.js";

export { Problem, Unreachable };

const PATIENCE_MS = 15_000;

/** `told(response)`: as soon as its head is there. */
async function request(method, path, body, told) {
  const init = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (method === "DELETE") init.keepalive = true; // A page that is closed says it as its last (later/undoing.js).
  if (method !== "GET") {
    // A cross-site form cannot send this type: it is part of the server's protection.
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body ?? {});
  }
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const response = await fetch(path, { ...init, signal: abort.signal });
    told?.(response);
    const text = await response.text();
    if (response.ok) return text === "" ? null : JSON.parse(text);
    throw problemOf(response.status, response.headers.get("Retry-After"), text);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Unreachable(`${method} ${path}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const room = (id) => `/api/rooms/${encodeURIComponent(id)}`;
const member = (id, user) => `${room(id)}/members/${encodeURIComponent(user)}`;

const reaction = (id, emoji) => `/api/messages/${id}/reactions/${encodeURIComponent(emoji)}`;

export const api = {
  ask: request,
  server: () => request("GET", "/api/server"),

  session: () => request("GET", "/api/session"),
  signIn: (values) => request("POST", "/api/session", values),
  signUp: (values) => request("POST", "/api/users", values),
  signOut: () => request("DELETE", "/api/session"),
  changePassword: (values) => request("PUT", "/api/session/password", values),

  blocks: () => request("GET", "/api/blocks"),
  block: (user, block) => request(block ? "PUT" : "DELETE", `/api/blocks/${encodeURIComponent(user)}`),
  direct: (users) => request("POST", "/api/direct", { users }),
  rooms: () => request("GET", "/api/rooms"),
  room: (id) => request("GET", room(id)),
  createRoom: (values) => request("POST", "/api/rooms", values),
  join: (id) => request("PUT", member(id, "me")),
  leave: (id) => request("DELETE", member(id, "me")),
  changeRoom: (id, values) => request("PATCH", room(id), values),
  archiveRoom: (id) => request("DELETE", room(id)),
  archived: () => request("GET", "/api/archived"),
  addMember: (id, user) => request("PUT", member(id, user)),
  changeMember: (id, user, values) => request("PATCH", member(id, user), values),
  removeMember: (id, user) => request("DELETE", member(id, user)),
  members: (id) => request("GET", `${room(id)}/members`),
  markRead: (id, { message, turn }) => request("PUT", `${room(id)}/read`, { id: message, turn }),
  markUnread: (id, message) => request("PUT", `${room(id)}/read`, { id: message, unread: true }),
  setLevel: (id, level) => request("PUT", `${room(id)}/level`, { level }),
  typing: (id) => request("POST", `${room(id)}/typing`),
  sessions: () => request("GET", "/api/sessions"),
  endSession: (id) => request("DELETE", `/api/sessions/${id}`),
  presence: () => request("GET", "/api/presence"),
  setActive: (active) => request("PUT", "/api/presence", { active }),
  removeAvatar: () => request("DELETE", "/api/users/me/avatar"),
  changeSettings: (values) => request("PATCH", "/api/users/me/settings", values),
  closeAccount: (values) => request("DELETE", "/api/users/me", values),
  changeMe: (values) => request("PATCH", "/api/users/me", values),

  invites: (id) => request("GET", `/api/invites${id ? `?room=${encodeURIComponent(id)}` : ""}`),
  invite: (values) => request("POST", "/api/invites", values),
  revokeInvite: (id) => request("DELETE", `/api/invites/${encodeURIComponent(id)}`),
  lookAtInvite: (secret) => request("POST", "/api/invites/look", { invite: secret }),
  acceptInvite: (secret) => request("POST", "/api/invites/accept", { invite: secret }),

  usersById: (ids) => request("GET", `/api/users?ids=${ids.map(encodeURIComponent).join(",")}`),
  usersByPrefix: (text) => request("GET", `/api/users?prefix=${encodeURIComponent(text)}`),
  userByName: (name) => request("GET", `/api/users?username=${encodeURIComponent(name)}`),

  search(query, before) {
    const minutes = -new Date().getTimezoneOffset();
    const older = before === null ? "" : `&before=${before}`;
    return request("GET", `/api/search?q=${encodeURIComponent(query)}&minutes=${minutes}${older}`);
  },

  pushKey: () => request("GET", "/api/push"),
  subscribe: (values) => request("POST", "/api/push/subscriptions", values),
  unsubscribe: (endpoint) => request("DELETE", "/api/push/subscriptions", { endpoint }),

  probe: (values, told) => request("POST", "/api/lab/probe", values, told),

  /** What comes after `cursor`, at once: `{cursor, reset, events}`. */
  events: (cursor) => request("GET", `/api/events?after=${cursor}&wait=0`),

  post: (id, message, told) => request("POST", `${room(id)}/messages`, message, told),
  edit: (id, values) => request("PATCH", `/api/messages/${id}`, values),
  react: (id, emoji) => request("PUT", reaction(id, emoji)),
  takeBack: (id, emoji) => request("DELETE", reaction(id, emoji)),
  hidePreviews: (id) => request("DELETE", `/api/messages/${id}/previews`),
  remove: (id) => request("DELETE", `/api/messages/${id}`),
  pin: (id) => request("PUT", `/api/messages/${id}/pin`),
  unpin: (id) => request("DELETE", `/api/messages/${id}/pin`),
  pins: (id) => request("GET", `${room(id)}/pins`),
  newest: (id, limit) => request("GET", `${room(id)}/messages?limit=${limit}`),
  before: (id, message, limit) =>
    request("GET", `${room(id)}/messages?before=${message}&limit=${limit}`),
  after: (id, message, limit) =>
    request("GET", `${room(id)}/messages?after=${message}&limit=${limit}`),
  around: (id, message, limit) =>
    request("GET", `${room(id)}/messages?around=${message}&limit=${limit}`),
  some: (id, messages) => request("GET", `${room(id)}/messages?ids=${messages.join(",")}`),
};
