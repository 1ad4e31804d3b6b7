/** Whose session this browser holds, told to all tabs through the one storage that they share.
 *
 * A tab may not have heard yet that somebody else has signed in: it must not post the message of one
 * with the cookie of the other.
 */
import { storage } from "./storage.js";

const NOBODY = "-";

export const owner = {
  set: (user) => storage.set("owner", user),

  /** From before somebody asks to sign in or out until it is known who is. */
  unset: () => storage.set("owner", NOBODY),

  /** True also where nothing is remembered. */
  is: (user) => [null, user].includes(storage.get("owner")),
};
