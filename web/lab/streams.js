/** The two transports that stay open: Server-Sent Events by the browser's own EventSource, and
 * WebSocket. What their bytes are on the wire the page can only count. */
import { after, Channel } from "./channel.js";

const KINDS = ["hello", "beat", "move", "bye", "probe", "message", "read"];
const utf8 = new TextEncoder();

export class EventStream extends Channel {
  #source = null;

  connect() {
    this.cost.requests += 1;
    const source = new EventSource(`/api/events${after(this.cursor)}`);
    this.#source = source;
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => {
        if (source !== this.#source) return;
        const bytes = utf8.encode(data).length + kind.length + lastEventId.length;
        this.take({ ...JSON.parse(data), kind }, bytes + "id: \nevent: \ndata: \n\n".length);
      });
    }
    source.onerror = () => {
      // It would come back by itself; when, is to be our decision.
      if (source !== this.#source) return;
      this.disconnect();
      this.lost();
    };
  }

  disconnect() {
    this.#source?.close();
    this.#source = null;
  }
}

export class Socket extends Channel {
  #socket = null;

  connect() {
    this.cost.requests += 1;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(
      `${scheme}//${location.host}/api/events/socket${after(this.cursor)}`,
    );
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      const bytes = utf8.encode(data).length;
      this.take(JSON.parse(data), bytes + headOf(bytes));
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      this.lost();
    };
  }

  disconnect() {
    this.#socket?.close();
    this.#socket = null;
  }
}

/** Bytes of a frame's head from the server (RFC 6455, section 5.2). */
const headOf = (bytes) => (bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10);
