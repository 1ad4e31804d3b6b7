/** The page kept by the browser (service-worker.js): asked for once somebody is in, and renewed when the
 * server is. Not on plain http from another host. */
import { workerUrl } from "./worker-url.js";

export class KeptPage {
  #registration = null;
  #hooks;
  #asked = false;
  #told = false; // that a newer page waits

  /** hooks: `renewed(reload)`: a newer page waits; `reload()` shows it, in all tabs. */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  /** Looks for a newer page; the first time, has this one kept. */
  async look() {
    const workers = navigator.serviceWorker;
    if (!workers) return;
    if (this.#asked) return this.#registration?.update().catch(() => {});
    this.#asked = true;
    const wasKept = Boolean(workers.controller);
    workers.addEventListener("controllerchange", () => wasKept && location.reload());
    try {
      const registration = await workers.register(workerUrl("/service-worker.js"));
      registration.addEventListener("updatefound", () => this.#watch(registration.installing));
      this.#registration = registration;
      this.#tell();
    } catch {
      // Storage may be forbidden: the page is loaded from the server, as ever.
    }
  }

  #watch(worker) {
    worker?.addEventListener("statechange", () => this.#tell());
  }

  #tell() {
    const registration = this.#registration;
    if (this.#told || !registration.waiting || !navigator.serviceWorker.controller) return;
    this.#told = true;
    // A newer one still may have come meanwhile.
    this.#hooks.renewed(() => registration.waiting?.postMessage("take-over"));
  }
}
