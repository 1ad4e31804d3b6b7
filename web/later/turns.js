/** One tab at a time: whoever sends a room's next message. */
import { pause } from "../js/backoff.js";
import { uuid } from "../js/ids.js";

/** Longer than a request may take (api.js), in ms: a lease of a tab that died in between ends then. */
const LEASE_MS = 20_000;
const LOOK_AGAIN_MS = 500;

/**
 * `turn(name, work)` runs `work` while no other tab of this browser does under that name.
 *
 * Web Locks know when a tab dies. On plain http from another host there are none: there a lease in the
 * database serves, and after a crash others wait until it ends. Where there is no database either, tabs
 * do not share what they send.
 */
export function turnsBy(store, locks = globalThis.navigator.locks) {
  if (locks) return (name, work) => locks.request(`tornchat.outbox.${name}`, work);
  const me = uuid();
  return async (name, work) => {
    while (await takenByAnother(store, name, me)) await pause(LOOK_AGAIN_MS);
    try {
      return await work();
    } finally {
      await store.giveBack(name, me).catch(() => {});
    }
  };
}

async function takenByAnother(store, name, me) {
  const now = Date.now();
  return (await store.lease(name, me, now, now + LEASE_MS).catch(() => 0)) > now;
}
