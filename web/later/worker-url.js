/** Only these scripts may become workers: the page is served with `require-trusted-types-for`. */
const WORKERS = ["/later/stream-worker.js", "/service-worker.js"];

const rules = {
  createScriptURL(url) {
    if (!WORKERS.includes(url)) throw new TypeError(`not a worker of ours: ${url}`);
    return url;
  },
};
const policy = globalThis.trustedTypes?.createPolicy("tornchat-worker", rules) ?? rules;

export const workerUrl = (url) => policy.createScriptURL(url);
