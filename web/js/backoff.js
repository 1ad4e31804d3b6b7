/** Full jitter: anything from 0 to `first * 2^attempt` ms, at most `longest`. Many clients that lose
 * the same server must not come back in the same moment (the idea: AWS, "Exponential backoff and
 * jitter", 2015). */
export function jitter(attempt, { first = 500, longest = 20_000, random = Math.random } = {}) {
  return random() * Math.min(longest, first * 2 ** Math.min(attempt, 10));
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
