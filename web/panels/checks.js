/** What the server will refuse, told before it is asked, in the reader's language: a words' key or null.
 * The server's own rules are stricter in rare cases, and have the last word. */

const USERNAME = /^[\p{L}\p{Nd}\p{M}._-]{2,32}$/u;
const lengthOf = (text) => Array.from(text).length;

export function checkSignUp({ username, password, display_name: shown = "" }) {
  const name = username.normalize("NFKC");
  if (!USERNAME.test(name) || !/^[\p{L}\p{Nd}._-]/u.test(name)) return "check.username";
  if (lengthOf(shown.trim()) > 64) return "check.display_name";
  return checkPassword(password, username);
}

export function checkPassword(password, username) {
  const length = lengthOf(password);
  if (length < 8) return "reason.password_short";
  if (length > 256) return "reason.password_long";
  return password.toLowerCase() === username.toLowerCase() ? "reason.password_name" : null;
}

export function checkSignIn({ username, password }) {
  return username.trim() === "" || password === "" ? "check.sign_in" : null;
}

export function checkRoom({ name, description }) {
  if (name === "" || lengthOf(name) > 64) return "check.room_name";
  return lengthOf(description) > 500 ? "check.room_description" : null;
}
