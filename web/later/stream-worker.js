/** The SharedWorker that holds the stream where tabs cannot elect a leader. Its name is the channel's. */
import { api } from "../js/api.js";
import { Source } from "./source.js";

const channel = new BroadcastChannel(globalThis.name);
const source = new Source({ say: (message) => channel.postMessage(message), poll: api.events });

channel.addEventListener("message", ({ data }) => source.hear(data));
// Whoever asked while this was loading was not heard.
channel.postMessage({ type: "lead" });
