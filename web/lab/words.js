/** Numbers as the reader's language writes them. */
import { locale, t } from "../js/i18n.js";

const number = (value, digits) =>
  value.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** A delay, with as many digits as it deserves; a dash where there is none. */
export function delay(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  return number(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

export function seconds(ms) {
  return ms === null ? "–" : t("lab.s", { s: number(ms / 1000, ms < 10_000 ? 1 : 0) });
}

export function size(bytes) {
  if (bytes === null) return "–";
  return bytes < 10_000
    ? t("lab.bytes", { n: number(bytes, 0) })
    : t("lab.kb", { n: number(bytes / 1000, 1) });
}

export const ratio = (value) => (Number.isFinite(value) ? number(value, 2) : "–");
