/** What the transports cost on the wire: counted by the browser where it tells (`transferSize`, with the heads
 * of the answers), else by the page (what the events themselves take). */

export class WireCounter {
  #observer = null;
  bytes = { "long-poll": 0, "short-poll": 0 };
  /** How many answers were measured. */
  answers = { "long-poll": 0, "short-poll": 0 };

  start() {
    this.#observer = new PerformanceObserver((list) => list.getEntries().forEach(this.#take));
    this.#observer.observe({ type: "resource" });
  }

  stop() {
    this.#observer?.disconnect();
    // The browser keeps a few hundred entries, and then no more.
    performance.clearResourceTimings();
  }

  #take = ({ name, transferSize }) => {
    const { pathname, searchParams } = new URL(name);
    // Without a cursor it asked only where the log stands.
    if (pathname !== "/api/events" || !searchParams.has("after") || !transferSize) return;
    const transport = searchParams.get("wait") === "0" ? "short-poll" : "long-poll";
    this.bytes[transport] += transferSize;
    this.answers[transport] += 1;
  };
}

/** For one transport: `{requests, bytes, measured, per, wasted}`; bytes and wasted polls per delivered probe. */
export function costOf(name, channel, delivered, wire) {
  const { requests, bytes, empty } = channel?.cost ?? { requests: 0, bytes: 0, empty: 0 };
  const measured = (wire.answers[name] ?? 0) > 0;
  const down = measured ? wire.bytes[name] : bytes;
  const polls = name.endsWith("poll");
  return {
    requests,
    bytes: down,
    measured,
    per: delivered ? down / delivered : NaN,
    asked: delivered ? requests / delivered : NaN,
    wasted: polls && delivered ? empty / delivered : NaN,
  };
}
