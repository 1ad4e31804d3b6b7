/** What is asked of the server where it is looked after: by administrators, and owners of rooms. */
import { attempt } from "../js/doing/attempt.js";
import { t } from "../js/i18n.js";

const query = (given) =>
  new URLSearchParams(Object.entries(given).filter(([, value]) => value !== "" && value != null));
const admin = (path) => `/api/admin/${path}`;
const person = (id, path = "") => admin(`people/${encodeURIComponent(id)}${path}`);
const room = (id, path = "") => `/api/rooms/${encodeURIComponent(id)}${path}`;

/** Each by its name: what it asks, `ask(method, path, values)` being the request. */
const CALLS = {
  people: (ask, given) => ask("GET", admin(`people?${query(given)}`)),
  person: (ask, { id, values }) => ask("PATCH", person(id), values),
  password: (ask, { id }) => ask("POST", person(id, "/password")),
  erase: (ask, { id }) => ask("DELETE", `/api/users/${encodeURIComponent(id)}`, {}),
  sign_out: (ask, { id }) => ask("DELETE", person(id, "/sessions")),
  picture: (ask, { id }) => ask("DELETE", `/api/users/${encodeURIComponent(id)}/avatar`),
  rooms: (ask, given) => ask("GET", admin(`rooms?${query(given)}`)),
  archive: (ask, { id }) => ask("DELETE", room(id)),
  return: (ask, { id }) => ask("PATCH", room(id), { archived: false }),
  async owner(ask, { id, name }) {
    const { users } = await ask("GET", `/api/users?${query({ username: name })}`);
    if (users.length === 0) return { problem: t("members.nobody", { name }) };
    await ask("PUT", admin(`rooms/${encodeURIComponent(id)}/owner`), { user: users[0].id });
    return { owner: users[0] };
  },
  invites: (ask, given) => ask("GET", admin(`invites?${query(given)}`)),
  revoke: (ask, { id }) => ask("DELETE", `/api/invites/${encodeURIComponent(id)}`),
  settings: (ask) => ask("GET", admin("settings")),
  settings_change: (ask, values) => ask("PATCH", admin("settings"), values),
  storage: (ask) => ask("GET", admin("storage")),
  health: (ask) => ask("GET", admin("health")),
  audit: (ask, given) => ask("GET", admin(`audit?${query(given)}`)).catch(nobodyYet),

  bots: (ask) => ask("GET", "/api/bots"),
  bot_make: (ask, values) => ask("POST", "/api/bots", values),
  bot_end: (ask, { id }) => ask("DELETE", `/api/bots/${encodeURIComponent(id)}`),
  hooks: (ask, { id }) => ask("GET", room(id, "/hooks")),
  hook_make: (ask, { id, name }) => ask("POST", room(id, "/hooks"), { name }),
  hook_revoke: (ask, { id, hook }) => ask("DELETE", room(id, `/hooks/${hook}`)),
  webhooks: (ask, { id }) => ask("GET", room(id, "/webhooks")),
  webhook_make: (ask, { id, url }) => ask("POST", room(id, "/webhooks"), { url }),
  webhook_end: (ask, { id, webhook }) => ask("DELETE", room(id, `/webhooks/${webhook}`)),
};

/** A name that is half typed is nobody's. */
function nobodyYet(error) {
  if (error.code !== "not_found") throw error;
  return { entries: [], more: false, people: [], rooms: {} };
}

/** Loaded with the first of these events (`later` in main.js). */
export const handlers = ({ api }) => ({
  manage: ({ what, given, show, settle }) =>
    attempt(settle, async () => {
      const answer = await CALLS[what](api.ask, given ?? {});
      if (answer?.problem) return answer.problem;
      show?.(answer);
      return undefined;
    }),
});
