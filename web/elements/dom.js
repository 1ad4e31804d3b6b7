/** Small helpers to build elements and to speak to whoever listens above. No HTML strings anywhere. */
import { t } from "../js/i18n.js";

/**
 * h("button", {class: "button", onclick: f, disabled: true}, "text", child, null...)
 * Functions become listeners, true an empty attribute, false/null/undefined none; children that are
 * false, null, undefined or "" are left out, so `condition && child` works.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

function set(element, name, value) {
  if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) {
    element.setAttribute(name, value);
  }
}

/** Says upwards that something happened: a bubbling CustomEvent with `detail`. */
export function emit(element, name, detail = {}) {
  element.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/** A labelled input. `key` is the words' key; `hint` another key or null. */
export function field(key, { hint = null, ...attributes }) {
  const id = `field-${attributes.name}-${(counter += 1)}`;
  const input = h("input", {
    id,
    class: "input",
    "aria-describedby": hint && `${id}-hint`,
    ...attributes,
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, t(key)),
    input,
    hint && h("p", { class: "hint", id: `${id}-hint` }, t(hint)),
  );
}

let counter = 0;

/**
 * Sends a form by an event and waits for its answer: busy meanwhile, then `done(form)` or the error.
 * `check(detail)` may refuse it before, with a words' key.
 */
export function submitBy(form, name, { detailOf, check = () => null, done = () => {} }) {
  const error = form.querySelector(".form-error");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    const detail = detailOf(new FormData(form));
    const refused = check(detail);
    error.textContent = refused ? t(refused) : "";
    if (refused) return;
    form.setAttribute("aria-busy", "true");
    const settle = (problem) => {
      form.removeAttribute("aria-busy");
      if (problem) error.textContent = problem;
      else done(form);
    };
    emit(form, name, { ...detail, settle });
  });
  return form;
}

export const formError = () => h("p", { class: "form-error", role: "alert" });
