/* What the browser runs for the page, also while that is closed. */
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
