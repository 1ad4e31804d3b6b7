/** What follows from figures that only grow: rates and percentiles between two answers. Pure. */

/** The value below which the part `q` (0 to 1) of what was counted lies, between the bounds of its bucket as if
 * evenly spread; null where nothing was counted. Beyond the last bound: that one. */
export function quantile({ bounds, counts }, q) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (below + count < q * total) {
      below += count;
      continue;
    }
    if (index >= bounds.length) return bounds.at(-1);
    const from = index === 0 ? 0 : bounds[index - 1];
    const part = count === 0 ? 1 : (q * total - below) / count;
    return from + (bounds[index] - from) * part;
  }
  return bounds.at(-1);
}

/** What was counted between two answers of one worker; all of it where there is none before. */
export function counted(now, before) {
  if (!before) return now;
  return { ...now, counts: now.counts.map((count, index) => Math.max(0, count - before.counts[index])) };
}

/** How a worker does since the answer before: per second, a part of one processor, seconds. `before` may be
 * missing, or of a process whose place this one has taken. */
export function doing(worker, before, seconds) {
  const same = before?.began === worker.began && seconds > 0 ? before : null;
  const rate = (name) => (same ? Math.max(0, worker[name] - same[name]) / seconds : null);
  const delay = counted(worker.bus_delay, same?.bus_delay);
  const quiet = delay.counts.every((count) => count === 0);
  const shown = quiet ? worker.bus_delay : delay;
  return {
    deliveries: rate("deliveries"),
    cpu: rate("cpu_seconds"),
    p50: quantile(shown, 0.5),
    p99: quantile(shown, 0.99),
  };
}
