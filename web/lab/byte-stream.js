/** A stream of events read by `fetch`, which shows what an EventSource hides: the head of the answer, and
 * when which bytes came. */
import { now } from "./clock.js";

/** Events out of text that is cut anywhere. Knows what our server sends: no comments, one line of data. */
export class EventParser {
  #rest = "";

  /** `[{kind, id, data}]` that this piece completes. */
  feed(text) {
    const parts = (this.#rest + text).split("\n\n");
    this.#rest = parts.pop();
    return parts.map((part) => {
      const event = { kind: "message", id: "", data: null };
      for (const line of part.split("\n")) {
        const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)];
        if (name === "event") event.kind = value;
        else if (name === "id") event.id = value;
        else if (name === "data") event.data = JSON.parse(value);
      }
      return event;
    });
  }
}

export class ByteStream {
  status = null;
  headers = null;
  /** When the request was sent, when the head of the answer was there, when the first byte; null before. */
  openedAt = now();
  headAt = null;
  firstByteAt = null;
  lastByteAt = now();
  bytes = 0;
  /** When the connection ended without having been asked to, and the `bye` that it ended with. */
  endedAt = null;
  bye = null;
  #abort = new AbortController();

  /** `heard(event, at)` for every event. */
  constructor(heard) {
    this.heard = heard;
    this.#read().catch(() => this.#end());
  }

  close() {
    this.endedAt ??= now();
    this.#abort.abort();
  }

  async #read() {
    const response = await fetch("/api/events", {
      headers: { Accept: "text/event-stream" },
      signal: this.#abort.signal,
    });
    this.headAt = now();
    this.status = response.status;
    this.headers = response.headers;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return this.#end();
      const at = now();
      this.firstByteAt ??= at;
      this.lastByteAt = at;
      this.bytes += value.length;
      for (const event of parser.feed(value)) {
        if (event.kind === "bye") this.bye = event.data;
        this.heard(event, at);
      }
    }
  }

  #end() {
    this.endedAt ??= now();
  }
}
