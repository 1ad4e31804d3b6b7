/** <room-programs>: the hooks by which programs write in a room, and the webhooks that are told what is said. */
import { formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { momentLabel } from "../js/times.js";
import { openDialog } from "./dialog.js";
import { act, ask, button, secret } from "./managing.js";

export const styled = true;

/** The two kinds: what is asked for, and how one is shown. */
const KINDS = {
  hook: {
    words: (part) => t(`programs.hook.${part}`),
    list: "hooks",
    end: "hook_revoke",
    field: { name: "name", maxlength: 64 },
    mark: "link",
    told: ({ url }) => url,
    title: ({ name }) => name,
    about: ({ at }) => h("p", { class: "quiet" }, t("programs.since", { time: momentLabel(at) })),
  },
  webhook: {
    words: (part) => t(`programs.webhook.${part}`),
    list: "webhooks",
    end: "webhook_end",
    field: { name: "url", type: "url", inputmode: "url", maxlength: 1000 },
    mark: "send",
    told: ({ secret: text }) => text,
    title: ({ url }) => url,
    about: health,
  },
};

function health({ ended_at: ended, failing_since: failing, reason }) {
  if (ended) return h("p", { class: "program-fault" }, t("programs.ended", { time: momentLabel(ended) }), why(reason));
  if (failing) return h("p", { class: "program-fault" }, t("programs.failing", { time: momentLabel(failing) }), why(reason));
  return h("p", { class: "quiet" }, t("programs.well"));
}

/** In the words of the server, which are English for everybody. */
const why = (reason) => [" ", h("bdi", { lang: "en" }, reason)];

class RoomPrograms extends HTMLElement {
  #room;

  build(room) {
    this.#room = room.id;
    this.append(...Object.keys(KINDS).map((kind) => this.#section(kind)));
  }

  load() {
    for (const section of this.children) section.load();
  }

  #section(kind) {
    const { words, list, field } = KINDS[kind];
    const label = words(field.name);
    const found = h("ul", { "aria-busy": "true" }, h("li", { class: "skeleton-line", "aria-hidden": "true" }));
    const error = formError();
    const made = h("div");
    const form = h(
      "form",
      { class: "program-make", novalidate: true },
      h("input", { class: "input", autocomplete: "off", placeholder: label, "aria-label": label, ...field }),
      h("button", { class: "button" }, words("make")),
      formError(),
    );
    const section = h(
      "section",
      {},
      h("h3", {}, words("title")),
      h("p", { class: "quiet" }, words("more")),
      form,
      made,
      error,
      found,
    );
    section.load = async () => {
      try {
        const rows = (await ask(this, list, { id: this.#room }))[list].map((one) => this.#row(kind, one, section));
        found.replaceChildren(...rows);
        if (rows.length === 0) found.append(h("li", { class: "quiet" }, words("none")));
        error.textContent = "";
      } catch (problem) {
        found.replaceChildren();
        error.textContent = problem.message;
      }
      found.removeAttribute("aria-busy");
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = { id: this.#room, [field.name]: new FormData(form).get(field.name).trim() };
      act(form, async () => {
        const one = await ask(this, `${kind}_make`, given);
        form.reset();
        made.replaceChildren(secret(words("secret"), KINDS[kind].told(one), words("once")));
        await section.load();
      });
    });
    return section;
  }

  #row(kind, one, section) {
    const { words, end, mark, title, about } = KINDS[kind];
    const gone = () =>
      act(row, async () => {
        await ask(this, end, { id: this.#room, [kind]: one.id });
        await section.load();
        section.querySelector("input").focus();
      });
    const row = h(
      "li",
      { class: "program" },
      icon(mark),
      h(
        "div",
        { class: "found-words" },
        h("p", {}, h("bdi", { class: "found-name" }, title(one))),
        about(one),
        formError(),
      ),
      button(words("end"), gone, { name: `${words("end")}: ${title(one)}` }),
    );
    return row;
  }
}

customElements.define("room-programs", RoomPrograms);

export function openPrograms(app, room) {
  const programs = h("room-programs");
  programs.build(room);
  openDialog(app, t("programs.title", { room: room.name }), programs);
  programs.load();
}
