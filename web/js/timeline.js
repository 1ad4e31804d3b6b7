/** The rows of a room as they are shown: days, the line above what is new, messages. Pure. */
import { dayOf } from "./times.js";

/** Messages of one author within this time stand under one name, in ms. */
const TOGETHER_MS = 5 * 60_000;

/**
 * `messages` sorted by id, `pending` behind them; `since` is the read marker at the room's opening.
 * A row is {key, kind: "day"|"new"|"message", ...}. A key stays the same while a pending message
 * becomes a sent one, so that its element does.
 */
export function timeline({ messages, pending, since, me }) {
  const rows = [];
  let before = null;
  let marked = since === 0;
  const shown = [
    ...messages.map((message) => ({ ...rowOf(message, me), message })),
    ...pending.map((item) => ({ ...pendingRow(item, me), item })),
  ];
  for (const row of shown) {
    const day = dayOf(row.at);
    const otherDay = before === null || day !== before.day;
    if (otherDay) rows.push({ key: `day of ${row.key}`, kind: "day", at: row.at });
    let fresh = false;
    if (!marked && row.id > since && row.author !== me) {
      rows.push({ key: "new", kind: "new" });
      marked = fresh = true;
    }
    const together =
      !otherDay && !fresh && before.author === row.author && row.at - before.at < TOGETHER_MS;
    rows.push({ ...row, lead: !together });
    before = { day, author: row.author, at: row.at };
  }
  return rows;
}

function rowOf(message, me) {
  const { id, at, author, nonce } = message;
  const key = author === me && nonce ? `sent ${nonce}` : `id ${id}`;
  return { key, kind: "message", id, at, author };
}

function pendingRow(item, me) {
  return { key: `sent ${item.nonce}`, kind: "message", id: 0, at: item.at, author: me };
}
