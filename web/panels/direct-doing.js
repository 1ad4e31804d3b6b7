/** What people do to reach each other, or not: find somebody, open a direct room, block. */
import { explain } from "../js/explain.js";
import { hashOf } from "../js/route.js";
import { attempt } from "../js/doing/attempt.js";

export const handlers = ({ store, rooms, api }) => ({
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

  "person-block": ({ id, block, settle }) => attempt(settle, () => api.block(id, block).then(() => undefined)),

  "blocked-list": async ({ found }) => {
    try {
      found((await api.blocks()).users);
    } catch (error) {
      found([], explain(error));
    }
  },
});
