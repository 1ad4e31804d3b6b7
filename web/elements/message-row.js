/** The elements of one row of a room: a day, the line above what is new, a loss, a message. */
import { explain } from "../js/explain.js";
import { t } from "../js/i18n.js";
import { isFor } from "../js/mentions.js";
import { clock, dayLabel, fullLabel, timeLabel } from "../js/times.js";
import { avatar, nameOf } from "./avatar.js";
import { emit, h } from "./dom.js";
import { buildExtras, extrasOf } from "./extras.js";
import { icon } from "./icons.js";
import { prose, typedProse } from "./prose.js";
import { reactions, whoReacted } from "./reactions.js";

/** What a row's element is made from: where none of it changed, the element stays. */
export function ingredients(row, { people, me, blocked, quotes }) {
  if (row.kind === "day") return [dayLabel(row.at)];
  if (row.kind === "new") return [];
  if (row.kind === "loss") return [row.count];
  const person = people[row.author];
  const { nonce, status, error, kept } = row.item ?? {};
  const state = [clock(), nonce, status, row.waits, error?.code, error?.detail, kept];
  const { html, version, reactions: given, pinned } = row.message ?? {};
  const { reply_to: id, reply_author } = row.message ?? row.item ?? {};
  const author = row.original?.author ?? reply_author;
  const quoted = (id && quotes?.quoteIngredients(row.original, author, { people, blocked })) || [];
  const pinner = pinned && people[pinned.by] && nameOf(people[pinned.by]);
  const reacted = given && whoReacted(given, { people, me });
  const looks = [row.composed, row.target, row.lead, pinner, person && nameOf(person), person?.avatar, person?.bot];
  return [html, version, reacted, extrasOf(row), ...looks, ...state, blocked.includes(row.author), ...quoted];
}

/** `context`: {people, me, blocked, quotes}, where `quotes` shows what is answered (quoting.js), or is not loaded
 * yet. */
export function buildRow(row, context) {
  if (row.kind === "day") {
    return h("div", { class: "day", role: "separator" }, h("span", {}, dayLabel(row.at)));
  }
  if (row.kind === "new") {
    return h("div", { class: "new-line", role: "separator" }, h("span", {}, t("list.new_line")));
  }
  if (row.kind === "loss") {
    return h("p", { class: "loss" }, icon("alert", 16), h("span", {}, t("list.loss", row)));
  }
  return buildMessage(row, context.people[row.author] ?? { id: row.author }, context);
}

function buildMessage(row, author, context) {
  const classes = ["message"];
  if (row.lead) classes.push("lead");
  if (row.item) classes.push(row.item.status);
  if (row.composed) classes.push("composed");
  if (row.target) classes.push("target");
  const answer = row.message ?? row.item;
  const folded = context.blocked.includes(row.author);
  if (row.message && !folded && isFor(row.message, context.me)) classes.push("for-me");
  const said = [
    answer.reply_to && context.quotes?.quote(answer, row.original, context),
    row.item ? row.item.body && typedProse(row.item.body) : rendered(row.message, context.me),
    buildExtras(row, context),
    row.message?.reactions && reactions(row.message, context),
  ].flat().filter(Boolean);
  const name = nameOf(author);
  return h(
    "article",
    {
      class: classes.join(" "),
      "data-id": row.id || null,
      tabindex: row.id ? "-1" : null,
      "aria-label": row.lead ? null : `${name}, ${timeLabel(row.at)}`,
      // My own words need not be read back to me.
      "aria-live": row.author === context.me ? "off" : null,
    },
    h("div", { class: "gutter" }, row.lead ? avatar(author) : time(row.at, true)),
    h(
      "div",
      { class: "words" },
      row.message?.pinned && pinnedMark(row.message.pinned, context),
      row.lead && by(author, row.at),
      folded ? h("details", { class: "folded" }, h("summary", {}, t("message.blocked")), ...said) : said,
      row.item ? state(row.item, row.waits) : "",
    ),
  );
}

function by(person, at) {
  const name = nameOf(person);
  // Not a stop of the Tab key: there would be hundreds, and the list of members has the same.
  const about = { type: "button", class: "author", tabindex: "-1", "data-user": person.id };
  const author = name ? h("button", about, h("bdi", {}, name)) : h("span", { class: "skeleton-name" });
  const bot = person.bot && h("span", { class: "tag" }, t("person.bot"));
  return h("header", { class: "by" }, author, " ", bot, " ", time(at, false));
}

function time(at, hidden) {
  const iso = new Date(at).toISOString();
  return h(
    "time",
    { datetime: iso, title: fullLabel(at), "aria-hidden": hidden ? "true" : null },
    timeLabel(at),
  );
}

function pinnedMark({ by: user, at }, { people }) {
  const words = people[user] ? t("pins.by", { name: nameOf(people[user]) }) : t("pins.mark");
  return h("p", { class: "pinned-mark", title: fullLabel(at) }, icon("pin", 14), words);
}

function rendered(message, me) {
  const { edited, html, deleted, deleted_by: by } = message;
  if (deleted) return h("p", { class: "tombstone" }, t(by ? "message.removed" : "message.deleted"));
  return [
    html && prose(message, me),
    edited && h("span", { class: "edited", title: fullLabel(edited) }, t("message.edited")),
  ];
}

/** How far a message of mine has come, and what can be done where it goes no further. */
function state({ nonce, status, room, body, reply_to, files = [], error, kept }, waits) {
  const unkept = kept ? "" : ` ${t("send.unkept")}`;
  if (status === "pending") {
    const words = t(waits ? "send.waiting" : "send.pending");
    const cancel = ({ target }) => emit(target, "message-cancel", { nonce, files });
    const stop = files.length > 0 && h("button", { class: "link-button", onclick: cancel }, t("files.cancel"));
    return h("p", { class: waits ? "state" : "state state-late" }, words, unkept, stop);
  }
  const act = (name, then) => (event) => {
    const composer = event.target.closest("room-view").querySelector("message-composer");
    if (then) then(composer);
    emit(event.target, name, { nonce });
    composer.focus();
  };
  const button = (key, onclick) => h("button", { class: "link-button", onclick }, t(key));
  const isLost = error.code === "not_stored";
  const answered = error.code === "no_original" ? null : reply_to;
  const why = isLost ? t("send.lost") : `${t("send.failed")} ${explain(error)}`;
  return h(
    "p",
    { class: "state" },
    h("span", { class: "why" }, icon("alert", 16), h("span", {}, why, unkept)),
    button(isLost ? "send.again" : "send.retry", act("message-retry")),
    button("send.edit", act("message-discard", (composer) => {
      composer.takeUp(body, answered);
      if (files.length > 0) emit(composer, "files-again", { room, files });
    })),
    button("send.discard", act("message-discard")),
  );
}
