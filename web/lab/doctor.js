/** What the values of an examination mean: findings, their likely cause, and the setting that mends it. Pure.
 *
 * A finding is `{code, level, values, fixes}`: `level` is "good", "note" or "bad"; `values` go into its words
 * (`lab.finding.<code>`), `fixes` are `[{where, setting, likely}]`; likely ones come first, and are those of the
 * proxy that says who it is.
 */

const LATE_MS = 400;
const OPEN_LATE_MS = 1500;
const LIMITS = [5, 10, 15, 20, 25, 30, 45, 50, 55, 60, 75, 90, 100, 120, 180, 240, 300];

const FIXES = {
  buffering: {
    nginx: "proxy_buffering off;",
    haproxy: "option http-no-delay",
    caddy: "flush_interval -1",
    apache: "ProxyPass / http://127.0.0.1:8888/ flushpackets=on",
    cloudflare: "Response buffering: off",
  },
  compression: {
    nginx: "gzip_proxied off;",
    haproxy: "no compression",
    caddy: "@plain not path /api/events*\nencode @plain gzip",
    apache: "SetEnvIf Request_URI ^/api/events no-gzip",
  },
  idle: {
    nginx: "proxy_read_timeout 75s;",
    haproxy: "timeout server 75s\ntimeout tunnel 75s",
    apache: "ProxyTimeout 75",
    tornchat: "--heartbeat {beat}",
  },
  waiting: {
    nginx: "proxy_read_timeout 75s;",
    haproxy: "timeout server 75s",
    apache: "ProxyTimeout 75",
  },
  websocket: {
    nginx:
      "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;",
    haproxy: "timeout tunnel 75s",
    apache: "ProxyPass / http://127.0.0.1:8888/ upgrade=websocket",
    cloudflare: "Network: WebSockets on",
    tornchat: "--origin {origin}",
  },
  connections: {
    nginx: "listen 443 ssl http2;",
    haproxy: "bind :443 ssl crt /etc/haproxy/tornchat.pem alpn h2,http/1.1",
    apache: "Protocols h2 http/1.1",
  },
};

/** Which proxy it may be, from what it says of itself; null where it says nothing. */
export function proxyOf({ server, via }) {
  const said = `${server ?? ""} ${via ?? ""}`.toLowerCase();
  if (said.includes("openresty")) return "nginx";
  const known = ["nginx", "haproxy", "caddy", "apache", "cloudflare"];
  return known.find((name) => said.includes(name)) ?? null;
}

/** The findings of an examination, the worst first. */
export function diagnose(seen) {
  const proxy = proxyOf(seen.stream);
  const finding = (code, level, values = {}, about = null) => ({
    code,
    level,
    values,
    fixes: about ? fixesFor(about, proxy, values) : [],
  });
  const found = [
    ...streamed(seen, finding),
    ...idled(seen, finding),
    ...socketed(seen, finding),
    ...polled(seen, finding),
    ...hopped(seen, finding),
  ];
  const order = ["bad", "note", "good"];
  return found.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

function streamed(seen, finding) {
  const { stream, round_trip_ms: trip, heartbeat } = seen;
  const { status, held, sent, delays_ms: delays, pushed_bytes: pushed } = stream;
  if (status !== null && status !== 200) return [finding("stream.refused", "bad", { status })];
  const packed = stream.encoding !== null;
  const about = packed ? "compression" : "buffering";
  const cause = packed ? "stream.compressed" : "stream.buffered";
  const values = { held, sent, kilobytes: pushed === null ? 0 : Math.ceil(pushed / 1000) };
  if (held > 0) {
    const size = pushed === null ? "" : ".size";
    return [finding(`${cause}${size}`, "bad", values, about)];
  }
  const typical = middle(delays);
  const others = [seen.socket, seen.poll].filter(({ delays_ms: some }) => some.length > 0);
  // A browser or a network that stalls delays whatever comes.
  const usual = Math.min(Infinity, ...others.map(({ delays_ms: some }) => middle(some)));
  const late = Math.max(LATE_MS, 4 * trip, others.length > 0 ? 3 * usual : 0);
  const stalls = others.length > 0 ? Math.min(...others.map(({ clump }) => clump)) : 0;
  if (typical > late || stream.clump - stalls >= sent / 2) {
    return [finding("stream.late", "bad", { ms: Math.round(typical) }, about)];
  }
  const found = [finding("stream.prompt", "good", { ms: Math.round(typical), heartbeat })];
  if (stream.first_byte_ms > Math.max(OPEN_LATE_MS, 6 * trip)) {
    const ms = Math.round(stream.first_byte_ms);
    found.push(finding("stream.opens_late", "note", { ms }, about));
  }
  if (packed) found.push(finding("stream.packed", "note", { encoding: stream.encoding }, about));
  return found;
}

function idled({ silence, heartbeat }, finding) {
  if (silence === null) return [];
  const seconds = Math.round(silence.seconds);
  if (silence.cut_after_ms !== null) {
    const after = silence.cut_after_ms / 1000;
    const limit = guessLimit(after);
    const beat = Math.max(1, Math.floor((limit ?? after) / 2.5));
    const values = { after: Math.round(after), limit: limit ?? Math.round(after), heartbeat, beat };
    return [finding("idle.cut", "bad", values, "idle")];
  }
  const longest = silence.longest_ms / 1000;
  if (heartbeat !== null && longest > heartbeat * 1.5 + 2 && seconds > heartbeat * 1.5) {
    const values = { longest: Math.round(longest), heartbeat };
    return [finding("idle.held", "bad", values, "buffering")];
  }
  return [finding("idle.stays", "good", { seconds, beats: silence.beats, heartbeat })];
}

/** The usual setting of a time-out that ended a silence of so many seconds; null where none is near. */
export function guessLimit(seconds) {
  return LIMITS.find((limit) => Math.abs(limit - seconds) <= Math.max(0.7, limit * 0.02)) ?? null;
}

function socketed({ socket, origin }, finding) {
  const dead = socket.opened_ms === null ? "socket.blocked" : "socket.silent";
  if (socket.delays_ms.length === 0) return [finding(dead, "bad", { origin }, "websocket")];
  return [finding("socket.works", "good", { ms: Math.round(middle(socket.delays_ms)) })];
}

function polled({ poll, round_trip_ms: trip }, finding) {
  const { cut, delays_ms: delays } = poll;
  if (cut !== null) {
    const values = { after: Math.round(cut.after / 1000), status: cut.status ?? 0 };
    const code = cut.status === null ? "poll.cut" : "poll.refused";
    return [finding(code, "bad", values, "waiting")];
  }
  if (delays.length === 0) return [finding("poll.nothing", "bad")];
  const ms = Math.round(middle(delays));
  if (ms > Math.max(LATE_MS, 4 * trip)) return [finding("poll.late", "bad", { ms }, "buffering")];
  return [finding("poll.works", "good", { ms })];
}

function hopped({ protocol, secure }, finding) {
  if (protocol === null) return [];
  if (protocol.startsWith("h2") || protocol.startsWith("h3")) {
    return [finding("hops.many", "good", { protocol })];
  }
  const code = secure ? "hops.six" : "hops.plain";
  return [finding(code, "note", { protocol }, secure ? "connections" : null)];
}

function fixesFor(about, proxy, values) {
  const known = Object.entries(FIXES[about]).map(([where, setting]) => ({
    where,
    setting: setting.replace(/\{(\w+)\}/, (_, name) => values[name]),
    likely: where === proxy || where === "tornchat",
  }));
  // Where nobody says who it is, all are as likely.
  const told = known.some(({ where }) => where === proxy);
  const fixes = known.map((fix) => ({ ...fix, likely: fix.likely || !told }));
  return [...fixes.filter(({ likely }) => likely), ...fixes.filter(({ likely }) => !likely)];
}

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : 0;
}
