/** What shows the messages that others answer: loaded for the first answer (panels/quotes.js). */
import { needed } from "./panel.js";

let loading = null;
let quotes = null;

/** The module, or null while it is loaded; then `ready()` is called. */
export function quoting(ready) {
  if (quotes) return quotes;
  loading ??= needed("quotes").then((module) => (quotes = module));
  loading.then(ready);
  return null;
}
