/** Everything that was measured, as a file. */
import { costOf } from "./cost.js";
import { TRANSPORTS } from "./run.js";
import { medians } from "./split.js";

/** `{format, at, browser, server, measurement, doctor, breaks}`; delays in ms, in the order of arrival. */
export function report({ server, run, wire, doctor, breaks }) {
  const { userAgent, language, hardwareConcurrency } = navigator;
  return {
    format: "tornchat-lab-page/1",
    at: new Date().toISOString(),
    address: location.origin,
    browser: { userAgent, language, hardwareConcurrency },
    server,
    measurement: run && measured(run, wire),
    doctor: doctor.seen && { seen: doctor.seen, findings: doctor.findings },
    breaks: breaks.map((each) => each.summary()),
  };
}

function measured(run, wire) {
  const { settings, state, rates, refused, unanswered, skipped, clock } = run;
  const accepted = run.accepted();
  const transports = TRANSPORTS.map((name) => {
    const { delays, closed, ledger, trips } = run.results[name];
    const { worker, cuts = [], resets = 0 } = run.channels[name] ?? {};
    const { doubled, disordered, replayed } = ledger;
    const delivered = delays.count + replayed.length;
    return [
      name,
      {
        delays_ms: delays.values(),
        closed_delays_ms: closed.values(),
        percentiles_ms: delays.summary(),
        closed_percentiles_ms: closed.summary(),
        split_ms: medians(trips),
        cost: costOf(name, run.channels[name], delivered, wire),
        whole: { missing: ledger.missing(accepted), doubled, disordered, replayed, resets },
        cuts: cuts.map(({ lasted, silence, status }) => ({ lasted, silence, status })),
        worker,
      },
    ];
  });
  return {
    settings,
    state,
    rates,
    sent: run.sent,
    accepted: accepted.length,
    refused,
    unanswered,
    skipped,
    clock: { ahead_ms: clock.ahead, uncertainty_ms: clock.known ? clock.uncertainty : null },
    transports: Object.fromEntries(transports),
  };
}

/** Lets the browser save it. */
export function offer(parts) {
  const text = JSON.stringify(report(parts), null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `tornchat-lab-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
