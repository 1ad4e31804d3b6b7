/** Searching messages: asks the server, and learns the names of those who wrote what it found. */
import { explain } from "../js/explain.js";

export const handlers = ({ store, api }) => ({
  /** `found(answer)`, or `found(null, words)` of what went wrong. */
  "messages-search": async ({ query, before, found }) => {
    try {
      const answer = await api.search(query, before);
      const lines = Object.values(answer.beside).flat().filter(Boolean);
      const authors = new Set([...answer.messages, ...lines].map(({ author }) => author));
      const unknown = [...authors].filter((id) => !store.state.people[id]).slice(0, 100);
      if (unknown.length > 0) {
        store.dispatch({ type: "people.came", ...(await api.usersById(unknown)) });
      }
      found(answer);
    } catch (error) {
      found(null, explain(error));
    }
  },
});
