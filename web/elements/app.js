/** <tc-app>: the page. Shows the state by handing it down; what people do bubbles up as events. */
import { attention, titleOf } from "../js/attention.js";
import { t } from "../js/i18n.js";
import { firstSight } from "../js/late.js";
import { placeIn } from "../js/route.js";
import "./connection-banner.js";
import { emit, h } from "./dom.js";
import "./notice-board.js";
import { needed, openPanel } from "./panel.js";
import "./room-list.js";
import "./room-view.js";

const splash = () =>
  h(
    "div",
    { class: "splash" },
    h("img", { src: "/icon.svg", alt: "", width: 72, height: 72 }),
    h("p", { class: "visually-hidden" }, t("app.loading")),
  );

const PHASES = {
  loading: () => [splash()],
  welcome: () => [h("sign-in", {}, splash())],
  in: () => [h("room-list"), h("room-view")],
};

class TornchatApp extends HTMLElement {
  #body = h("div", { class: "panes" });
  #banner = h("connection-banner");
  #notices = h("notice-board");
  #phase = null;
  #seen = null;
  #badged = "0 false";

  connectedCallback() {
    this.append(this.#banner, this.#body, this.#notices);
    this.addEventListener("click", (event) => this.#follow(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    followKeyboard();
  }

  show(state, { afresh = false } = {}) {
    // Signed out with the server not known yet: the form cannot say what it offers.
    const phase = state.phase === "welcome" && !state.server ? "loading" : state.phase;
    if (phase !== this.#phase) {
      this.#phase = phase;
      for (const dialog of this.querySelectorAll("dialog")) dialog.close();
      this.#body.replaceChildren(...PHASES[phase]());
      if (phase === "welcome") needed("sign-in").then(() => this.show(this.#seen, { afresh: true }));
    }
    if (afresh) this.#seen = null;
    if (state === this.#seen) return;
    this.#seen = state;
    this.dataset.pane = state.open ? "room" : "rooms";
    this.#banner.update(state);
    for (const child of this.#body.children) child.update?.(state, { afresh });
    // A dialog that was closed above is still there.
    if (phase === "in") for (const panel of this.querySelectorAll("dialog [data-live]")) panel.update(state);
    document.title = titleOf(state);
    this.#badge(attention(state));
  }

  /** The icon of the page shows what waits to be read. */
  async #badge({ count, others }) {
    const badge = `${count} ${others}`;
    if (badge === this.#badged) return;
    this.#badged = badge;
    await firstSight;
    const { showBadge } = await needed("badge");
    await showBadge({ count, others });
  }

  /** Builds everything anew, in another language. */
  rebuild(state) {
    this.#phase = null;
    this.#banner.rebuild();
    this.show(state, { afresh: true });
  }

  /** Says something that has no place of its own: read aloud, and (unless `unseen`) shown a while.
   * `act` and the answer: see <notice-board>. */
  announce(text, { urgent = false, unseen = false, act = null } = {}) {
    return this.#notices.add(text, { urgent, unseen, act });
  }

  /** Opens the search, perhaps with something in it. */
  search(query = "") {
    openPanel(this, "search", "openSearch", this.#seen, query);
  }

  /** A link to a place of this page is followed within it. */
  #follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const hash = placeIn(link.href);
    if (!hash) return;
    event.preventDefault();
    emit(this, "place-open", { hash });
  }

  #key(event) {
    if (this.#phase !== "in" || this.querySelector("dialog[open]")) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "k") {
      event.preventDefault();
      openPanel(this, "switcher", "openSwitcher", this.#seen);
    } else if (plain && event.key === "?" && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      openPanel(this, "keys", "openKeys");
    } else if (this.#seen.going.length > 0 && isUndo(event)) {
      event.preventDefault();
      emit(this, "undo");
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      emit(this, "room-step", { step: event.key === "ArrowDown" ? 1 : -1 });
    } else if (event.key === "Escape" && event.shiftKey) {
      emit(this, "rooms-read");
    } else if (event.key === "Escape" && !event.isComposing) {
      this.querySelector("message-list")?.catchUp();
    } else if (isSearchKey(event, plain)) {
      event.preventDefault();
      this.search();
    } else if (plain && event.key.length === 1 && event.target === document.body) {
      this.querySelector("message-composer")?.focus();
    }
  }
}

/** Ctrl + Shift + F anywhere, or a stroke where it would not be written. */
function isSearchKey(event, plain) {
  if (plain) return event.key === "/" && event.target === document.body;
  return (event.ctrlKey || event.metaKey) && event.shiftKey && event.code === "KeyF";
}

const isUndo = ({ ctrlKey, metaKey, shiftKey, key, target }) =>
  (ctrlKey || metaKey) && !shiftKey && key === "z" && !target.matches("input, textarea");

/** iOS lays its keyboard over the page: the page must end where the keyboard begins. */
function followKeyboard() {
  const seen = window.visualViewport;
  if (!seen || !matchMedia("(pointer: coarse)").matches) return;
  seen.addEventListener("resize", () => {
    if (seen.scale > 1) return;
    document.documentElement.style.setProperty("--page-height", `${seen.height}px`);
    scrollTo(0, 0);
  });
}

customElements.define("tc-app", TornchatApp);
