/** Who may come: the policy for strangers, and all invitations. */
import { nameOf } from "../elements/avatar.js";
import { formError, h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { act, ask, button } from "../panels/managing.js";
import { isolated, line, Paged, tag, when } from "./parts.js";

const POLICIES = ["open", "invite", "closed"];

export function invitesSection(section) {
  const policy = h("div", { class: "admin-policy" });
  const list = h("div");
  section.append(policy, h("h3", {}, t("admin.invites.title")), list);
  showPolicy(section, policy);
  new Paged(list, "invites", {
    controls: [],
    rowsOf: (answer) => answer.invites.map((invite) => entry(list, invite, answer)),
    after: ({ invites }) => ({ before: invites.at(-1).id }),
    none: "admin.invites.none",
  });
}

async function showPolicy(section, place) {
  const error = formError();
  const said = h("p", { class: "quiet", role: "status" });
  const fieldset = h("fieldset", { class: "field", "aria-busy": "true" }, h("legend", { class: "label" }, t("admin.policy")));
  place.replaceChildren(fieldset, said, error);
  const choose = async ({ target }) => {
    error.textContent = "";
    try {
      draw(await ask(section, "settings_change", { signup: target.value }));
      said.textContent = t("admin.policy.saved");
    } catch (problem) {
      error.textContent = problem.message;
    }
  };
  const draw = ({ signup, fixed }) => {
    const radio = (value) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name: "signup", value, checked: value === signup, disabled: fixed, onchange: choose }),
        h("span", {}, t(`admin.policy.${value}`)),
      );
    const held = fieldset.contains(document.activeElement);
    fieldset.replaceChildren(
      h("legend", { class: "label" }, t("admin.policy")),
      h("div", { class: "segmented" }, POLICIES.map(radio)),
    );
    fieldset.removeAttribute("aria-busy");
    if (fixed) said.textContent = t("admin.policy.fixed");
    if (held) fieldset.querySelector(":checked").focus();
  };
  try {
    draw(await ask(section, "settings"));
  } catch (problem) {
    error.textContent = problem.message;
  }
}

function entry(section, invite, { people, rooms }) {
  const by = people.find(({ id }) => id === invite.by);
  const place = h("li", { class: "admin-plain" });
  const revoke = () =>
    act(place, async () => {
      await ask(section, "revoke", { id: invite.id });
      invite.state = "revoked";
      draw();
    });
  const draw = () =>
    place.replaceChildren(
      h(
        "div",
        { class: "found-words" },
        h(
          "p",
          {},
          h("span", { class: "found-name" }, invite.room ? t("admin.invites.room", { room: isolated(rooms[invite.room] ?? "?") }) : t("admin.invites.server")),
          tag(t(`admin.invites.${invite.state}`), invite.state === "good" ? "tag-live" : ""),
        ),
        line(
          t("admin.invites.by", { name: isolated(by ? nameOf(by) : "?") }),
          t("invite.used", { used: invite.used, uses: invite.uses }),
          [t("admin.invites.until"), " ", when(invite.expires_at)],
        ),
        formError(),
      ),
      invite.state === "good" ? button(t("invite.revoke"), revoke) : "",
    );
  draw();
  return place;
}
