/** What an item of the outbox is at first, and what of an error is kept in one. Pure. */
import { uuid } from "../js/ids.js";

/** `more`: what else the message has: `files`, each {key, name, type, size, blob, id once it is sent}. */
export const blank = (user, room, body, at, more = {}) => ({
  user,
  room,
  body,
  ...more,
  at,
  status: "pending",
  error: null,
  attempts: 0,
  tried: 0,
  next: 0,
  lost: 0,
  kept: true,
});

/** An error as it can be kept. */
export const plain = ({ code = "unknown", detail = "", reason, values, temporary = true }) => ({
  code,
  detail,
  reason,
  values,
  temporary,
});

/** An item that is to be tried again: what the server does not have any more is sent once more. */
export function anew({ files, ...item }) {
  if (!files) return item;
  if (item.error.code !== "file_gone") return { ...item, files };
  const unsent = ({ id: _id, ...file }) => ({ ...file, key: uuid() });
  return { ...item, files: files.map((file) => (file.blob ? unsent(file) : file)) };
}
