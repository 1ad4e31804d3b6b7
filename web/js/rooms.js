/** Rooms: opening, history, joining and leaving, names of people. Fetches, and dispatches the answers. */
import { api } from "./api.js";
import { unreadAfter } from "./history.js";
import { strangers } from "./selectors.js";
import { storage } from "./storage.js";

const PAGE = 50;
const AGAIN = 200;
const NAMES_AT_ONCE = 100;
const AGAIN_MS = 5000;

export class Rooms {
  #store;
  #epoch = 0; // counts snapshots: a page asked for before the last one may have a hole after it
  #asked = new Set(); // ids of people asked for
  #loading = new Set(); // rooms whose newest page is asked for
  #renewing = new Set(); // rooms of which older messages are asked for again
  #fetched = new Set(); // rooms that are asked for, each with what was heard of it meanwhile
  #turns = new Map(); // room -> how many times its read marker was put back, as far as heard

  constructor(store) {
    this.#store = store;
    store.subscribe((state) => this.#learnNames(state));
  }

  /** After a snapshot: answers still under way belong to a stream that is gone. */
  forget() {
    this.#epoch += 1;
    this.#asked.clear();
    this.#loading.clear();
    this.#renewing.clear();
  }

  /** Opens a room by its id, or none (null). */
  open(room) {
    this.#store.dispatch({ type: "room.opened", room });
    if (this.#store.state.phase === "in" && room) this.#show(room);
  }

  #show(room) {
    const { rooms, pages, members, user } = this.#store.state;
    if (!rooms[room]) return this.#lookAt(room);
    storage.set(`room.${user.id}`, room);
    if (pages[room]?.status !== "ready" && !this.#loading.has(room)) this.loadNewest(room);
    if (!members[room]) this.#loadMembers(room);
  }

  /** A room that is not mine: may it be joined? */
  async #lookAt(room) {
    this.#store.dispatch({ type: "room.outside", room, status: "loading" });
    try {
      const found = await api.room(room);
      this.#store.dispatch({ type: "room.outside", room, status: "found", found });
    } catch (error) {
      const status = error.temporary ? "failed" : "hidden";
      this.#store.dispatch({ type: "room.outside", room, status });
    }
  }

  async loadNewest(room) {
    const epoch = this.#epoch;
    this.#loading.add(room);
    this.#store.dispatch({ type: "page.asked", room });
    const known = this.#newestShown(room);
    let answer = { type: "page.failed", room };
    try {
      const limit = Math.min(AGAIN, Math.max(PAGE, (this.#store.state.rooms[room]?.unread ?? 0) + 10));
      answer = { ...(await api.newest(room, limit)), type: "page.came", room, known };
    } catch {
      // Shown as failed, with a way to try again.
    }
    if (epoch !== this.#epoch) return;
    this.#loading.delete(room);
    this.#store.dispatch(answer);
    this.#loadAgain(room);
  }

  /** What stayed from before a reset, or was changed by events that are lost, as it is now. */
  async #loadAgain(room) {
    if (this.#renewing.has(room)) return;
    const epoch = this.#epoch;
    this.#renewing.add(room);
    for (let page = this.#doubtful(room); page && epoch === this.#epoch; page = this.#doubtful(room)) {
      this.#store.dispatch({ type: "page.again.asked", room });
      let answer = { type: "page.again.failed", room };
      try {
        const before = page.unsure;
        const came = await api.before(room, before, AGAIN);
        answer = { ...came, type: "page.again.came", room, before };
      } catch {
        // Tried again when the stream is live.
      }
      if (epoch !== this.#epoch) return;
      this.#store.dispatch(answer);
      if (answer.type === "page.again.failed") break;
    }
    if (epoch === this.#epoch) this.#renewing.delete(room);
  }

  #doubtful(room) {
    const page = this.#store.state.pages[room];
    return page?.status === "ready" && page.unsure > 0 ? page : null;
  }

  /** Looks whether the server still has what is shown of a room; a failure changes nothing. */
  async check(room) {
    const epoch = this.#epoch;
    const known = this.#newestShown(room);
    try {
      const answer = await api.newest(room, PAGE);
      if (epoch === this.#epoch) {
        this.#store.dispatch({ ...answer, type: "page.checked", room, known });
      }
    } catch {
      // Whoever asked will ask again.
    }
  }

  #newestShown(room) {
    return this.#store.state.pages[room]?.messages.at(-1)?.id ?? 0;
  }

  async loadOlder(room) {
    const page = this.#store.state.pages[room];
    if (page?.status !== "ready" || !page.more || page.older === "loading") return;
    const epoch = this.#epoch;
    const older = true;
    this.#store.dispatch({ type: "page.asked", room, older });
    try {
      const { messages, more } = await api.before(room, page.messages[0].id, PAGE);
      if (epoch === this.#epoch) {
        this.#store.dispatch({ type: "page.came", room, messages, more, older });
      }
    } catch {
      if (epoch === this.#epoch) this.#store.dispatch({ type: "page.failed", room, older });
    }
  }

  /** The stream is live (again): what could not be loaded is tried once more. */
  live() {
    const { open, pages, outside } = this.#store.state;
    if (pages[open]?.status === "failed") this.loadNewest(open);
    else this.#loadAgain(open);
    if (outside?.status === "failed") this.#lookAt(open);
  }

  /** What an event asks for beyond what the reducer did with it. */
  event(event) {
    const { user, pages, rooms } = this.#store.state;
    for (const { topic, heard } of this.#fetched) if (topic === event.topic) heard.push(event);
    if (pages[event.room]?.unsure) this.#loadAgain(event.room);
    if (event.kind === "member.joined" && event.user === user.id) {
      this.#refresh(event.room);
      // Asked for before the stream carried the room, the page may have a hole after it.
      if (pages[event.room]) this.loadNewest(event.room);
    }
    // What was said while it was archived is nothing, but what was unread before counts again.
    if (event.kind === "room.changed" && event.returned && rooms[event.room]) {
      this.#refresh(event.room);
    }
    if (event.kind === "blocked" || event.kind === "unblocked") {
      for (const room of Object.values(rooms)) if (room.unread > 0) this.#refresh(room.id);
    }
    // Put back, or read in part: where the page does not reach so far, only the server can count.
    const { unread = 0 } = rooms[event.room] ?? {};
    if (event.kind === "read" && (unread > 0 || event.turn !== this.#turns.get(event.room))) {
      this.#turns.set(event.room, event.turn);
      const counted = unreadAfter(pages[event.room], event.last_read, user.id);
      if (counted === null) this.#refresh(event.room);
    }
  }

  /** Fetches a room of mine. What the stream tells of it meanwhile may be newer than the answer, and in a busy
   * room always is: it is applied after it. */
  async #refresh(room) {
    const epoch = this.#epoch;
    const fetched = { topic: `room:${room}`, heard: [] };
    this.#fetched.add(fetched);
    try {
      let fresh;
      let before;
      do {
        before = this.#store.state.memberships[room];
        fresh = await api.room(room);
      } while (before !== this.#store.state.memberships[room] && epoch === this.#epoch);
      // Without a role it is as strangers see it: I have left.
      if (epoch === this.#epoch && fresh.role) this.#joined(fresh, fetched.heard);
    } catch (error) {
      // Otherwise it is no longer mine to see; the stream or the next snapshot says so.
      if (error.temporary) setTimeout(() => epoch === this.#epoch && this.#refresh(room), AGAIN_MS);
    } finally {
      this.#fetched.delete(fetched);
    }
  }

  async join(room) {
    this.#joined(await api.join(room));
  }

  async create(values) {
    const room = await api.createRoom(values);
    this.#joined(room);
    return room;
  }

  /** A room that I am in, as the server has just answered. */
  came(room) {
    this.#joined(room);
  }

  /** The direct room of these people and me. */
  async direct(users) {
    const room = await api.direct(users);
    this.#joined(room);
    return room;
  }

  async findPeople(prefix) {
    return (await api.usersByPrefix(prefix)).users;
  }

  #joined(room, heard = []) {
    this.#store.dispatch({ type: "room.joined", room, heard });
    if (room.id === this.#store.state.open) this.#show(room.id);
  }

  async leave(room) {
    await api.leave(room);
    this.#store.dispatch({ type: "room.left", room });
  }

  async browse() {
    const { discoverable } = await api.rooms();
    this.#store.dispatch({ type: "rooms.found", discoverable });
  }

  async #loadMembers(room) {
    const epoch = this.#epoch;
    try {
      const { members } = await api.members(room);
      if (epoch === this.#epoch) this.#store.dispatch({ type: "members.came", room, members });
    } catch {
      // The list stays out; names are asked for one by one.
    }
  }

  #learnNames(state) {
    if (state.phase !== "in" || (state.rooms[state.open] && !state.members[state.open])) return;
    this.learn(strangers(state));
  }

  /** Asks for the names of people that are not known yet. */
  async learn(people) {
    const isNew = (id) => !this.#asked.has(id) && !this.#store.state.people[id];
    const ids = people.filter(isNew).slice(0, NAMES_AT_ONCE);
    if (ids.length === 0) return;
    for (const id of ids) this.#asked.add(id);
    try {
      const { users } = await api.usersById(ids);
      this.#store.dispatch({ type: "people.came", users });
    } catch (error) {
      if (error.temporary) setTimeout(() => ids.forEach((id) => this.#asked.delete(id)), AGAIN_MS);
    }
  }
}
