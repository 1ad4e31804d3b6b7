/** Parts that the page cannot do without, and that the first paint does not wait for. */
import { pause } from "./backoff.js";

const AGAIN_MS = 2000;
const LONG_MS = 3000;

let seen;
/** The first screen is painted: what it does not need may be loaded now. */
export const firstSight = new Promise((resolve) => (seen = resolve));

/** Has `firstSight` come with the messages of the open room, or soon where they take long. */
export function awaitSight(store) {
  let looking = true;
  store.subscribe(({ phase, open, rooms, pages }) => {
    if (!looking || phase === "loading") return;
    setTimeout(seen, LONG_MS);
    looking = phase === "in" && rooms[open] && (pages[open]?.status ?? "loading") === "loading";
    // What is drawn for a frame is painted when the one after it has come.
    if (!looking) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(seen)));
  });
}

/** What `load(suffix)` promises, asked for again until it is there. `suffix` makes another address of
 * the same: some browsers keep in mind that one could not be loaded. */
export async function insist(load) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await load(tried ? `?${tried}` : "");
    } catch {
      await pause(AGAIN_MS);
    }
  }
}

/**
 * Stands for what `make` promises, made with the first call. Calls from before it is there are done then, in
 * their order and before any other; those that come later are done at once, like its own.
 */
export function late(make, names) {
  const waiting = [];
  let made = null;
  let making = null;
  const begin = async () => {
    await firstSight;
    made = await make();
    for (const call of waiting.splice(0)) call();
  };
  const method = (name) => (...given) => {
    if (made) return made[name](...given);
    making ??= begin();
    return new Promise((resolve) => waiting.push(() => resolve(made[name](...given))));
  };
  return Object.fromEntries(names.map((name) => [name, method(name)]));
}

/** What `make` promises, made once; again after it failed. */
export function once(make) {
  let made = null;
  const fail = () => (made = null);
  return () => (made ??= make().catch(fail));
}
