/** What is made of where something is looked after: asking the server, buttons of a row, a secret told once. */
import { emit, h } from "../elements/dom.js";
import { icon } from "../elements/icons.js";
import { t } from "../js/i18n.js";

/** Asks for `what`; resolves to the answer, rejects with the words of the problem. */
export const ask = (element, what, given) =>
  new Promise((done, failed) => {
    const settle = (problem) => problem && failed(new Error(problem));
    emit(element, "manage", { what, given, show: done, settle });
  });

export const button = (words, act, { kind = "", name = null } = {}) =>
  h("button", { type: "button", class: `button ${kind}`.trim(), onclick: act, "aria-label": name }, words);

/** Does something of a row: its buttons wait meanwhile, and it says what went wrong. */
export async function act(row, work) {
  const error = row.querySelector(".form-error");
  const buttons = [...row.querySelectorAll("button")];
  for (const one of buttons) one.disabled = true;
  error.textContent = "";
  try {
    return await work();
  } catch (problem) {
    error.textContent = problem.message;
    return undefined;
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

/** Something that is told once, with a button that copies it. */
export function secret(label, text, more) {
  const input = h("input", { class: "input", readonly: true, value: text, "aria-label": label });
  const said = h("span", { role: "status" });
  const copy = async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = t("invite.copied");
    } catch {
      // Plain http from another host has no clipboard: what is selected can be copied by hand.
      said.textContent = t("invite.copy.self");
    }
  };
  const box = h(
    "div",
    { class: "secret" },
    h("div", { class: "secret-line" }, input, h("button", { type: "button", class: "button", onclick: copy }, icon("copy"), t("invite.copy"))),
    h("p", { class: "quiet" }, more, " ", said),
  );
  queueMicrotask(() => box.querySelector("button").focus());
  return box;
}
