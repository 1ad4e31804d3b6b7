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

/** `work()` gives the handlers (panels/files.js). */
export const fileHandlers = (work) =>
  Object.fromEntries(NAMES.map((name) => [name, async (detail) => (await work())[name](detail)]));
