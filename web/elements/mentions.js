/** What the server marked in a text as naming somebody, or a room: made to look and work like it. */
import { EVERYBODY } from "../js/mentions.js";
import { hashOf } from "../js/route.js";
import { h } from "./dom.js";

/** Changes the element of a message's text; `me` is my id. */
export function withMentions(prose, me) {
  for (const mention of prose.querySelectorAll(".mention")) {
    const { room, user } = mention.dataset;
    if (room) mention.replaceWith(h("a", { class: "mention", href: hashOf(room) }, mention.textContent));
    else if (user === me || user === EVERYBODY) mention.classList.add("mention-me");
  }
}
