/** What people do to reach each other: find somebody, open a direct room. */
import { explain } from "../explain.js";
import { hashOf } from "../route.js";
import { attempt } from "./attempt.js";

export const directHandlers = ({ store, rooms }) => ({
  /** `people`: those to write to, with their names. */
  "direct-open": ({ people, settle }) =>
    attempt(settle, async () => {
      store.dispatch({ type: "people.came", users: people });
      const room = await rooms.direct(people.map(({ id }) => id));
      location.hash = hashOf(room.id);
    }),

  /** Answers by `found(people)`, or `found([], words)` where nobody could be asked. */
  "people-find": async ({ prefix, found }) => {
    try {
      found(await rooms.findPeople(prefix));
    } catch (error) {
      found([], explain(error));
    }
  },
});
