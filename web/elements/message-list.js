/** <message-list>: the messages of the open room, from the oldest loaded to those on their way.
 *
 * Whoever reads the newest stays at the newest; whoever reads further up is not moved, whatever
 * comes above or below.
 */
import { t } from "../js/i18n.js";
import { partnerIn, roomName } from "../js/naming.js";
import { composed, pendingIn } from "../js/selectors.js";
import { isFar, timeline } from "../js/timeline.js";
import { emit, h } from "./dom.js";
import { loadExtras, showProgress } from "./extras.js";
import { icon } from "./icons.js";
import { historyHead } from "./list-head.js";
import { MessageActions } from "./message-actions.js";
import { needed, openPanel } from "./panel.js";
import { RowKeeper } from "./row-keeper.js";

const AT_END_PX = 40;
const OLDER_PX = 900;
/** More messages than this are not kept while the reader is at the newest. */
const MANY = 600;

class MessageList extends HTMLElement {
  #head = h("div", { class: "list-head" });
  #rows = h("div", { class: "rows" });
  #column = h("div", { class: "column" }, this.#head, this.#rows);
  #scroller = h("div", { class: "scroller", role: "log", tabindex: "0" }, this.#column);
  #pill = h("button", { class: "pill", hidden: true, onclick: () => this.#jump() });
  #keeper = new RowKeeper(this.#rows);
  #state = null;
  #actions = new MessageActions(this.#scroller, () => this.#state);
  #view = null;
  #placed = false; // the room's first page is in, and scrolled to where reading begins
  #unread = null; // the way to the first unread message, once it is out of sight
  #atEnd = true;
  #endId = 0; // newest message when the end was last in sight
  #gone = new AbortController();

  connectedCallback() {
    this.append(this.#scroller, this.#pill);
    this.#rows.addEventListener("click", ({ target }) => {
      const id = target.closest("[data-user]")?.dataset.user;
      if (id) openPanel(this.closest("tc-app"), "person", "openPerson", this.#state, id);
    });
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sizes = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    sizes.observe(this.#scroller);
    sizes.observe(this.#column);
    const { signal } = this.#gone;
    addEventListener("focus", () => this.#look(), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  update(state, { afresh }) {
    this.#state = state;
    showProgress(this.#rows, state.uploads);
    const view = viewOf(state);
    if (!afresh && sameView(view, this.#view)) return;
    const switched = view.room.id !== this.#view?.room.id;
    if (switched) this.#reset();
    // What is written in another tab does not move what is read in this one.
    const wrote = !switched && document.hasFocus() && hasNew(view.pending, this.#view.pending);
    const hadNews = this.#isFar() || this.#line() !== null;
    const watched = this.#placed && this.#atEnd && !hadNews;
    const place = this.#atEnd ? null : this.#keeper.firstBelow(this.#scroller);
    this.#view = view;

    const { room, page, people, me } = view;
    this.#scroller.setAttribute("aria-label", t("list.title", { room: view.name }));
    this.#scroller.setAttribute("aria-busy", String(page?.status !== "ready"));
    this.#head.replaceChildren(...historyHead(view, (name) => emit(this, name, { room: room.id })));
    const rows = timeline(view);
    this.#keeper.show(rows, { people, me, blocked: view.blocked });
    loadExtras(rows, () => this.isConnected && this.update(this.#state, { afresh: true }));

    if (!this.#placed && page?.status === "ready") this.#begin();
    else if (this.#atEnd || wrote) this.#toEnd();
    else this.#keeper.restore(this.#scroller, place);

    this.#look({ watching: watched || wrote, said: wrote });
    this.#showPills();
    this.#askOlder();
  }

  /** Escape: to the newest, and nothing is new any more. */
  catchUp() {
    this.#toEnd();
    this.#look({ watching: true, said: true });
    this.#showPills();
  }

  #reset() {
    this.#actions.hide();
    this.#keeper.clear();
    this.#placed = false;
    this.#atEnd = true;
    this.#endId = Infinity;
  }

  /** Where reading begins: the line above what is new, or the end. */
  #begin() {
    this.#placed = true;
    this.#endId = this.#newest();
    const line = this.#rows.querySelector(".new-line");
    const { scrollHeight, clientHeight } = this.#scroller;
    this.#scroller.scrollTop = line ? line.offsetTop - clientHeight / 4 : scrollHeight;
    this.#measure();
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
  }

  #jump() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const near = scrollHeight - scrollTop - clientHeight < 3 * clientHeight;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroller.scrollTo({ top: scrollHeight, behavior: near && !calm ? "smooth" : "instant" });
    this.#scroller.focus({ preventScroll: true });
  }

  #scrolled() {
    this.#measure();
    this.#look();
    this.#showPills();
    this.#askOlder();
  }

  #measure() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
  }

  #newest = () => this.#view.page?.messages.at(-1)?.id ?? 0;

  /** Tells what has been seen: the newest message, if it is before open eyes. `watching`: the reader saw
   * it come (or has just written), so that no line need say that it is new. `said`: by what they did. */
  #look({ watching = false, said = false } = {}) {
    if (!this.#placed || !this.#atEnd || !this.#view.page) return;
    const message = this.#newest();
    this.#endId = message;
    if (this.#view.page.messages.length > MANY && !this.#unread?.wanted) {
      emit(this, "history-trim", { room: this.#view.room.id });
    }
    if (message === 0 || document.hidden || !document.hasFocus()) return;
    const room = this.#view.room.id;
    emit(this, "room-seen", { room, message, said });
    if (watching) emit(this, "news-seen", { room, message });
  }

  #askOlder() {
    const { page, room } = this.#view;
    const near = this.#scroller.scrollTop < OLDER_PX;
    if (this.#placed && near && page?.more && page.older === "idle") {
      emit(this, "history-older", { room: room.id });
    }
  }

  /** The first unread message is not loaded. */
  #isFar() {
    const { page, since } = this.#view ?? {};
    return Boolean(page) && isFar(page, since);
  }

  #line = () => this.#rows.querySelector(".new-line");

  async #offerUnread() {
    this.#unread = { show() {} }; // while it is loaded
    const handlers = {
      reach: () =>
        emit(this, "history-reach", { room: this.#view.room.id, message: this.#view.since }),
      arrived: () => this.#measure(),
      caughtUp: () => this.catchUp(),
    };
    const { UnreadJump } = await needed("unread-jump");
    this.#unread = new UnreadJump(this.#scroller, handlers);
    this.prepend(this.#unread.element);
    this.#showPills();
  }

  #showPills() {
    const { page, me, since } = this.#view;
    if (this.#unread) this.#unread.show(this.#view);
    else if (this.#placed && since > 0 && (this.#isFar() || this.#line())) this.#offerUnread();
    this.#pill.hidden = this.#atEnd || !this.#placed;
    if (this.#pill.hidden) return;
    const count = page.messages.filter(
      ({ id, author, deleted }) => id > this.#endId && author !== me && !deleted,
    ).length;
    const words = count > 0 ? t("list.new", { count }) : t("list.newest");
    this.#pill.classList.toggle("pill-news", count > 0);
    this.#pill.replaceChildren(icon("down", 18), h("span", {}, words));
  }
}

function viewOf(state) {
  const room = state.rooms[state.open];
  const page = state.pages[room.id];
  const { people, since, user, blocked } = state;
  const messages = page?.messages ?? [];
  const losses = page?.losses ?? [];
  const pending = pendingIn(state, room.id);
  const about = composed(state)?.id ?? null;
  const name = roomName(state, room);
  const partner = partnerIn(state, room);
  const named = { room, name, partner, people, blocked, me: user.id };
  const more = page?.more ?? false;
  return { ...named, page, more, messages, losses, pending, since, composed: about };
}

function sameView(view, other) {
  if (!other || view.room.id !== other.room.id) return false;
  if (view.room.description !== other.room.description || view.name !== other.name)
    return false;
  const pendingSame =
    view.pending.length === other.pending.length &&
    view.pending.every((item, i) => item === other.pending[i]);
  return pendingSame && ["page", "people", "blocked", "since", "me", "composed"].every((key) => view[key] === other[key]);
}

const isPending = ({ status }) => status === "pending";

function hasNew(pending, before) {
  const waited = new Set(before.filter(isPending).map(({ nonce }) => nonce));
  return pending.some((item) => isPending(item) && !waited.has(item.nonce));
}

customElements.define("message-list", MessageList);
