/** Wires state, stream, outbox and elements together. What happens is read here from top to bottom. */
import "../elements/app.js";
import { api } from "./api.js";
import { DeliveryWatch } from "./delivery.js";
import { drafts } from "./drafts.js";
import { explain } from "./explain.js";
import { chooseLanguage, language, loadLanguage, preferredLanguage, t } from "./i18n.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Rooms } from "./rooms.js";
import { follow, hashOf } from "./route.js";
import { neighbour } from "./selectors.js";
import { Session } from "./session.js";
import { initialState, reduce } from "./state.js";
import { storage } from "./storage.js";
import { createStore, perFrame } from "./store.js";
import { untilMidnight } from "./times.js";

const app = document.querySelector("tc-app");
const store = createStore(reduce, initialState, perFrame);
const rooms = new Rooms(store);
const reading = new Reading(store);

const delivery = new DeliveryWatch({
  late: () => store.dispatch({ type: "line.late", late: true }),
  caughtUp: () => store.dispatch({ type: "line.late", late: false }),
});

const outbox = new Outbox({
  post: api.post,
  changed: (pending) => store.dispatch({ type: "pending.changed", pending }),
  posted(message) {
    delivery.accepted(message.id, message.id <= (store.state.heads[`room:${message.room}`] ?? 0));
    store.dispatch({ type: "message.posted", message });
  },
  failed: ({ room }) => {
    // In the open room the message itself shows it; elsewhere its room must be named.
    const name = store.state.rooms[room]?.name ?? "";
    const here = room === store.state.open;
    app.announce(t("send.failed_in", { room: name }), { urgent: true, unseen: here });
  },
});

const session = new Session(store, {
  entered() {
    delivery.forget();
    store.dispatch({ type: "line.late", late: false });
    rooms.forget();
    if (!route.settle()) rooms.open(store.state.open);
  },
  live() {
    outbox.hurry();
    rooms.live();
  },
  event(event) {
    rooms.event(event);
    if (event.kind === "message" && event.author === store.state.user.id) {
      delivery.arrived(event.id);
      if (event.nonce) outbox.remove(event.nonce);
    }
  },
  leaving() {
    const { user } = store.state;
    for (const { room, body } of outbox.clear()) drafts.append(user.id, room, body);
    delivery.forget();
    reading.forget();
  },
});

const route = follow(store, (room) => rooms.open(room));

store.subscribe((state) => app.show(state));

/** Runs what a form asked for and tells the form how it went: `settle()` or `settle(words)`. */
async function attempt(settle, work) {
  try {
    settle(await work());
  } catch (error) {
    settle(explain(error));
  }
}

const HANDLERS = {
  "sign-in": ({ mode, values, settle }) =>
    attempt(settle, async () => {
      const enter = mode === "up" ? api.signUp : api.signIn;
      session.enter(await enter(values));
    }),
  "sign-out": async () => {
    const { user } = store.state;
    try {
      await session.signOut();
    } catch (error) {
      return app.announce(explain(error), { urgent: true });
    }
    drafts.forget(user.id);
    location.hash = hashOf(null);
  },
  "password-change": ({ values, settle }) =>
    attempt(settle, async () => {
      try {
        await api.changePassword(values);
      } catch (error) {
        if (error.code === "bad_credentials") return t("password.wrong");
        throw error;
      }
      app.announce(t("password.changed"));
    }),
  "language-choose": async ({ name }) => {
    await chooseLanguage(name);
    app.rebuild(store.state);
  },
  "theme-choose": ({ name }) => storage.set("theme", name === "auto" ? null : name),

  "rooms-browse": ({ settle }) => attempt(settle, () => rooms.browse()),
  "room-create": ({ values, settle }) =>
    attempt(settle, async () => {
      const room = await rooms.create(values);
      location.hash = hashOf(room.id);
    }),
  "room-join": ({ room, settle }) =>
    attempt(settle, async () => {
      await rooms.join(room);
      location.hash = hashOf(room);
    }),
  "room-leave": ({ room, settle }) =>
    attempt(settle, async () => {
      await rooms.leave(room);
      location.hash = hashOf(null);
    }),
  "member-add": ({ room, username, settle }) =>
    attempt(settle, async () => {
      if (!(await rooms.add(room, username))) return t("members.nobody", { name: username });
    }),
  "room-step": ({ step }) => {
    const room = neighbour(store.state, language(), step);
    if (room) location.hash = hashOf(room.id);
  },

  "history-older": ({ room }) => rooms.loadOlder(room),
  "history-trim": ({ room }) => store.dispatch({ type: "page.trimmed", room }),
  "history-retry": ({ room }) => rooms.loadNewest(room),
  "room-seen": ({ room, message }) => reading.seen(room, message),
  "news-seen": ({ room, message }) => store.dispatch({ type: "news.seen", room, message }),

  "line-retry": () => session.retry(),

  "message-send": ({ room, body }) => outbox.send(room, body),
  "message-retry": ({ nonce }) => outbox.retry(nonce),
  "message-discard": ({ nonce }) => outbox.remove(nonce),
};

for (const [name, handler] of Object.entries(HANDLERS)) {
  app.addEventListener(name, ({ detail }) => handler(detail ?? {}));
}

for (const name of ["online", "offline", "pageshow"]) addEventListener(name, () => session.wake());
document.addEventListener("resume", () => session.wake());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) session.wake();
});
// A page that may be stopped at any moment must not lead the other tabs.
addEventListener("pagehide", () => session.sleep());
document.addEventListener("freeze", () => session.sleep());

function rollOver() {
  app.show(store.state, { afresh: true });
  setTimeout(rollOver, untilMidnight());
}

await loadLanguage(preferredLanguage());
rollOver();
session.begin();
