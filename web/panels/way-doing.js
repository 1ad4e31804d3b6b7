/** Reading the server's clock for the inspector of messages: by probes of the lab, which nobody else hears. */
import { now } from "../later/server-clock.js";
import { trail } from "../later/trail.js";

const PROBES = 4;

export const handlers = ({ api }) => ({
  async "clock-ask"({ settle }) {
    try {
      for (let probe = 0; probe < PROBES; probe += 1) {
        const sent = now();
        let answered = null;
        const { at } = await api.probe({}, () => (answered = now()));
        trail.clock.asked(sent, at, answered);
      }
    } catch {
      // Then it stays unknown, which is said.
    }
    settle();
  },
});
