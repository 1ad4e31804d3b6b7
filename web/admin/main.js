/** <admin-page>: the sections of the administration, one at a time; the address says which. */
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { openDialog } from "../panels/dialog.js";
import { auditSection } from "./audit.js";
import { botsSection } from "./bots.js";
import { healthSection } from "./health.js";
import { invitesSection } from "./invites.js";
import { peopleSection } from "./people.js";
import { roomsSection } from "./rooms.js";
import { storageSection } from "./storage.js";

/** In the order of the tabs: icon, and what makes the section. */
const SECTIONS = {
  people: ["people", peopleSection],
  rooms: ["hash", roomsSection],
  invites: ["link", invitesSection],
  bots: ["chat", botsSection],
  storage: ["archive", storageSection],
  health: ["compass", healthSection],
  audit: ["check", auditSection],
};
const FIRST = "people";

const sectionIn = (hash) => {
  const name = /^#\/admin\/(\w+)$/.exec(hash)?.[1];
  return Object.hasOwn(SECTIONS, name) ? name : FIRST;
};

class AdminPage extends HTMLElement {
  #tabs = {};
  #body = h("div", { class: "admin-body", tabindex: "0" });
  #shown = null;

  build(state) {
    this.state = state;
    const tab = ([name, [mark]]) => {
      const link = h("a", { href: `#/admin/${name}` }, icon(mark), t(`admin.section.${name}`));
      this.#tabs[name] = link;
      return h("li", {}, link);
    };
    this.append(
      h("nav", { "aria-label": t("admin.title") }, h("ul", {}, Object.entries(SECTIONS).map(tab))),
      this.#body,
    );
  }

  go(name) {
    if (name === this.#shown) return;
    this.#shown = name;
    for (const [other, link] of Object.entries(this.#tabs)) {
      if (other === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#tabs[name].scrollIntoView({ block: "nearest", inline: "center" });
    const section = h("section", { "aria-label": t(`admin.section.${name}`) });
    this.#body.replaceChildren(section);
    this.#body.scrollTop = 0;
    SECTIONS[name][1](section, this.state);
  }
}

customElements.define("admin-page", AdminPage);

export function openAdministration(app, state) {
  const open = app.querySelector("admin-page");
  if (open) return open.go(sectionIn(location.hash));
  const page = h("admin-page");
  page.build(state);
  const dialog = openDialog(app, t("admin.title"), page);
  dialog.classList.add("admin-dialog");
  const isHere = () => location.hash.startsWith("#/admin");
  // The way back leads out of it.
  const moved = () => isHere() || dialog.close();
  addEventListener("hashchange", moved);
  dialog.addEventListener("close", () => {
    removeEventListener("hashchange", moved);
    if (isHere()) location.hash = hashOf(state.open);
  });
  page.go(sectionIn(location.hash));
  page.querySelector("[aria-current]").focus();
}
