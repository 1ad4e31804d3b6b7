/** An error in words for people: of its `reason`, where we have words for that; the server's own `detail` (English)
 * only where it says more than the words of its code. */
import { isKnown, t } from "./i18n.js";

export function explain(error) {
  const reason = `reason.${error.reason}`;
  if (isKnown(reason)) return t(reason, error.values);
  const key = `error.${error.code}`;
  if (error.code === "invalid" && error.detail) return error.detail;
  return isKnown(key) ? t(key) : t("error.unknown");
}
