/** All rooms that have a name; of private ones no more than that and their size. */
import { formError, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { sizeLabel } from "../panels/sizes.js";
import { act, ask, button } from "../panels/managing.js";
import { choice, line, opening, Paged, searchField, tag, when } from "./parts.js";

export function roomsSection(section) {
  new Paged(section, "rooms", {
    controls: [
      searchField(t("admin.rooms.search")),
      choice(t("admin.rooms.which"), "state", {
        "": t("admin.rooms.all"),
        open: t("admin.rooms.open"),
        private: t("admin.rooms.private"),
        archived: t("admin.rooms.archived"),
        ownerless: t("admin.rooms.ownerless"),
      }),
    ],
    rowsOf: ({ rooms }) => rooms.map((room) => entry(section, room)),
    after: ({ rooms }) => ({ after: rooms.at(-1).id }),
    countOf: ({ total }) => t("admin.rooms.count", { count: total }),
    none: "admin.nothing",
  });
}

function entry(section, room) {
  const head = h("div", { class: "admin-head" });
  draw(head, room);
  return opening(head, (place) => place.replaceChildren(...actions(section, room, head, place)));
}

function draw(head, room) {
  head.replaceChildren(
    h("span", { class: "admin-mark" }, icon(room.archived ? "archive" : room.kind === "private" ? "lock" : "hash")),
    h(
      "div",
      { class: "found-words" },
      h(
        "p",
        {},
        h("bdi", { class: "found-name" }, room.name),
        room.kind === "private" && tag(t("admin.rooms.private.tag")),
        room.archived && tag(t("admin.rooms.archived.tag")),
        room.ownerless && tag(t("admin.rooms.ownerless.tag"), "tag-danger"),
      ),
      line(
        t("room.members", { count: room.members }),
        t("admin.rooms.messages", { count: room.messages }),
        room.bytes > 0 && sizeLabel(room.bytes),
      ),
    ),
  );
}

function actions(section, room, head, place) {
  const again = (changed) => {
    Object.assign(room, changed);
    draw(head, room);
    place.replaceChildren(...actions(section, room, head, place));
    place.querySelector("button")?.focus();
  };
  const archive = () =>
    act(place, async () => {
      await ask(section, room.archived ? "return" : "archive", { id: room.id });
      again({ archived: !room.archived });
    });
  const give = (event) => {
    event.preventDefault();
    const name = new FormData(event.target).get("username").trim().replace(/^@/, "");
    if (name) act(place, async () => {
      await ask(section, "owner", { id: room.id, name });
      again({ ownerless: false });
    });
  };
  return [
    room.description && h("p", { class: "quiet", dir: "auto" }, room.description),
    line([t("admin.rooms.since"), " ", when(room.created_at)]),
    room.ownerless &&
      h(
        "form",
        { class: "admin-form", onsubmit: give },
        h("input", { class: "input", name: "username", placeholder: t("admin.rooms.owner"), "aria-label": t("admin.rooms.owner"), autocomplete: "off" }),
        h("button", { class: "button button-main" }, t("admin.rooms.owner.do")),
      ),
    h("div", { class: "admin-actions" }, button(t(room.archived ? "archive.undo" : "archive.do"), archive)),
    formError(),
  ].filter(Boolean);
}
