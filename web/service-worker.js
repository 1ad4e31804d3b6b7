/* Keeps the page, whole and of one version, so that it opens without the server; and shows pushes
 * (push-worker.js).
 *
 * The server writes VERSION (of all files of the page) and FILES (their addresses) before this. A new version
 * is fetched beside the old one and takes its place only with all pages: an old page never meets a module
 * of the new one. What is not in FILES (the API, uploads, the lab) goes to the network untouched.
 */
"use strict";

const PUSH = "/push-worker.js";
const rules = {
  createScriptURL(url) {
    if (url !== PUSH) throw new TypeError(`not a script of ours: ${url}`);
    return url;
  },
};
const policy = globalThis.trustedTypes?.createPolicy("tornchat-worker", rules) ?? rules;
importScripts(policy.createScriptURL(PUSH));

const PREFIX = "tornchat-page-";
const CACHE = PREFIX + VERSION;

addEventListener("install", (event) => event.waitUntil(keepAll()));

addEventListener("activate", (event) => event.waitUntil(dropOthers()));

addEventListener("message", ({ data }) => {
  if (data === "take-over") skipWaiting();
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/") event.respondWith(page(request));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(kept(url.pathname, request));
  }
});

/** All of one version or nothing: while a server is replaced, two versions answer. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(FILES.map((file) => keep(cache, file)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function keep(cache, file) {
  const response = await fetch(file, { cache: "no-cache" });
  if (!response.ok || response.headers.get("Tornchat-Page") !== VERSION) {
    throw new Error(`${file} is not of this version`);
  }
  await cache.put(file, response);
}

async function dropOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Where nobody looks at the old version, the new one comes with the next load. */
async function page(request) {
  if (registration.waiting && (await clients.matchAll()).length < 2) {
    registration.waiting.postMessage("take-over");
    return new Response("", { headers: { Refresh: "0" } });
  }
  return kept("/", request);
}

async function kept(file, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(file)) ?? fetch(request);
}
