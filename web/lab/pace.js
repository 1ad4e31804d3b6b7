/** When probes are to be sent: an open loop, which does not wait for answers. The gaps are those of a
 * Poisson process, so that they keep no step with the polls; the seed decides them. */

/** Numbers from 0 to 1, the same for the same seed (mulberry32, by Tommy Ettinger; public domain). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** ms to the next probe, at `rate` probes a second. */
export const gap = (rate, roll) => (-Math.log(1 - roll()) / rate) * 1000;
