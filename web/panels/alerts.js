/** Tells me of messages while no tab of this browser is looked at: one notification, and a sound. */
import { nameOf, roomName } from "../js/naming.js";
import { concerns } from "../js/attention.js";
import { storage } from "../js/storage.js";
import { hashOf } from "../js/route.js";
import { chime } from "./chime.js";

/** What I read on another device at this moment is not told, in ms. */
const WAIT_MS = 700;
/** What came while this computer slept is not told one by one, in ms. */
const FRESH_MS = 60_000;
/** For so long the tab that tells keeps the others from it, in ms. */
const TURN_MS = 10_000;
const MOST_TEXT = 240;
const LOOKING = "tornchat.looking";

export class Teller {
  #store;
  #shown = new Map(); // room -> {id, notification}
  #stopLooking = null;

  constructor(store) {
    this.#store = store;
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.#look());
    document.addEventListener("visibilitychange", () => this.#look());
    this.#look();
  }

  event(event) {
    const { rooms, user, blocked } = this.#store.state;
    const room = rooms[event.room];
    if (event.kind === "read") return this.#close(event.room, event.last_read);
    if (blocked.includes(event.author)) return;
    if (event.kind !== "message" || !room || !concerns(room, event, user.id)) return;
    if (Date.now() - event.at < FRESH_MS) setTimeout(() => this.#tell(event), WAIT_MS);
  }

  /** All tabs of the browser see who is looked at by a lock that several may hold. */
  #look() {
    const looks = document.hasFocus() && !document.hidden;
    if (!looks) this.#stopLooking?.();
    if (looks === Boolean(this.#stopLooking)) return;
    if (!looks) return void (this.#stopLooking = null);
    const gone = new Promise((resolve) => (this.#stopLooking = resolve));
    navigator.locks?.request(LOOKING, { mode: "shared" }, () => gone).catch(() => {});
  }

  #tell(event) {
    const { rooms, user } = this.#store.state;
    const room = rooms[event.room];
    if (!room || !user || event.id <= room.last_read || !isWanted()) return;
    const turn = async (lock) => {
      if (!lock || (await isLookedAt())) return;
      this.#show(room, event);
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    };
    navigator.locks.request(`tornchat.alert.${event.id}`, { ifAvailable: true }, turn).catch(() => {});
  }

  async #show(room, event) {
    const { state } = this.#store;
    const author = state.people[event.author];
    const where = room.kind === "direct" ? "" : ` · ${roomName(state, room)}`;
    const title = `${author ? nameOf(author) : "Tornchat"}${where}`;
    const hides = storage.get("alerts.text") === "off";
    const options = {
      body: hides ? "" : excerpt(event.body),
      tag: room.id,
      renotify: true,
      icon: "/icon.svg",
      timestamp: event.at,
      silent: true,
      data: { room: room.id, message: event.id },
    };
    if (storage.get("alerts.sound") !== "off") chime();
    const notification = await show(title, options);
    if (notification) {
      notification.onclick = () => {
        window.focus();
        location.hash = hashOf(room.id, event.id);
        notification.close();
      };
    }
    this.#shown.set(room.id, { id: event.id, notification });
  }

  /** Read, here or elsewhere: it need not be told any more. */
  async #close(room, read) {
    const shown = this.#shown.get(room);
    if (!shown || shown.id > read) return;
    this.#shown.delete(room);
    shown.notification?.close();
    const registration = await navigator.serviceWorker?.getRegistration();
    const others = (await registration?.getNotifications({ tag: room })) ?? [];
    for (const notification of others) notification.close();
  }
}

/** By the page where it can, else (Android) by the service worker, which also hears the click. */
async function show(title, options) {
  try {
    return new Notification(title, options);
  } catch {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.showNotification(title, options);
    return null;
  }
}

function isWanted() {
  const until = Number(storage.get("alerts.quiet") ?? 0);
  return (
    storage.get("alerts") === "on" &&
    globalThis.Notification?.permission === "granted" &&
    until <= Date.now()
  );
}

async function isLookedAt() {
  const { held } = await navigator.locks.query();
  return held.some(({ name }) => name === LOOKING);
}

/** The beginning of a message in one line. What was to be hidden stays so. */
function excerpt(body) {
  const text = body.replace(/\|\|.+?\|\|/gs, "▒▒▒").split(/\s+/).join(" ").trim();
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
}
