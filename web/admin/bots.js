/** Programs that have an account: make one, see its token once, close it. */
import { avatar, nameOf } from "../elements/avatar.js";
import { field, formError, h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { act, ask, button, secret } from "../panels/managing.js";
import { bones, tag } from "./parts.js";

export function botsSection(section) {
  const list = h("ul", { class: "admin-list", "aria-busy": "true" }, bones(3));
  const error = formError();
  const made = h("div");
  const load = async () => {
    try {
      const { bots } = await ask(section, "bots");
      list.replaceChildren(...bots.map((bot) => entry(section, bot)));
      if (bots.length === 0) list.append(h("li", { class: "found-none quiet" }, t("admin.bots.none")));
      error.textContent = "";
    } catch (problem) {
      list.replaceChildren();
      error.textContent = problem.message;
    }
    list.removeAttribute("aria-busy");
  };
  const make = (event) => {
    event.preventDefault();
    const form = event.target;
    const values = Object.fromEntries(new FormData(form));
    act(form, async () => {
      const { user, token } = await ask(section, "bot_make", values);
      form.reset();
      made.replaceChildren(
        secret(t("admin.bots.token", { name: isolatedName(user) }), token, t("admin.bots.token.once")),
      );
      await load();
    });
  };
  section.append(
    h("p", { class: "quiet" }, t("admin.bots.more")),
    h(
      "form",
      { class: "admin-make", novalidate: true, onsubmit: make },
      field("field.username", { name: "username", autocomplete: "off", autocapitalize: "none", spellcheck: "false" }),
      field("admin.bots.name", { name: "display_name", autocomplete: "off" }),
      h("button", { class: "button button-main" }, t("admin.bots.make")),
      formError(),
    ),
    made,
    error,
    list,
  );
  load();
}

const isolatedName = (user) => `@${user.username}`;

function entry(section, bot) {
  const row = h("li", { class: "admin-plain" });
  const end = () =>
    act(row, async () => {
      await ask(section, "bot_end", { id: bot.id });
      bot.disabled = true;
      draw();
    });
  const draw = () =>
    row.replaceChildren(
      avatar(bot),
      h(
        "div",
        { class: "found-words" },
        h(
          "p",
          {},
          h("bdi", { class: "found-name" }, nameOf(bot)),
          h("bdi", { class: "quiet" }, `@${bot.username}`),
          bot.disabled && tag(t("person.disabled.short"), "tag-danger"),
        ),
        formError(),
      ),
      bot.disabled ? "" : button(t("admin.bots.end"), end, { name: t("admin.bots.end.named", { name: nameOf(bot) }) }),
    );
  draw();
  return row;
}
