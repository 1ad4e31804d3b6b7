/* The part of the service worker that shows pushes. What they say: docs/protocol.md, "Push". */
"use strict";

addEventListener("push", (event) => {
  if (event.data) event.waitUntil(showPush(event.data.json()));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPlace(event.notification.data));
});

/** One notification for each room. The same push again says nothing new, so it makes no sound. */
async function showPush({ room, message, at, title, text, count }) {
  const before = await registration.getNotifications({ tag: room });
  const known = Math.max(0, ...before.map(({ data }) => data?.message ?? 0));
  if (known > message) return;
  await registration.showNotification(count > 1 ? `${title} (${count})` : title, {
    body: text ?? "",
    tag: room,
    renotify: message > known,
    icon: "/icon.svg",
    timestamp: at,
    data: { room, message },
  });
  await navigator.setAppBadge?.();
}

/** In a page that is open, or in a new one. */
async function openPlace({ room, message }) {
  const address = new URL(`/#/rooms/${encodeURIComponent(room)}/${message}`, location.origin).href;
  const [page] = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) return clients.openWindow(address);
  page.postMessage({ type: "open", hash: new URL(address).hash });
  return page.focus();
}
