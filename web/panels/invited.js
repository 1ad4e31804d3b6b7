/** Somebody who has an account opened an invitation: what it is for, and the way in. */
import { t } from "../js/i18n.js";
import { hashOf } from "../js/route.js";
import { nameOf } from "../elements/avatar.js";
import { openDialog } from "./dialog.js";
import { emit, formError, h, submitBy } from "../elements/dom.js";

export function openInvited(app, secret) {
  const body = h("div", { class: "stack", "aria-busy": "true" }, h("p", { class: "quiet" }, t("app.loading")));
  const dialog = openDialog(app, t("invited.title"), body);
  // Whoever looks away from it is not asked again on a reload.
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#/invite/")) location.hash = hashOf(null);
  });
  const settle = (problem) => {
    body.removeAttribute("aria-busy");
    if (problem) body.replaceChildren(h("p", { class: "form-error", role: "alert" }, problem));
  };
  emit(app, "invite-look", { secret, settle, show: (found) => show(body, dialog, secret, found) });
}

function show(body, dialog, secret, { room, by }) {
  const close = () => dialog.close();
  const words = room
    ? t("invited.room", { name: nameOf(by), room: room.name })
    : t("invited.server", { name: nameOf(by) });
  const form = h(
    "form",
    { class: "stack" },
    h("p", {}, words),
    room?.description && h("p", { class: "quiet", dir: "auto" }, room.description),
    room && h("p", { class: "quiet" }, t("room.members", { count: room.members })),
    formError(),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { type: "button", class: "button button-plain", onclick: close }, t("invited.not_now")),
      h("button", { class: "button button-main first-focus" }, t(room ? "invited.join" : "dialog.close")),
    ),
  );
  body.replaceChildren(
    submitBy(form, "invite-accept", { detailOf: () => ({ secret }), done: close }),
  );
  form.querySelector(".first-focus").focus();
}
