/** One EventSource, and what it proves (claims.js). It does not reconnect: whoever owns it does. */
import { now } from "./server-clock.js";
import { Watchdog } from "./watchdog.js";

const KINDS = [
  "message",
  "message.edited",
  "message.previewed",
  "message.deleted",
  "reaction.added",
  "reaction.removed",
  "message.pinned",
  "message.unpinned",
  "room.created",
  "room.changed",
  "room.archived",
  "member.joined",
  "member.left",
  "member.changed",
  "person.changed",
  "read",
  "level",
  "blocked",
  "unblocked",
  "settings",
];

/** Not logged: without an id, and nothing that a claim could be made of. */
const EPHEMERAL_KINDS = ["typing", "presence"];

/** How long opening may take, in ms. */
const OPENING_MS = 15_000;
const MISSED_BEATS = 2.5;
const LATE_MS = 1000;

/** How long a stream with a beat every `heartbeat` seconds may be silent, in ms. */
export const patienceOf = (heartbeat) => heartbeat * 1000 * MISSED_BEATS + LATE_MS;

export class Connection {
  #source;
  #hooks;
  #position = null; // unknown before the hello
  #how; // what is known of the way of all that it brings: see trail.js
  #patience = OPENING_MS;
  #watchdog = new Watchdog(() => this.#break({ refused: false }));

  /**
   * hooks, each with this connection first: `hello(_, {heartbeat})`, `claim(_, claim)`, `passing(_, event)`
   * an event that is not logged, `reset(_)`,
   * `move(_, ms)`, `bye(_, {code, retry})`, and `broken(_, {refused})` once, when it is of no more use:
   * `refused` where the answer was no stream.
   */
  constructor(after, hooks) {
    this.#hooks = hooks;
    this.#how = { transport: "sse", opened: now() };
    this.#source = new EventSource(`/api/events?after=${after}`);
    this.#on("hello", (data, id) => this.#hello(data, id));
    this.#on("beat", (_, id) => this.#claim(id, []));
    this.#on("move", ({ after_ms }) => hooks.move(this, after_ms));
    this.#on("bye", (data) => hooks.bye(this, data));
    for (const kind of KINDS) {
      this.#on(kind, (data, id) => this.#claim(id, [{ ...data, kind }]));
    }
    for (const kind of EPHEMERAL_KINDS) {
      this.#on(kind, (data) => hooks.passing(this, { ...data, kind }));
    }
    this.#source.addEventListener("error", () => {
      // Closed by the browser: the answer was not 200, and it will not try again.
      this.#break({ refused: this.#source?.readyState === EventSource.CLOSED });
    });
    this.#watchdog.feed(OPENING_MS);
  }

  /** The computer may have slept: is this connection overdue? Then it breaks now. */
  look() {
    this.#watchdog.look();
  }

  close() {
    this.#watchdog.stop();
    this.#source?.close();
    this.#source = null;
  }

  #on(kind, hear) {
    this.#source.addEventListener(kind, ({ data, lastEventId }) => {
      if (!this.#source) return; // was under way when we closed
      this.#watchdog.feed(this.#patience);
      hear(JSON.parse(data), lastEventId === "" ? null : Number(lastEventId));
    });
  }

  #hello({ reset, heartbeat, worker, live_after: liveAfter }, id) {
    if (reset) return this.#hooks.reset(this);
    this.#position = id;
    this.#how = { ...this.#how, worker, liveAfter };
    this.#patience = patienceOf(heartbeat);
    this.#watchdog.feed(this.#patience);
    this.#hooks.hello(this, { heartbeat });
  }

  #claim(to, events) {
    const after = this.#position;
    if (after === null || to === null) return;
    this.#position = Math.max(after, to);
    this.#hooks.claim(this, { after, to, events, how: { ...this.#how, at: now() } });
  }

  #break(how) {
    if (!this.#source) return;
    this.close();
    this.#hooks.broken(this, how);
  }
}
