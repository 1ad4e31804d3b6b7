/** The way of one message as far as it is known here: its stations in order, and what lies between them. Pure.
 *
 * A station is {name, at, clock, worker}: `at` in unix ms of its clock, "browser" or "server" (Redis'), null where
 * nobody has stamped it or this tab has no record; `worker` the process that it was at, where that is known.
 */

/** `known` as of Trail.of. The message was `posted` here, perhaps, and came by an event, perhaps. */
export function stationsOf(message, { event, trip }) {
  const browser = { clock: "browser" };
  const all = [
    { name: "sent", at: trip?.sent ?? null, ...browser },
    { name: "taken", at: null, clock: "worker", worker: trip?.worker ?? null },
    { name: "logged", at: message.at, clock: "server" },
    { name: "delivered", at: null, clock: "worker", worker: event?.worker ?? null },
    { name: "arrived", at: event?.arrived ?? null, ...browser },
    event?.shared && { name: "here", at: event.here, ...browser },
    { name: "painted", at: event?.painted ?? null, ...browser },
  ];
  return all.filter(Boolean);
}

/** What lies between one stamped station and the next: {from, to, least, most}, in ms. `least` is `most` on one clock;
 * between two they follow from `ahead`, [least, most] ms by which the server's clock is ahead. */
export function gapsOf(stations, [least, most]) {
  const stamped = stations.filter(({ at }) => at !== null);
  return stamped.slice(1).map((to, i) => {
    const from = stamped[i];
    const between = to.at - from.at;
    if (to.clock === from.clock) return { from, to, least: between, most: between };
    // What the server stamps it cuts off to whole ms.
    const [low, high] =
      to.clock === "server" ? [between - most, between + 1 - least] : [between - 1 + least, between + most];
    return { from, to, least: Math.max(0, low), most: Math.max(0, high) };
  });
}

/** The middle of what a gap may have been, in ms; null where it has no upper end. */
export const middleOf = ({ least, most }) => (most === Infinity ? null : (least + most) / 2);

/** How the message came here: a name for it. */
export function arrivalOf({ event, trip, dropped }) {
  if (event) {
    if (event.transport === null) return "kept";
    if (event.transport === "poll") return "polled";
    return event.live === false ? "replayed" : "live";
  }
  if (trip) return "posted";
  return dropped ? "dropped" : "history";
}

/** All that is known, as plain values for a report of a fault: no text of the message, no names, nothing secret. */
export function reportOf(message, known, ahead) {
  const { id, room, author, at, version = id, edited = null, deleted = false, reply_to = null } = message;
  const stations = stationsOf(message, known);
  const gaps = gapsOf(stations, ahead).map(({ from, to, least, most }) => ({
    from: from.name,
    to: to.name,
    least_ms: rounded(least),
    most_ms: rounded(most),
  }));
  const { event, trip, touched } = known;
  return {
    message: { id, prev: event?.prev ?? null, room, author, at, version, edited, deleted, reply_to },
    came: arrivalOf(known),
    stream: event && {
      transport: event.transport,
      worker: event.worker,
      opened: rounded(event.opened),
      shared: event.shared,
    },
    post: trip && { worker: trip.worker, tries: trip.tries, took_ms: rounded(trip.answered - trip.sent) },
    stations: stations.map((station) => ({ ...station, at: rounded(station.at) })),
    gaps,
    clock: { server_ahead_least_ms: rounded(ahead[0]), server_ahead_most_ms: rounded(ahead[1]) },
    later: touched.map(({ id, kind, at, who, live, arrived }) => ({ id, kind, at, who, live, arrived: rounded(arrived) })),
  };
}

/** To hundredths; null where there is no such number. */
const rounded = (ms) => (Number.isFinite(ms) ? Math.round(ms * 100) / 100 : null);
