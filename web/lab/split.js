/** Where the time of a trip goes: its parts between the stations at which it was stamped. Pure. */
import { median } from "./distribution.js";

/** In the order of the way. */
export const PARTS = ["page", "post", "log", "worker", "socket", "paint"];

/**
 * The parts of one trip in ms: `probe` has `intended` and `sent`, `arrival` has `at`, `painted` (or null) and
 * the event; `clock` knows the server's. Null where the event was read from the log and has no stamp of
 * having been heard.
 */
export function partsOf(probe, arrival, clock) {
  const { event, at, painted } = arrival;
  if (event.heard === undefined || !clock.known) return null;
  const received = clock.ours(event.received);
  return {
    page: probe.sent - probe.intended,
    post: received - probe.sent,
    log: (event.heard - event.received) / 1000,
    worker: (event.framed - event.heard) / 1000,
    socket: at - clock.ours(event.framed),
    paint: painted === null ? null : painted - at,
  };
}

/** The median of each part in ms, and of how many trips; what the clock makes negative counts as 0. */
export function medians(trips) {
  const parts = {};
  for (const name of PARTS) {
    const values = trips.map((trip) => trip[name]).filter((value) => value !== null);
    parts[name] = Math.max(0, median(values) ?? 0);
  }
  return { n: trips.length, parts };
}
