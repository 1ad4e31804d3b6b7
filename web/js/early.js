/* Runs before the first paint, so that a chosen theme and language do not flash: hence a classic
   script, and nothing in it but two attributes. */
"use strict";
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("tornchat.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const language = localStorage.getItem("tornchat.language");
    if (language) root.lang = language;
  } catch {
    // Storage may be forbidden (private windows, policies): the defaults serve.
  }
})();
