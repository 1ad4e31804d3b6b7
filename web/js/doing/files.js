/** What people do with files. Most do nothing with any for a while: what it takes is loaded with the first. */
const NAMES = [
  "files-chosen",
  "files-again", // of a message that was not sent: they are chosen again
  "file-retry",
  "file-remove",
  "message-cancel",
  "picture-open",
  "previews-hide",
];

/** `work()` gives the handlers (later/files.js), or nothing: then `fail()` says so. */
export function fileHandlers(work, fail) {
  const handler = (name) => async (detail) => {
    const handlers = await work();
    return handlers ? handlers[name](detail) : fail();
  };
  return Object.fromEntries(NAMES.map((name) => [name, handler(name)]));
}
