/** What takes up room, and how much of it is left. */
import { nameOf } from "../elements/avatar.js";
import { formError, h } from "../elements/dom.js";
import { t } from "../js/i18n.js";
import { sizeLabel as sizeOf } from "../panels/sizes.js";
import { figure } from "./health.js";
import { ask, button } from "../panels/managing.js";
import { bones } from "./parts.js";

const sizeLabel = (bytes) => (bytes === 0 ? "0" : sizeOf(bytes));

export async function storageSection(section) {
  const error = formError();
  const place = h("div", { class: "stack", "aria-busy": "true" }, h("ul", {}, bones()));
  section.append(error, place);
  const load = async () => {
    error.textContent = "";
    try {
      place.replaceChildren(...stored(await ask(section, "storage")));
      place.removeAttribute("aria-busy");
    } catch (problem) {
      place.replaceChildren();
      error.replaceChildren(problem.message, " ", button(t("send.retry"), load, { kind: "button-plain" }));
    }
  };
  await load();
}

function stored({ files, unsent, dropped, people, rooms, direct, database, disk, limits }) {
  const limit = (bytes) => (bytes ? sizeLabel(bytes) : t("admin.storage.no_limit"));
  return [
    h(
      "div",
      { class: "admin-cards" },
      figure(t("admin.storage.files"), sizeLabel(files.bytes), t("admin.storage.count", { count: files.count })),
      figure(t("admin.storage.database"), sizeLabel(database)),
      figure(t("admin.storage.free"), sizeLabel(disk.free), t("admin.storage.of", { size: sizeLabel(disk.total) })),
      figure(
        t("admin.storage.waiting"),
        sizeLabel(unsent.bytes + dropped.bytes),
        t("admin.storage.unsent", { unsent: unsent.count, dropped: dropped.count }),
      ),
    ),
    h("p", { class: "quiet" }, t("admin.storage.limits", { file: limit(limits.file), person: limit(limits.person) })),
    h(
      "div",
      { class: "admin-heaps" },
      heaps(t("admin.storage.people"), people.map((heap) => [nameOf(heap.user), heap])),
      heaps(t("admin.storage.rooms"), [
        ...rooms.map((heap) => [heap.name, heap]),
        ...(direct.count > 0 ? [[t("admin.storage.direct"), direct]] : []),
      ]),
    ),
  ];
}

function heaps(title, list) {
  const sorted = list.sort(([, one], [, other]) => other.bytes - one.bytes);
  const most = sorted[0]?.[1].bytes ?? 1;
  return h(
    "section",
    {},
    h("h3", {}, title),
    sorted.length === 0 && h("p", { class: "found-none quiet" }, t("admin.storage.none")),
    h(
      "ul",
      { class: "admin-bars" },
      sorted.map(([name, { bytes, count }]) => {
        const bar = h("span", { class: "admin-bar", "aria-hidden": "true" });
        bar.style.setProperty("--part", bytes / Math.max(1, most));
        return h(
          "li",
          {},
          h("bdi", { class: "ellipsis" }, name),
          h("span", { class: "quiet" }, `${sizeLabel(bytes)} · ${t("admin.storage.count", { count })}`),
          bar,
        );
      }),
    ),
  );
}
