/** What the proxy doctor looks at: the same few probes by four ways at once, then more of them if the stream
 * keeps them back, then (if wanted) a silence. Gives plain values; what they mean, `doctor.js` says. */
import { api } from "../js/api.js";
import { ByteStream } from "./byte-stream.js";
import { now, ServerClock } from "./clock.js";
import { median } from "./distribution.js";
import { poll, sleep } from "./polls.js";

const PROBES = 6;
const GAP_MS = 250;
const OPEN_MS = 2000;
const PATIENCE_MS = 2500;
/** To push through a buffer that is not full: up to about 100 KB, within the usual limit of the rate. */
const PUSHES = 48;
const PAD = 2000;

/** Runs all tests; rejects with the abort or with what kept it from beginning. `step(name, share)` tells of
 * the progress. */
export async function examine({ signal, silence, step }) {
  const place = new Examination(signal, step);
  try {
    return await place.run(silence);
  } finally {
    place.close();
  }
}

class Examination {
  #signal;
  #step;
  #clock = new ServerClock();
  #sent = new Map();
  #stream;
  #socket = { opened: null, failed: false, line: null };
  #name = `doctor-${Date.now().toString(36)}`;
  #delays = { stream: new Map(), socket: new Map(), poll: new Map() };
  #heartbeat = null;
  #lastAt = now();
  #silences = [];
  #polls = { statuses: [], cut: null };

  constructor(signal, step) {
    this.#signal = signal;
    this.#step = step;
  }

  async run(silence) {
    this.#step("opening", 0);
    const { status, answer } = await poll(null, 0, this.#signal);
    if (answer === null) throw Object.assign(new Error("refused"), { status });
    await this.#probe(0);
    this.#stream = new ByteStream((event, at) => this.#streamed(event, at));
    this.#openSocket();
    this.#keepPolling(answer.cursor);
    await this.#until(() => this.#stream.firstByteAt !== null && this.#settled(), OPEN_MS);
    const opened = { head: this.#stream.headAt, firstByte: this.#stream.firstByteAt };
    await this.#sendProbes();
    const before = this.#held();
    const pushed = before.length > 0 ? await this.#push() : null;
    const kept = silence ? await this.#keepSilent(silence) : null;
    return { ...this.#seen(opened, before, pushed), silence: kept };
  }

  close() {
    this.#stream?.close();
    this.#socket.line?.close();
    this.#polls.abort?.abort();
  }

  // -- the four ways

  async #probe(pad) {
    const nonce = `${this.#name}-${this.#sent.size}`;
    const probe = { nonce, sent: now() };
    try {
      Object.assign(probe, await api.probe({ nonce, pad }), { answered: now() });
    } catch (error) {
      if (error.status !== 429) throw error;
      await sleep((error.retryAfter ?? 1) * 1000, this.#signal);
      return this.#probe(pad);
    }
    this.#sent.set(nonce, probe);
    this.#clock.learn(probe);
  }

  #streamed({ kind, data }, at) {
    if (kind === "hello") this.#heartbeat = data.heartbeat;
    this.#silences.push(at - this.#lastAt);
    this.#lastAt = at;
    if (kind === "probe") this.#note("stream", data, at);
  }

  #note(way, event, at) {
    if (event.nonce?.startsWith(this.#name)) this.#delays[way].set(event.nonce, { at, event });
  }

  #openSocket() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const line = new WebSocket(`${scheme}//${location.host}/api/events/socket`);
    this.#socket.line = line;
    const began = now();
    line.onopen = () => (this.#socket.opened = now() - began);
    line.onclose = () => (this.#socket.failed = this.#socket.opened === null);
    line.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.kind === "hello") this.#heartbeat ??= event.heartbeat;
      if (event.kind === "probe") this.#note("socket", event, now());
    };
  }

  #settled() {
    return this.#socket.opened !== null || this.#socket.failed;
  }

  async #keepPolling(cursor) {
    this.#polls.abort = new AbortController();
    const { signal } = this.#polls.abort;
    while (!signal.aborted) {
      const began = now();
      try {
        const { status, answer } = await poll(cursor, 25, signal);
        this.#polls.statuses.push(status);
        if (answer === null) {
          this.#polls.cut ??= { status, after: now() - began };
          await sleep(1000, signal);
          continue;
        }
        cursor = answer.cursor;
        for (const event of answer.events) this.#note("poll", event, now());
      } catch {
        if (signal.aborted) return;
        this.#polls.cut ??= { status: null, after: now() - began };
        await sleep(1000);
      }
    }
  }

  // -- the tests

  async #sendProbes() {
    for (let k = 0; k < PROBES; k += 1) {
      this.#step("probing", k / PROBES);
      await this.#probe(200);
      await sleep(GAP_MS, this.#signal);
    }
    const all = () => this.#held().length === 0 && this.#delays.poll.size >= PROBES;
    await this.#until(all, PATIENCE_MS);
  }

  /** Probes that the server has taken and the stream has not brought. The first was sent before it. */
  #held() {
    return [...this.#sent.keys()].slice(1).filter((nonce) => !this.#delays.stream.has(nonce));
  }

  /** How many bytes it takes until something comes; null where that was not enough. */
  async #push() {
    const came = this.#delays.stream.size;
    for (let k = 1; k <= PUSHES; k += 1) {
      this.#step("pushing", k / PUSHES);
      await this.#probe(PAD);
      if (this.#delays.stream.size > came) return { bytes: k * PAD };
      this.#signal.throwIfAborted();
    }
    await this.#until(() => this.#delays.stream.size > came, 2000);
    return { bytes: this.#delays.stream.size > came ? PUSHES * PAD : null };
  }

  /** Nothing is sent: does the stream stay, and do its beats come? The poll waits meanwhile, as it may. */
  async #keepSilent(seconds) {
    const stream = this.#stream;
    const began = now();
    this.#silences = [];
    this.#lastAt = began;
    while (now() - began < seconds * 1000 && stream.endedAt === null) {
      this.#step("silence", (now() - began) / (seconds * 1000));
      await sleep(250, this.#signal);
    }
    const ended = stream.endedAt;
    return {
      seconds: (now() - began) / 1000,
      cut_after_ms: ended === null || stream.bye ? null : ended - stream.lastByteAt,
      longest_ms: Math.max(...this.#silences, now() - this.#lastAt),
      beats: this.#silences.length,
    };
  }

  async #until(done, ms) {
    const end = now() + ms;
    while (!done() && now() < end) await sleep(50, this.#signal);
  }

  #seen(opened, held, pushed) {
    const stream = this.#stream;
    const since = (at) => (at === null ? null : at - stream.openedAt);
    const trips = [...this.#sent.values()].slice(1, 1 + PROBES);
    const delays = (way) =>
      trips
        .map(({ nonce }) => this.#delays[way].get(nonce))
        .filter((found) => found)
        .map(({ at, event }) => at - this.#clock.ours(event.received));
    const clump = (way) => clumped(trips.map(({ nonce }) => this.#delays[way].get(nonce)?.at));
    const header = (name) => stream.headers?.get(name) ?? null;
    return {
      origin: location.origin,
      secure: location.protocol === "https:",
      heartbeat: this.#heartbeat,
      round_trip_ms: median(trips.map(({ sent, answered }) => answered - sent)),
      clock_uncertainty_ms: this.#clock.uncertainty,
      stream: {
        status: stream.status,
        head_ms: since(opened.head),
        first_byte_ms: since(opened.firstByte),
        delays_ms: delays("stream"),
        held: held.length,
        sent: PROBES,
        clump: clump("stream"),
        pushed_bytes: pushed?.bytes ?? null,
        server: header("server"),
        via: header("via"),
        encoding: header("content-encoding"),
      },
      socket: {
        opened_ms: this.#socket.opened,
        delays_ms: delays("socket"),
        clump: clump("socket"),
      },
      poll: { delays_ms: delays("poll"), clump: clump("poll"), cut: this.#polls.cut },
      protocol: protocolOf("/api/lab/probe"),
    };
  }
}

/** How many events came in one go, though they were sent apart. */
function clumped(times) {
  const came = times.filter((at) => at !== undefined).sort((a, b) => a - b);
  return came.filter((at, k) => k > 0 && at - came[k - 1] < 20).length;
}

/** "h2", "http/1.1"...; null where the browser does not say. */
function protocolOf(path) {
  const entries = performance.getEntriesByType("resource");
  return entries.findLast(({ name }) => new URL(name).pathname === path)?.nextHopProtocol || null;
}
