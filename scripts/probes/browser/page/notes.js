/* Notes in a page when each message of the probe was received, stood in the document, and was painted.
 *
 * Injected before the page's own scripts. A message carries "seq=000000001;" in its text. Times are
 * unix milliseconds of the page's own clock, which does not go back.
 */
(() => {
  const MARKER = /seq=(\d{9});/;
  const ROW = ".message";
  const clock = () => performance.timeOrigin + performance.now();
  const notes = (window.probeNotes = { received: [], rows: [], painted: [], doubled: [], ready: false });
  const shown = new Map();
  window.probeClock = clock;

  /** Calls back once the next frame has been drawn: a task that is queued within a frame runs after
   * that frame's paint. */
  function afterPaint(call) {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = call;
      port2.postMessage(null);
    });
  }

  function look(row) {
    const found = MARKER.exec(row.textContent);
    if (!found) return;
    const seq = Number(found[1]);
    const before = shown.get(seq);
    if (before === row) return;
    shown.set(seq, row);
    if (before) {
      // The page may build a row anew, but not show a message twice.
      if (before.isConnected) notes.doubled.push(seq);
      return;
    }
    notes.rows.push([seq, clock()]);
    afterPaint(() => notes.painted.push([seq, clock()]));
  }

  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node.matches(ROW)) look(node);
        else node.querySelectorAll(ROW).forEach(look);
      }
    }
  }).observe(document, { childList: true, subtree: true });
})();
