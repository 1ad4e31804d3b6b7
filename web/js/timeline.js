/** The rows of a room as they are shown: days, the line above what is new, messages, losses. Pure. */
import { dayOf } from "./times.js";

/** Messages of one author within this time stand under one name, in ms. */
const TOGETHER_MS = 5 * 60_000;

/**
 * `messages` sorted by id, `pending` behind them; `losses` are the places where messages of others were
 * lost; `since` is the read marker at the room's opening.
 * `more`: there are older messages.
 * `composed` is the id of the message that the composer is about, `target` of the one that was jumped to;
 * `originalOf(id)` gives a message that is answered.
 * A row is {key, kind: "day"|"new"|"loss"|"message", ...}. A key stays the same while a pending message
 * becomes a sent one, so that its element does.
 */
export function timeline(view) {
  const { messages, pending, losses = [], since, me, more = false } = view;
  const { composed = null, target = null, originalOf = () => null } = view;
  const rows = [];
  const unsaid = [...losses];
  let last = null;
  // Where the first unread message is not loaded, the line would stand in the wrong place.
  let marked = since === 0 || isFar({ messages, more }, since);
  const shown = [
    ...messages.map((message) => ({ ...rowOf(message, me), message })),
    ...pendingRows(pending, me),
  ];
  const sayLosses = (before) => {
    while (unsaid.length > 0 && unsaid[0].id < before) {
      const { id, count } = unsaid.shift();
      rows.push({ key: `loss ${id}`, kind: "loss", count });
      if (last) last = { ...last, author: null };
    }
  };
  for (const row of shown) {
    sayLosses(row.id || Infinity);
    const day = dayOf(row.at);
    const otherDay = last === null || day !== last.day;
    if (otherDay) rows.push({ key: `day of ${row.key}`, kind: "day", at: row.at });
    let fresh = false;
    if (!marked && row.id > since && row.author !== me) {
      rows.push({ key: "new", kind: "new" });
      marked = fresh = true;
    }
    const together =
      !otherDay && !fresh && last.author === row.author && row.at - last.at < TOGETHER_MS;
    const { reply_to } = row.message ?? row.item;
    const original = reply_to && originalOf(reply_to);
    rows.push({ ...row, original, lead: !together, composed: row.id !== 0 && row.id === composed, target: row.id !== 0 && row.id === target });
    last = { day, author: row.author, at: row.at };
  }
  sayLosses(Infinity);
  return rows;
}

/** Whether what came after `since` begins before all that is loaded. */
export const isFar = ({ messages, more }, since) => since > 0 && more && messages[0]?.id > since;

function rowOf(message, me) {
  const { id, at, author, nonce } = message;
  const key = author === me && nonce ? `sent ${nonce}` : `id ${id}`;
  return { key, kind: "message", id, at, author };
}

/** `waits`: a try has failed, of this message or of one before it, which must go first. */
function pendingRows(pending, me) {
  let waits = false;
  return pending.map((item) => {
    waits ||= item.status === "pending" && Boolean(item.error);
    const key = `sent ${item.nonce}`;
    return { key, kind: "message", id: 0, at: item.at, author: me, item, waits };
  });
}
