/** Wires state, stream, outbox and elements together. What happens is read here from top to bottom. */
import "../elements/app.js";
import { needed, openPanel } from "../elements/panel.js";
import { Alerts } from "./alerts.js";
import { api } from "./api.js";
import { DeliveryWatch } from "./delivery.js";
import { attempt } from "./doing/attempt.js";
import { keepingUpHandlers } from "./doing/keeping-up.js";
import { fileHandlers } from "./doing/files.js";
import { messageHandlers } from "./doing/messages.js";
import { replyHandlers } from "./doing/replies.js";
import { latePresence, presenceHandlers } from "./doing/presence.js";
import { drafts } from "./drafts.js";
import { explain } from "./explain.js";
import { language, loadLanguage, preferredLanguage, t } from "./i18n.js";
import { awaitSight, firstSight, insist, late, once } from "./late.js";
import { roomName } from "./naming.js";
import { owner } from "./owner.js";
import { Places } from "./places.js";
import { Reading } from "./reading.js";
import { Rooms } from "./rooms.js";
import { follow, hashOf } from "./route.js";
import { arrivedIn, neighbour } from "./selectors.js";
import { Session } from "./session.js";
import { initialState, reduce } from "./state.js";
import { createStore, perFrame } from "./store.js";
import { untilMidnight } from "./times.js";

const app = document.querySelector("tc-app");
const store = createStore(reduce, initialState, perFrame);
const rooms = new Rooms(store);
const reading = new Reading(store);
const places = new Places(store, {
  missing(message) {
    route.leavePlace();
    app.announce(t(message ? "jump.deleted" : "jump.missing"), { urgent: true });
  },
  failed: (error) => app.announce(explain(error), { urgent: true }),
});
const alerts = new Alerts(store);
const presence = latePresence(store);

const delivery = new DeliveryWatch({
  late({ room }) {
    store.dispatch({ type: "line.late", late: true });
    rooms.check(room);
  },
  caughtUp: () => store.dispatch({ type: "line.late", late: false }),
});

/** Of a message of mine. In the open room the message itself shows it; elsewhere its room is named. */
function complain(key, room) {
  const mine = store.state.rooms[room];
  const words = mine ? t(key, { room: roomName(store.state, mine) }) : t("send.failed_out");
  app.announce(words, { urgent: true, unseen: room === store.state.open });
}

const outgoing = {
  post: api.post,
  upload: async (files) => (await fileWork()).upload(files),
  mayPost: owner.is,
  changed: (pending) => store.dispatch({ type: "pending.changed", pending }),
  posted(message, item) {
    const arrived = message.id <= (store.state.heads[`room:${message.room}`] ?? 0);
    if (item) delivery.accepted(message, arrived);
    // Most are sent sooner than anybody could hear of it.
    if (item?.attempts > 0) app.announce(t("send.sent"), { unseen: true });
    store.dispatch({ type: "message.posted", message });
  },
  failed: ({ room }) => complain("send.failed_in", room),
  signedOut: () => session.load(),
};
/** Messages on their way. */
const outbox = late(
  async () => (await insist((again) => import(`../later/outgoing.js${again}`))).outboxWith(outgoing),
  ["start", "stop", "send", "notStored", "retry", "remove", "forget", "hurry"],
);

/** Deeds that can be undone, for as long as they can. */
const undoing = late(async () => {
  const { Undoing } = await insist((again) => import(`../later/undoing.js${again}`));
  return new Undoing({ app, store });
}, ["offer", "last", "withdraw", "settle", "shown"]);
/** The state as it is to be seen. Where something is going, its module is there. */
const shown = () => (store.state.going.length > 0 ? undoing.shown(store.state) : store.state);
/** What I have chosen of how the page looks and works, on all my devices. */
const settings = once(async () => {
  await firstSight;
  const { Settings } = await insist((again) => import(`../later/settings.js${again}`));
  return new Settings(app, store, api, shown);
});

/** Keeps the page and what was read for times without a server. Loaded when the page is drawn, or cannot be. */
const keeping = once(async () => {
  const [{ KeptPage }, { Remembered }] = await Promise.all([
    import("../later/kept-page.js"),
    import("../later/remembered.js"),
  ]);
  const renewed = (run) => app.announce(t("page.renewed"), { act: { words: t("page.reload"), run, over() {}, seconds: 86_400 } });
  return { page: new KeptPage({ renewed }), remembered: new Remembered(store) };
});

const session = new Session(store, {
  async unanswered() {
    if (store.state.phase !== "loading") return;
    await (await keeping())?.remembered.show(owner.is);
    const { user } = store.state;
    if (!user) return;
    outbox.start(user.id);
    route.settle();
  },
  entered() {
    const { user } = store.state;
    owner.set(user.id);
    outbox.start(user.id);
    presence.entered();
    delivery.forget();
    store.dispatch({ type: "line.late", late: false });
    rooms.forget();
    places.entered();
    store.dispatch({ type: "replies.kept", answering: drafts.answers(user.id) });
    alerts.begin();
    settings();
    if (!route.settle()) rooms.open(store.state.open);
  },
  live() {
    presence.tell("live");
    outbox.hurry();
    rooms.live();
    keeping().then((kept) => kept?.page.look());
  },
  fresh: () => presence.tell("fresh"),
  passing: (event) => presence.tell("passing", event),
  event(event) {
    rooms.event(event);
    alerts.event(event);
    presence.tell("event", event);
    if (event.kind === "message" && event.author === store.state.user.id) {
      delivery.arrived(event.id);
      if (event.nonce) outbox.remove(event.nonce);
    }
  },
  leaving() {
    outbox.stop();
    delivery.forget();
    reading.forget();
    presence.tell("leaving");
  },
});

const route = follow({ get state() { return shown(); } }, {
  open: (room) => rooms.open(room),
  reach: (room, message) => places.go(room, message),
  invited: (secret) => openPanel(app, "invited", "openInvited", secret),
  administer: () => openPanel(app, "admin", "openAdmin", store.state),
});

/** What the state shows of messages of mine: stored after all, or lost after all. */
store.subscribe((state) => {
  for (const nonce of arrivedIn(state)) outbox.remove(nonce);
  if (state.lost.length === 0) return;
  store.dispatch({ type: "lost.taken" });
  for (const { id } of state.lost) delivery.arrived(id);
  for (const room of new Set(state.lost.map((message) => message.room))) {
    complain("send.lost_in", room);
  }
  outbox.notStored(state.lost);
});
store.subscribe(() => app.show(shown()));

/** What the handlers of a subject work with. */
const page = { app, store, rooms, reading, places, alerts, outbox, session, presence, route, undoing };

/** What is done with files. Loaded with the first of them. */
const fileWork = once(async () => (await import("../later/files.js")).fileWork({ ...page, api }));
/** Handlers of what is done seldom: their module is loaded with the first of these events. */
const later = (file, names) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      async (detail) => (await needed(file)).handlers({ ...page, api })[name](detail),
    ]),
  );

const HANDLERS = {
  "sign-in": ({ mode, values, room, settle }) =>
    attempt(settle, async () => {
      owner.unset();
      const enter = mode === "up" ? api.signUp : api.signIn;
      const snapshot = await enter(values);
      session.enter(snapshot);
      if (snapshot.returned) app.announce(t("leaving.returned"));
      // An invitation that made the account is used, and its room is where one wants to be.
      if (values.invite) location.hash = hashOf(room ?? null);
    }),
  "sign-out": async () => {
    const { user, going } = store.state;
    if (going.length > 0) await undoing.settle();
    owner.unset();
    // Whoever leaves was asked. Afterwards somebody may have come in already, and it would be sent.
    await outbox.forget(user.id);
    try {
      await session.signOut();
    } catch (error) {
      owner.set(user.id);
      return app.announce(`${t("account.still_in")} ${explain(error)}`, { urgent: true });
    }
    drafts.forget(user.id);
    location.hash = hashOf(null);
  },
  "settings-choose": async ({ values }) => (await settings()).choose(values),

  "room-step": ({ step }) => {
    const room = neighbour(shown(), language(), step);
    if (room) location.hash = hashOf(room.id);
  },

  "history-narrow": (detail) => store.dispatch({ type: "page.narrowed", ...detail }),
  "history-trim": ({ room }) => store.dispatch({ type: "page.trimmed", room }),
  "history-retry": ({ room }) => rooms.loadNewest(room),

  ...messageHandlers(page),
  ...fileHandlers(fileWork, () => app.announce(t("panel.failed"), { urgent: true })),
  ...later("room-doing", [
    "rooms-browse",
    "room-create",
    "room-join",
    "room-change",
    "room-archive",
    "room-return",
    "room-leave",
    "members-add",
    "rooms-archived",
    "member-change",
    "member-remove",
    "invites-list",
    "invite-create",
    "invite-revoke",
    "invite-look",
    "invite-accept",
  ]),
  ...later("account-doing", ["account-leave", "avatar-put", "avatar-remove", "password-change"]),
  ...later("way-doing", ["clock-ask"]),
  ...later("manage-doing", ["manage"]),
  ...later("search-doing", ["messages-search"]),
  ...later("direct-doing", ["direct-open", "people-find", "person-block", "blocked-list"]),
  ...keepingUpHandlers(page),
  ...replyHandlers(page),
  ...presenceHandlers(page),

  undo: () => undoing.last(),
  "line-retry": () => session.retry(),
};

for (const [name, handler] of Object.entries(HANDLERS)) {
  app.addEventListener(name, ({ detail }) => handler(detail ?? {}));
}

for (const name of ["online", "offline", "pageshow"]) addEventListener(name, () => session.wake());
addEventListener("online", () => outbox.hurry());
// A notification was clicked.
navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  if (data?.type === "open") location.hash = data.hash;
});
document.addEventListener("resume", () => session.wake());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) session.wake();
});
// A page that may be stopped at any moment must not lead the other tabs.
addEventListener("pagehide", () => session.sleep());
document.addEventListener("freeze", () => session.sleep());

function rollOver() {
  app.show(shown(), { afresh: true });
  setTimeout(rollOver, untilMidnight());
}

await loadLanguage(preferredLanguage());
awaitSight(store);
rollOver();
session.begin();

await firstSight;
(await insist((again) => import(`../later/drops.js${again}`))).takeDrops(app, store);
