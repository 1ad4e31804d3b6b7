/** The outbox with all that it takes: where it keeps its items, and whose turn it is to send. */
import { OutboxStore } from "./outbox-store.js";
import { Outbox } from "./outbox.js";
import { turnsBy } from "./turns.js";

/** `parts`: what of Outbox's parts is the page's. */
export function outboxWith(parts) {
  const store = new OutboxStore();
  return new Outbox({ ...parts, store, turn: turnsBy(store) });
}
