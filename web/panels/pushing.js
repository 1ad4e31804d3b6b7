/** Pushes to this browser: what is told while no page of ours is open. `api` does the requests. */
import { storage } from "../js/storage.js";
import { workerUrl } from "../later/worker-url.js";

/** Whether this browser can take pushes at all. */
export const canPush = () => Boolean(navigator.serviceWorker && globalThis.PushManager);

/** Subscribes this browser, and tells the server. */
export async function begin(api, user) {
  const { public_key: key } = await api.pushKey();
  const registration = await navigator.serviceWorker.register(workerUrl("/service-worker.js"));
  await navigator.serviceWorker.ready;
  const subscription = await subscribed(registration, key);
  await api.subscribe(wishes(subscription));
  storage.set("push", user);
}

/** Tells the server once more, with what was chosen since: another session or key, no text, quiet for a while. */
export async function renew(api, user) {
  if (globalThis.Notification?.permission === "granted") await begin(api, user);
  else storage.set("push", null);
}

export async function end(api) {
  storage.set("push", null);
  const subscription = await current();
  if (!subscription) return;
  await api.unsubscribe(subscription.endpoint);
  await subscription.unsubscribe();
}

async function current() {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration?.pushManager.getSubscription() ?? null;
}

/** One that was made with another key (the server was set up anew) is of no use. */
async function subscribed(registration, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await registration.pushManager.subscribe(options);
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return registration.pushManager.subscribe(options);
  }
}

function wishes(subscription) {
  const quiet = Number(storage.get("alerts.quiet") ?? 0);
  return {
    ...subscription.toJSON(),
    text: storage.get("alerts.text") !== "off",
    quiet_until: quiet > Date.now() ? quiet : null,
  };
}
