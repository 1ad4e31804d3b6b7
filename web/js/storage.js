/** What this browser remembers. Storage may be forbidden or full: then nothing is remembered. */
/** Before the name of everything that is ours. */
export const PREFIX = "tornchat.";

export const storage = {
  get(name) {
    try {
      return localStorage.getItem(PREFIX + name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      if (value === null || value === "") localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, value);
    } catch {
      // Nothing that the user could do about it, and nothing breaks.
    }
  },
  names(start) {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(PREFIX + start))
        .map((key) => key.slice(PREFIX.length));
    } catch {
      return [];
    }
  },
};
