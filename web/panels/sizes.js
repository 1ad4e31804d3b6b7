/** Sizes of files as people read them. */
import { locale } from "../js/i18n.js";

const UNITS = ["kilobyte", "megabyte", "gigabyte"];

/** `bytes` with the unit that suits it, in thousands, as the limits are. */
export function sizeLabel(bytes) {
  const power = Math.min(2, Math.max(0, Math.floor(Math.log10(bytes / 1000) / 3)));
  const size = Math.max(0.1, bytes / 1000 ** (power + 1));
  const how = { style: "unit", unit: UNITS[power], unitDisplay: "short" };
  return new Intl.NumberFormat(locale(), { ...how, maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
}
