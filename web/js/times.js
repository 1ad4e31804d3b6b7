/** Days and times in the reader's language and time zone. */
import { locale, t } from "./i18n.js";
import { storage } from "./storage.js";

/** Of those who have not left it to their language. */
const CLOCKS = { 12: "h12", 24: "h23" };

/** "h12", "h23", or undefined: as usual in the language. */
export const clock = () => CLOCKS[storage.get("clock")];

const made = new Map();

function format(name, options) {
  const hourCycle = options.timeStyle && clock();
  const key = `${locale()} ${hourCycle} ${name}`;
  let formatter = made.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale(), hourCycle ? { ...options, hourCycle } : options);
    made.set(key, formatter);
  }
  return formatter;
}

/** The local day of a time in unix ms, as "2026-3-9": for comparing, not for showing. */
export function dayOf(at) {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

export function dayLabel(at, now = Date.now()) {
  if (dayOf(at) === dayOf(now)) return t("day.today");
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(at) === dayOf(yesterday.getTime())) return t("day.yesterday");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const options = { weekday: "long", day: "numeric", month: "long" };
  return sameYear
    ? format("day", options).format(at)
    : format("day of a year", { ...options, year: "numeric" }).format(at);
}

export const timeLabel = (at) => format("time", { timeStyle: "short" }).format(at);

/** Day and time, short: for what is not today. */
export const momentLabel = (at) =>
  format("moment", { dateStyle: "medium", timeStyle: "short" }).format(at);

export const fullLabel = (at) =>
  format("full", { dateStyle: "full", timeStyle: "medium" }).format(at);

/** Milliseconds until "today" becomes "yesterday". */
export function untilMidnight(now = Date.now()) {
  const midnight = new Date(now);
  midnight.setHours(24, 0, 1, 0);
  return midnight.getTime() - now;
}
