/** The only place where text becomes HTML: messages that the server has rendered and sanitised.
 *
 * The page is served with `require-trusted-types-for 'script'`, so any other way throws.
 */
const asIs = { createHTML: (html) => html };
const policy = globalThis.trustedTypes?.createPolicy("tornchat", asIs) ?? asIs;

/** `html` must be the `html` of a message from our server, never anything typed or composed here. */
export function fragmentOf(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content;
}
