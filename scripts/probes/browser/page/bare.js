/* The least page that shows messages, by each transport: nothing of the messenger's is in it. */
({ transport, interval }) => {
  const notes = window.probeNotes;
  const MARKER = /seq=(\d{9});/;

  function take(event) {
    const found = event.kind === "message" && MARKER.exec(event.body);
    if (!found) return;
    notes.received.push([Number(found[1]), window.probeClock()]);
    const row = document.createElement("p");
    row.className = "message";
    row.textContent = event.body;
    document.body.prepend(row);
  }

  async function poll(cursor, wait) {
    const after = cursor === null ? "" : `&after=${cursor}`;
    const headers = { Accept: "application/json" };
    const answer = await fetch(`/api/events?wait=${wait}${after}`, { headers });
    if (!answer.ok) throw new Error(`a poll was answered ${answer.status}`);
    const { cursor: next, events } = await answer.json();
    events.forEach(take);
    notes.ready = true;
    return next;
  }

  const ways = {
    sse() {
      const source = new EventSource("/api/events");
      source.addEventListener("hello", () => (notes.ready = true));
      source.addEventListener("message", ({ data }) => take(JSON.parse(data)));
    },
    websocket() {
      const address = new URL("/api/events/socket", location.href);
      address.protocol = address.protocol.replace("http", "ws");
      new WebSocket(address).onmessage = ({ data }) => {
        const event = JSON.parse(data);
        notes.ready = true;
        take(event);
      };
    },
    async "long-poll"() {
      for (let cursor = await poll(null, 0); ; ) cursor = await poll(cursor, 25);
    },
    async "short-poll"() {
      let due = performance.now();
      for (let cursor = null; ; ) {
        cursor = await poll(cursor, 0);
        // By the clock and not after the answer: a slow one does not make the next one later.
        due = Math.max(due + interval * 1000, performance.now());
        await new Promise((go) => setTimeout(go, due - performance.now()));
      }
    },
  };
  ways[transport]();
}
