/** Notifications of this browser, of its own tabs and by push: loaded where somebody wants them.
 *
 * Wishes belong to the device, and are kept in its storage: `alerts` ("on"), `alerts.text` ("off"), `alerts.quiet` (until when, in unix ms), `push` (the id of who takes pushes).
 */
import { api } from "./api.js";
import { storage } from "./storage.js";

export class Alerts {
  #store;
  #teller = null; // panels/alerts.js, once it is wanted

  constructor(store) {
    this.#store = store;
  }

  /** Somebody is in, or has chosen. */
  begin() {
    if (storage.get("alerts") === "on") this.#load();
    if (storage.get("push") === this.#store.state.user.id) this.push("renew").catch(() => {});
  }

  event(event) {
    this.#teller?.event(event);
  }

  /** `name`: what panels/pushing.js is to do: begin, renew or end. */
  async push(name) {
    const pushing = await import("../panels/pushing.js");
    return pushing[name](api, this.#store.state.user.id);
  }

  async #load() {
    if (this.#teller) return;
    const { Teller } = await import("../panels/alerts.js");
    this.#teller ??= new Teller(this.#store);
  }
}
