/** What was done, by whom and from where. */
import { nameOf } from "../elements/avatar.js";
import { h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";
import { momentLabel } from "../js/times.js";
import { choice, isolated, line, Paged, when } from "./parts.js";

const KINDS = ["session", "account", "room", "member", "invite", "token", "bot", "hook", "webhook", "settings"];
const DAY_MS = 86_400_000;
const TIMES = { "": null, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };

export function auditSection(section) {
  const words = (names, wordsOfOne) => Object.fromEntries(names.map((name) => [name, wordsOfOne(name || "all")]));
  const asked = ({ person, kind, time }) => ({
    person: person.trim(),
    kind,
    since: TIMES[time] ? Date.now() - TIMES[time] : "",
  });
  const file = h("a", { class: "button", download: "audit.jsonl" }, icon("down", 18), t("admin.audit.export"));
  const list = new Paged(section, "audit", {
    controls: [
      h("input", {
        class: "input",
        type: "search",
        name: "person",
        placeholder: t("admin.audit.person"),
        "aria-label": t("admin.audit.person"),
        autocomplete: "off",
      }),
      choice(t("admin.audit.kind"), "kind", words(["", ...KINDS], (name) => t(`admin.kind.${name}`))),
      choice(t("admin.audit.time"), "time", words(Object.keys(TIMES), (name) => t(`admin.time.${name}`))),
      file,
    ],
    asked: (values) => {
      const given = Object.entries(asked(values)).filter(([, value]) => value !== "");
      file.href = `/api/admin/audit/export?${new URLSearchParams(given)}`;
      return Object.fromEntries(given);
    },
    rowsOf: (answer) => {
      const people = new Map(answer.people.map((person) => [person.id, person]));
      return answer.entries.map((entry) => row(entry, people, answer.rooms));
    },
    after: ({ entries }) => ({ before: entries.at(-1).id }),
    none: "admin.audit.none",
  });
  return list;
}

function row(entry, people, rooms) {
  const name = (id) => isolated(people.has(id) ? nameOf(people.get(id)) : (id ?? ""));
  const { detail = {}, kind } = entry;
  const shell = entry.device === "shell";
  const said = t(wordsOf(entry), {
    actor: entry.actor ? name(entry.actor) : t(shell ? "admin.audit.shell" : "admin.audit.somebody"),
    user: entry.user ? name(entry.user) : t("admin.audit.nobody"),
    room: isolated(rooms[entry.room] ?? t("admin.audit.a_room")),
    role: detail.role && t(`admin.role.${detail.role}`),
    until: detail.until && momentLabel(detail.until),
    policy: detail.signup && t(`admin.policy.${detail.signup}`),
    host: detail.host,
  });
  return h(
    "li",
    { class: "admin-plain admin-done", "data-kind": kind },
    h(
      "div",
      { class: "found-words" },
      h("p", {}, said),
      line(when(entry.at), entry.address, !shell && entry.device),
    ),
  );
}

function wordsOf({ kind, detail, room, actor, user }) {
  if (kind === "account.created" && actor === user) return "admin.did.account.created.self";
  if (kind === "session.failed" && detail?.flood) return "admin.did.flood";
  if (kind === "invite.made" && !room) return "admin.did.invite.made.server";
  if (kind === "invite.revoked" && !room) return "admin.did.invite.revoked.server";
  return `admin.did.${kind}`;
}
