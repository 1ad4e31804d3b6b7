/** Parts of the page that are loaded when somebody opens them: the modules and styles of `panels/`. */
import { t } from "../js/i18n.js";
import { insist } from "../js/late.js";
import { h } from "./dom.js";

/**
 * Calls the function `name` of `panels/<file>.js` with `app` and what else there is. Its styles are in
 * `panels/<file>.css`, where the module says `export const styled = true`. What cannot be loaded is said.
 */
export async function openPanel(app, file, name, ...given) {
  const panel = await loadPanel(app, file);
  return panel?.[name](app, ...given);
}

/** The module of a panel, with its styles there; null where it cannot be loaded, which is said. */
export async function loadPanel(app, file) {
  try {
    return await load(file);
  } catch {
    app.announce(t("panel.failed"), { urgent: true });
    return null;
  }
}

/** Loads what the page cannot do without, and again until it is there. */
export const needed = (file) => insist(() => load(file));

const tries = new Map();

async function load(file) {
  const tried = tries.get(file) ?? 0;
  try {
    // Some browsers keep in mind that an address could not be loaded.
    const panel = await import(`../panels/${file}.js${tried ? `?${tried}` : ""}`);
    // Most open a dialog, whose styles are their own.
    await Promise.all([styles("dialog"), panel.styled && styles(file)]);
    return panel;
  } catch (error) {
    tries.set(file, tried + 1);
    throw error;
  }
}

const sheets = new Map();

function styles(file) {
  if (!sheets.has(file)) {
    const href = `/panels/${file}.css`;
    const loading = new Promise((loaded, failed) => {
      const link = h("link", { rel: "stylesheet", href, onload: loaded });
      link.addEventListener("error", () => {
        link.remove();
        sheets.delete(file);
        failed(new Error(href));
      });
      document.head.append(link);
    });
    sheets.set(file, loading);
  }
  return sheets.get(file);
}
