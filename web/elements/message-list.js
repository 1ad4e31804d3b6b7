/** <message-list>: the messages of the open room, from the oldest loaded to those on their way; or (`away`)
 * a part of its history that was jumped to.
 *
 * Whoever reads the newest stays at the newest; whoever reads further up is not moved, whatever comes above or below.
 */
import { LONGEST } from "../js/history.js";
import { t } from "../js/i18n.js";
import { firstSight, insist } from "../js/late.js";
import { partnerIn, roomName } from "../js/naming.js";
import { composed, isStaff, originalOf, pendingIn, shownPage } from "../js/selectors.js";
import { isFar, timeline } from "../js/timeline.js";
import { emit, h } from "./dom.js";
import { loadExtras, showProgress } from "./extras.js";
import { icon } from "./icons.js";
import { historyFoot, historyHead } from "./list-head.js";
import { needed, openPanel } from "./panel.js";
import { quoting } from "./quoting.js";
import { RowKeeper } from "./row-keeper.js";

const AT_END_PX = 40;
const OLDER_PX = 900;

class MessageList extends HTMLElement {
  #head = h("div", { class: "list-head" });
  #rows = h("div", { class: "rows" });
  #foot = h("div", { class: "list-foot" });
  #column = h("div", { class: "column" }, this.#head, this.#rows, this.#foot);
  #scroller = h("div", { class: "scroller", role: "log", tabindex: "0" }, this.#column);
  #pill = h("button", { class: "pill", hidden: true, onclick: () => this.#jump() });
  #keeper = new RowKeeper(this.#rows);
  #state = null;
  #actions = null;
  #view = null;
  #placed = false; // the room's first page is in, and scrolled to where reading begins
  #unread = null; // the way to the first unread message, once it is out of sight
  #atEnd = true;
  #place = null; // what is first in sight, and where: it stays there whatever comes or changes above it
  #endId = 0; // newest message when the end was last in sight
  #target = null; // the jump that was made last
  #gone = new AbortController();

  connectedCallback() {
    this.append(this.#scroller, this.#pill);
    this.#rows.addEventListener("click", ({ target }) => {
      const id = target.closest("[data-user]")?.dataset.user;
      if (id) openPanel(this.closest("tc-app"), "person", "openPerson", this.#state, id);
    });
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sizes = new ResizeObserver(() => this.#settle());
    sizes.observe(this.#scroller);
    sizes.observe(this.#column);
    addEventListener("focus", () => this.#look(), this.#gone);
    document.addEventListener("visibilitychange", () => this.#look(), this.#gone);
    this.#loadActions();
  }

  async #loadActions() {
    await firstSight;
    const actions = await insist((again) => import(`../later/message-actions.js${again}`));
    this.#actions = new actions.MessageActions(this.#scroller, () => this.#state);
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
    const wrote = !switched && !view.away && document.hasFocus() && hasNew(view.waits, this.#view.waits);
    const hadNews = this.#isFar() || this.#line() !== null;
    const watched = this.#placed && this.#atEnd && !hadNews;
    const wasAway = !switched && this.#view.away;
    if (view.away) this.#atEnd = false;
    this.#measurePlace();
    this.#view = view;

    const { room, page, people, me } = view;
    const ask = (name) => emit(this, name, { room: room.id });
    this.#scroller.setAttribute("aria-label", t("list.title", { room: view.name }));
    this.#scroller.setAttribute("aria-busy", String(page?.status !== "ready"));
    this.#head.replaceChildren(...historyHead(view, ask));
    this.#foot.replaceChildren(...historyFoot(view, ask));
    const rows = timeline({ ...view, target: view.target?.id });
    const quotes = rows.some(({ message, item }) => (message ?? item)?.reply_to) ? this.#quotes() : null;
    const hadFocus = this.#rows.contains(document.activeElement);
    this.#keeper.show(rows, { people, me, quotes, blocked: view.blocked, staff: view.staff });
    this.#actions?.renew();
    // The row that had it may have been let go.
    if (hadFocus && !this.#rows.contains(document.activeElement)) this.#scroller.focus({ preventScroll: true });
    loadExtras(rows, () => this.isConnected && this.update(this.#state, { afresh: true }));

    if (!this.#placed && page?.status === "ready") this.#begin();
    else if (this.#atEnd || wrote) this.#toEnd();
    else if (!this.#keeper.restore(this.#scroller, this.#place) && wasAway && !view.away) this.#toEnd();
    if (view.target !== this.#target) this.#showTarget();

    this.#look({ watching: watched || wrote, said: wrote });
    this.#showPills();
    this.#askMore();
    this.#narrow();
  }

  #quotes = () => quoting(() => this.update(this.#state, { afresh: true }));

  /** Escape: to the newest, and nothing is new any more. */
  catchUp() {
    if (this.#view.away) return emit(this, "place-leave");
    this.#toEnd();
    this.#look({ watching: true, said: true });
    this.#showPills();
  }

  #reset() {
    this.#actions?.hide();
    this.#keeper.clear();
    this.#placed = false;
    this.#atEnd = true;
    this.#endId = Infinity;
  }

  /** The message that was jumped to, as soon as it is there, in the middle. */
  #showTarget() {
    const { target } = this.#view;
    const row = target && this.#rows.querySelector(`.message[data-id="${target.id}"]`);
    if (target && !(row && this.#placed)) return;
    this.#target = target;
    if (!row) return;
    const { clientHeight } = this.#scroller;
    this.#scroller.scrollTop = row.offsetTop - Math.max(0, clientHeight - row.offsetHeight) / 3;
    this.#measure();
    row.focus({ preventScroll: true });
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
    this.#scroller.focus({ preventScroll: true });
    if (this.#view.away) return emit(this, "place-leave");
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const near = scrollHeight - scrollTop - clientHeight < 3 * clientHeight;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroller.scrollTo({ top: scrollHeight, behavior: near && !calm ? "smooth" : "instant" });
  }

  #scrolled() {
    this.#measure();
    this.#look();
    this.#showPills();
    this.#askMore();
  }

  #measure() {
    this.#atEnd = !this.#view.away && this.#below() < AT_END_PX;
    this.#measurePlace();
  }

  #measurePlace() {
    this.#place = this.#atEnd ? null : this.#keeper.firstBelow(this.#scroller);
  }

  /** Something has another height now: the window, or a row, be it by a picture that has come. */
  #settle() {
    if (this.#atEnd) this.#toEnd();
    else this.#keeper.restore(this.#scroller, this.#place);
  }

  /** Only what is near is kept, and has elements; and a message that is being edited. */
  #narrow() {
    const { page, room } = this.#view;
    if (!this.#placed || this.#state.composing || page.messages.length <= LONGEST) return;
    if (this.#atEnd) return emit(this, "history-trim", { room: room.id });
    if (this.#place) emit(this, "history-narrow", { room: room.id, near: this.#place.id || Infinity });
  }

  #below() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #newest = () => this.#view.live?.messages.at(-1)?.id ?? 0;

  /** Tells what has been seen: the newest message, if it is before open eyes. `watching`: the reader saw
   * it come (or has just written), so that no line need say that it is new. `said`: by what they did. */
  #look({ watching = false, said = false } = {}) {
    if (!this.#placed || !this.#atEnd || !this.#view.page) return;
    const message = this.#newest();
    this.#endId = message;
    emit(this, "newest-reached");
    if (message === 0 || document.hidden || !document.hasFocus()) return;
    const room = this.#view.room.id;
    emit(this, "room-seen", { room, message, said });
    if (watching) emit(this, "news-seen", { room, message });
  }

  #askMore() {
    const { page, room, away } = this.#view;
    const near = this.#scroller.scrollTop < OLDER_PX;
    if (this.#placed && near && page?.more && page.older === "idle") {
      emit(this, "history-older", { room: room.id });
    }
    if (this.#placed && away && page.later === "idle" && this.#below() < OLDER_PX) {
      emit(this, "history-later", { room: room.id });
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
      reach: (missed) =>
        emit(this, "history-reach", { room: this.#view.room.id, message: this.#view.since, missed }),
      arrived: () => this.#measure(),
      caughtUp: () => this.catchUp(),
    };
    const { UnreadJump } = await needed("unread-jump");
    this.#unread = new UnreadJump(this.#scroller, handlers);
    this.prepend(this.#unread.element);
    this.#showPills();
  }

  #showPills() {
    const { live, me, since } = this.#view;
    if (this.#unread) this.#unread.show(this.#view);
    else if (this.#placed && since > 0 && (this.#isFar() || this.#line())) this.#offerUnread();
    this.#pill.hidden = this.#atEnd || !this.#placed;
    if (this.#pill.hidden) return;
    const isNews = ({ id, author, deleted }) => id > this.#endId && author !== me && !deleted;
    const count = live?.messages.filter(isNews).length ?? 0;
    const words = count > 0 ? t("list.new", { count }) : t("list.newest");
    this.#pill.classList.toggle("pill-news", count > 0);
    this.#pill.replaceChildren(icon("down", 18), h("span", {}, words));
  }
}

function viewOf(state) {
  const room = state.rooms[state.open];
  const live = state.pages[room.id];
  const page = shownPage(state, room.id);
  const away = page !== null && page === state.detour;
  const { people, since, user, blocked } = state;
  const messages = page?.messages ?? [];
  const losses = away ? [] : (page?.losses ?? []);
  const waits = pendingIn(state, room.id);
  const pending = away ? [] : waits;
  const about = composed(state)?.id ?? state.answering[room.id] ?? null;
  const target = state.target?.room === room.id ? state.target : null;
  const name = roomName(state, room);
  const partner = partnerIn(state, room);
  const named = { room, name, partner, people, blocked, me: user.id, staff: isStaff(room, user) };
  const more = page?.more ?? false;
  const originals = state.originals[room.id];
  const seen = { live, page, more, away, messages, losses, waits, pending, originals, since };
  return { ...named, ...seen, composed: about, target, originalOf: (id) => originalOf(state, room.id, id) };
}

const SEEN = ["page", "blocked", "live", "originals", "people", "since", "me", "composed", "target"];

function sameView(view, other) {
  if (!other || view.room.id !== other.room.id) return false;
  if (view.room.description !== other.room.description || view.name !== other.name)
    return false;
  const pendingSame =
    view.waits.length === other.waits.length && view.waits.every((item, i) => item === other.waits[i]);
  return pendingSame && SEEN.every((key) => view[key] === other[key]);
}

const isPending = ({ status }) => status === "pending";

function hasNew(pending, before) {
  const waited = new Set(before.filter(isPending).map(({ nonce }) => nonce));
  return pending.some((item) => isPending(item) && !waited.has(item.nonce));
}

customElements.define("message-list", MessageList);
