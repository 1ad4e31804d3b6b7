/** Delays: their percentiles, and how many fall into each bucket of a logarithmic axis. Pure. */

export const LEAST_MS = 0.1;
const DECADES = 6;
const PER_DECADE = 12;
export const BUCKETS = DECADES * PER_DECADE;

/** Where on the axis a delay lies, from 0 to 1. */
export function placeOf(ms) {
  const place = Math.log10(Math.max(ms, LEAST_MS) / LEAST_MS) / DECADES;
  return Math.min(place, 1);
}

/** Where the axis has its marks: `{ms, place}`. */
export const marks = () =>
  Array.from({ length: DECADES + 1 }, (_, power) => LEAST_MS * 10 ** power).map((ms) => ({
    ms,
    place: placeOf(ms),
  }));

export class Distribution {
  #values = [];
  #sorted = null;
  buckets = new Array(BUCKETS).fill(0);

  add(ms) {
    this.#values.push(ms);
    this.#sorted = null;
    this.buckets[Math.min(BUCKETS - 1, Math.floor(placeOf(ms) * BUCKETS))] += 1;
  }

  get count() {
    return this.#values.length;
  }

  /** The smallest delay that `share` (0 to 1) of all do not exceed; null where there are none. */
  percentile(share) {
    if (this.count === 0) return null;
    this.#sorted ??= Float64Array.from(this.#values).sort();
    return this.#sorted[Math.max(0, Math.ceil(share * this.count) - 1)];
  }

  /** What the tables and the export say; null where there are none. */
  summary() {
    const at = (share) => this.percentile(share);
    return { n: this.count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }

  /** All delays in ms, in the order in which they came. */
  values() {
    return [...this.#values];
  }
}

export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
