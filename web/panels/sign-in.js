/** <sign-in>: the page before one is in: sign in, or make an account. */
import { checkSignIn, checkSignUp } from "./checks.js";
import { language, LANGUAGES, t } from "../js/i18n.js";
import { inviteOf } from "../js/route.js";
import { nameOf } from "../elements/avatar.js";
import { emit, field, formError, h, submitBy } from "../elements/dom.js";

export const styled = true;

class SignIn extends HTMLElement {
  #mode = null;
  #leave = null;
  #server = null;
  #farewell = null;
  #invite = { secret: null }; // {secret, room, by} of the invitation in the address

  connectedCallback() {
    this.#lookAtInvite();
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    addEventListener("hashchange", () => this.#lookAtInvite(), { signal });
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  #lookAtInvite() {
    const secret = inviteOf(location.hash);
    if (secret === this.#invite.secret) return;
    this.#invite = { secret };
    if (!secret) return;
    const show = (found) => {
      if (this.#invite.secret !== secret) return;
      this.#invite = { secret, ...found };
      if (this.#server) this.#show("up");
    };
    const settle = (problem) => {
      if (!problem || this.#invite.secret !== secret) return;
      this.#invite = { secret, problem };
      if (this.#server) this.#show(this.#mode ?? "in");
    };
    emit(this, "invite-look", { secret, show, settle });
  }

  update({ server, farewell }) {
    const first = server.accounts === false;
    const { name, signup } = this.#server ?? {};
    const same = name === server.name && signup === server.signup && farewell === this.#farewell;
    // To be built anew takes away what was typed.
    if (same && (this.#server.accounts === false) === first) return;
    this.#server = server;
    this.#farewell = farewell;
    this.#show(first || this.#invite.by ? "up" : (this.#mode ?? "in"));
  }

  #show(mode) {
    this.#mode = mode;
    this.replaceChildren(this.#brand(), this.#card(mode));
    if (matchMedia("(pointer: fine)").matches) this.querySelector("input")?.focus();
  }

  #brand() {
    return h(
      "div",
      { class: "brand" },
      h(
        "p",
        { class: "brand-name" },
        h("img", { src: "/icon.svg", alt: "", width: 40, height: 40 }),
        this.#server.name,
      ),
      h("img", { class: "brand-art", src: "/art/welcome.svg", alt: "" }),
      h("p", { class: "brand-line" }, t("welcome.line")),
      h("p", { class: "brand-more" }, t("welcome.more")),
    );
  }

  #card(mode) {
    const { signup, accounts, name } = this.#server;
    const first = accounts === false;
    const up = mode === "up";
    const title = first ? "signup.first.title" : up ? "signup.title" : "signin.title";
    return h(
      "main",
      { class: "card-side" },
      h(
        "div",
        { class: "card" },
        h("img", { class: "card-logo", src: "/icon.svg", alt: "", width: 56, height: 56 }),
        h("h1", {}, t(title, { server: name })),
        first && h("p", { class: "quiet" }, t("signup.first.more")),
        this.#farewell && !up && h("p", { class: "farewell" }, farewellWords(this.#farewell)),
        !first && this.#invitation(),
        up ? this.#upForm() : this.#inForm(),
        !first && this.#other(up, signup),
      ),
      languages(),
    );
  }

  #invitation() {
    const { by, room, problem } = this.#invite;
    if (problem) return h("p", { class: "form-error", role: "alert" }, problem);
    if (!by) return null;
    const words = room ? "invited.room" : "invited.server";
    return h(
      "p",
      { class: "invitation", role: "status" },
      t(words, { name: nameOf(by), room: room?.name }),
    );
  }

  #inForm() {
    const form = h(
      "form",
      { class: "stack", novalidate: true },
      field("field.username", {
        name: "username",
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
        required: true,
      }),
      field("field.password", {
        name: "password",
        type: "password",
        autocomplete: "current-password",
        required: true,
      }),
      formError(),
      h("button", { class: "button button-main button-wide" }, t("signin.do")),
    );
    return submitBy(form, "sign-in", {
      detailOf: (data) => ({ mode: "in", values: Object.fromEntries(data) }),
      check: ({ values }) => checkSignIn(values),
    });
  }

  #upForm() {
    const form = h(
      "form",
      { class: "stack", novalidate: true },
      field("field.display_name", {
        name: "display_name",
        autocomplete: "name",
        hint: "field.display_name.hint",
      }),
      field("field.username", {
        name: "username",
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
        required: true,
        hint: "field.username.hint",
      }),
      field("field.password", {
        name: "password",
        type: "password",
        autocomplete: "new-password",
        required: true,
        hint: "field.password.hint",
      }),
      formError(),
      h("button", { class: "button button-main button-wide" }, t("signup.do")),
    );
    const detailOf = (data) => {
      const { display_name, ...values } = Object.fromEntries(data);
      const { by, room, secret } = this.#invite;
      if (display_name.trim()) values.display_name = display_name;
      if (by) values.invite = secret;
      return { mode: "up", values, room: room?.id };
    };
    return submitBy(form, "sign-in", { detailOf, check: ({ values }) => checkSignUp(values) });
  }

  #other(up, signup) {
    if (!up && signup !== "open" && !(signup === "invite" && this.#invite.by)) {
      return h("p", { class: "other quiet" }, t(`signup.${signup}`));
    }
    const flip = () => {
      this.#farewell = null;
      this.#show(up ? "in" : "up");
    };
    return h(
      "p",
      { class: "other quiet" },
      t(up ? "signin.instead" : "signup.instead"),
      " ",
      h(
        "button",
        { type: "button", class: "link-button", onclick: flip },
        t(up ? "signin.do" : "signup.do"),
      ),
    );
  }
}

function farewellWords(code) {
  if (code === "disabled") return t("farewell.disabled");
  if (code === "leaving") return t("farewell.leaving");
  return t("farewell.signed_out");
}

/** Choosing a language needs no account. */
function languages() {
  const choose = ({ target }) => emit(target, "settings-choose", { values: { language: target.value } });
  return h(
    "label",
    { class: "language" },
    h("span", { class: "visually-hidden" }, t("account.language")),
    h(
      "select",
      { class: "select-plain", onchange: choose },
      Object.entries(LANGUAGES).map(([code, name]) =>
        h("option", { value: code, selected: code === language() }, name),
      ),
    ),
  );
}

customElements.define("sign-in", SignIn);
