/** The two transports that ask again and again: long poll, and short poll at an interval. */
import { after, Channel } from "./channel.js";
import { now } from "./clock.js";

const HOLD_SECONDS = 25;
const PATIENCE_MS = 15_000;

export const pollPath = (cursor, wait) => `/api/events?wait=${wait}${after(cursor, "&")}`;

/** One poll: `{status, answer, bytes}`. Rejects where there is no answer. */
export async function poll(cursor, wait, signal) {
  const patience = AbortSignal.timeout(wait * 1000 + PATIENCE_MS);
  const response = await fetch(pollPath(cursor, wait), {
    headers: { Accept: "application/json" },
    signal: AbortSignal.any([signal, patience]),
  });
  const text = await response.text();
  const answer = response.ok ? JSON.parse(text) : null;
  return { status: response.status, answer, bytes: text.length };
}

class Poll extends Channel {
  #abort = null;

  connect() {
    const abort = new AbortController();
    this.#abort = abort;
    this.#run(abort.signal);
  }

  disconnect() {
    this.#abort.abort();
  }

  async #run(signal) {
    while (!signal.aborted) {
      try {
        await this.pause(signal);
        await this.#ask(signal);
      } catch (error) {
        if (signal.aborted) return;
        return this.lost(error.status ?? null);
      }
    }
  }

  async #ask(signal) {
    this.cost.requests += 1;
    const { status, answer, bytes } = await poll(this.cursor, this.hold, signal);
    if (signal.aborted) return;
    if (answer === null) throw Object.assign(new Error("refused"), { status });
    if (answer.reset) return this.reset();
    const probes = answer.events.filter(({ kind }) => kind === "probe");
    if (probes.length === 0) this.cost.empty += 1;
    const share = bytes / Math.max(1, answer.events.length);
    for (const event of answer.events) this.take(event, share);
    if (!this.asleep) this.cursor = answer.cursor;
    if (answer.events.length === 0) this.cost.bytes += bytes;
  }
}

export class LongPoll extends Poll {
  hold = HOLD_SECONDS;

  /** The next one is asked at once; while asleep it would be answered at once, too. */
  async pause(signal) {
    if (this.asleep) await sleep(200, signal);
  }
}

export class ShortPoll extends Poll {
  hold = 0;
  #due = 0;

  /** `interval`: ms between the beginnings of two polls. */
  constructor(name, { interval, ...told }) {
    super(name, told);
    this.interval = interval;
  }

  connect() {
    this.#due = now() + this.interval;
    super.connect();
  }

  async pause(signal) {
    await sleep(this.#due - now(), signal);
    // An answer that takes longer than the interval does not make the next ones come in a heap.
    this.#due = Math.max(this.#due + this.interval, now());
  }
}

export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        // One signal outlives thousands of pauses.
        signal?.removeEventListener("abort", stop);
        resolve();
      },
      Math.max(0, ms),
    );
    signal?.addEventListener("abort", stop, { once: true });
  });
}
