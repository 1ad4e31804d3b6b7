/** An error in words for people. The server's own `detail` is shown only where it says more. */
import { isKnown, t } from "./i18n.js";

export function explain(error) {
  const key = `error.${error.code}`;
  if (error.code === "invalid" && error.detail) return error.detail;
  return isKnown(key) ? t(key) : t("error.unknown");
}
