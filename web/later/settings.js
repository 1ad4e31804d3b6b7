/** What I have chosen of how the page looks and works: kept with my account, and so on all my devices.
 *
 * This browser has a copy, for pages that begin before the server has answered and for those who are not
 * signed in. What is chosen holds here at once; what the server has not heard yet is kept as `settings.unsent`,
 * goes before what the server says, and is sent again with the next live line.
 */
import { language, LANGUAGES, loadLanguage, preferredLanguage, t } from "../js/i18n.js";
import { explain } from "../js/explain.js";
import { storage } from "../js/storage.js";

const UNSENT = "settings.unsent";

export class Settings {
  #app;
  #store;
  #api;
  #shown;
  #seen = null; // what the server said last
  #line = null;
  #sending = false;

  /** `shown()`: the state as it is to be seen. */
  constructor(app, store, api, shown) {
    [this.#app, this.#store, this.#api, this.#shown] = [app, store, api, shown];
    store.subscribe((state) => this.#look(state));
    this.#look(store.state);
  }

  /** `values`: {name: value} of some of `APPLY`. */
  async choose(values) {
    const { phase, user } = this.#store.state;
    if (phase !== "in") return this.#apply(values);
    keepUnsent(user.id, { ...unsentOf(user.id), ...values });
    const applied = this.#apply(values);
    await this.#send();
    return applied;
  }

  #look({ phase, settings, line, user }) {
    if (phase !== "in") return void (this.#seen = null);
    const isBack = line === "live" && this.#line !== "live";
    this.#line = line;
    if (settings !== this.#seen) {
      this.#seen = settings;
      this.#apply({ ...settings, ...unsentOf(user.id) });
    }
    if (isBack) this.#send();
  }

  async #send() {
    const { user } = this.#store.state;
    const values = unsentOf(user?.id);
    if (this.#sending || Object.keys(values).length === 0) return;
    this.#sending = true;
    let problem = null;
    try {
      await this.#api.changeSettings(values);
    } catch (error) {
      problem = error;
    }
    this.#sending = false;
    if (problem?.temporary) return; // with the next live line
    // What was chosen meanwhile stays.
    const isSame = ([name, value]) => values[name] === value;
    const rest = Object.entries(unsentOf(user.id)).filter((one) => !isSame(one));
    keepUnsent(user.id, Object.fromEntries(rest));
    if (problem) this.#app.announce(explain(problem), { urgent: true });
    else if (rest.length > 0) await this.#send();
  }

  async #apply(values) {
    const before = storage.get("clock");
    for (const [name, value] of Object.entries(values)) APPLY[name]?.(value);
    const wanted = preferredLanguage();
    if (wanted !== language()) {
      await loadLanguage(wanted).catch(() => this.#app.announce(t("panel.failed"), { urgent: true }));
      this.#app.rebuild(this.#shown());
    } else if (before !== storage.get("clock")) {
      this.#app.show(this.#shown(), { afresh: true });
    }
    dispatchEvent(new Event("settings-applied"));
  }
}

const keep = (name, usual) => (value) => storage.set(name, value === usual ? null : value);

/** How each shows, and where this browser keeps its copy. */
const APPLY = {
  theme(value) {
    keep("theme", "auto")(value);
    const { dataset } = document.documentElement;
    if (value === "auto") delete dataset.theme;
    else dataset.theme = value;
  },
  language: (value) => storage.set("language", value in LANGUAGES ? value : null),
  clock: keep("clock", "auto"),
  send: keep("send", "enter"),
  sound: (value) => storage.set("alerts.sound", value ? null : "off"),
};

/** Of one user: somebody else may be signed in here by now. */
function unsentOf(user) {
  try {
    const { by, values } = JSON.parse(storage.get(UNSENT));
    return by === user ? values : {};
  } catch {
    return {};
  }
}

const keepUnsent = (by, values) =>
  storage.set(UNSENT, Object.keys(values).length > 0 ? JSON.stringify({ by, values }) : null);
