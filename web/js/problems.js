/** What becomes of a request that does not succeed: the two kinds of errors. */

/** The server answered, and refused: `status`, stable `code`, `reason` of the one case with its `values`, `detail` for
 * people (English). */
export class Problem extends Error {
  constructor(status, { code = "unknown", detail = "", title = "", reason, values } = {}, retryAfter = null) {
    super(detail || title || code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.reason = reason;
    this.values = values;
    /** Seconds to wait before the next try, or null. */
    this.retryAfter = retryAfter;
  }

  /** Whether the very same request may succeed later. */
  get temporary() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer: the line is down, or it took too long. The server may have done what was asked. */
export class Unreachable extends Error {
  code = "unreachable";
  temporary = true;
  retryAfter = null;
}

/** What an answer that is none says, whoever asked. */
export function problemOf(status, retryAfter, text) {
  const wait = Number.parseFloat(retryAfter ?? "");
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy's own page, not ours.
    problem = { code: status >= 500 ? "unavailable" : "unknown" };
  }
  return new Problem(status, problem, Number.isFinite(wait) ? wait : null);
}
