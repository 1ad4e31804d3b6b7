/** The two pictures of the lab, in SVG. What they show is in a table beside them as well. */
import { t } from "../js/i18n.js";
import { BUCKETS, marks, placeOf } from "./distribution.js";
import { PARTS } from "./split.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 720;
const LEFT = 4;
const ROW = 64;
const AXIS = 22;

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const x = (place) => LEFT + place * (WIDTH - 2 * LEFT);

/** A row of bars for each transport, over one logarithmic axis, with lines at p50 and p99. */
export class Histograms {
  #rows = new Map();

  constructor(names, label) {
    const height = names.length * ROW + AXIS;
    this.element = svg("svg", {
      class: "histograms",
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: "img",
      "aria-label": label,
    });
    this.element.append(...axis(names.length * ROW));
    names.forEach((name, k) => {
      const base = (k + 1) * ROW - 6;
      const bars = svg("path", { class: `bars ${name}` });
      const half = svg("path", { class: "mark-half" });
      const most = svg("path", { class: "mark-most" });
      const title = svg("text", { class: `row-name ${name}`, x: LEFT + 2, y: base - ROW + 24 });
      title.textContent = t(`lab.transport.${name}`);
      const ground = svg("path", { class: "ground", d: `M${LEFT} ${base}H${WIDTH - LEFT}` });
      this.element.append(bars, ground, half, most, title);
      this.#rows.set(name, { base, bars, half, most });
    });
  }

  show(name, distribution) {
    const { base, bars, half, most } = this.#rows.get(name);
    const tallest = Math.max(...distribution.buckets, 1);
    const wide = (WIDTH - 2 * LEFT) / BUCKETS;
    let path = "";
    distribution.buckets.forEach((count, k) => {
      if (count === 0) return;
      const high = Math.max(2, (count / tallest) * (ROW - 30));
      path += `M${(x(k / BUCKETS) + 0.5).toFixed(1)} ${base}v${-high.toFixed(1)}h${(wide - 1).toFixed(1)}v${high.toFixed(1)}z`;
    });
    bars.setAttribute("d", path);
    const { n, p50, p99 } = distribution.summary();
    const line = (ms) => (n ? `M${x(placeOf(ms)).toFixed(1)} ${base + 4}V${base - ROW + 30}` : "");
    half.setAttribute("d", line(p50));
    most.setAttribute("d", line(p99));
  }
}

function axis(bottom) {
  return marks().flatMap(({ ms, place }, k, all) => {
    const anchor = k === 0 ? "start" : k === all.length - 1 ? "end" : "middle";
    const text = svg("text", { class: "axis", x: x(place), y: bottom + 16, "text-anchor": anchor });
    text.textContent = ms < 1000 ? t("lab.ms", { ms }) : t("lab.s", { s: ms / 1000 });
    return [svg("path", { class: "grid", d: `M${x(place)} 6V${bottom}` }), text];
  });
}

/** The parts of one transport's trip, one behind the other; all together fill the width. */
export function splitBar({ parts }, total, label) {
  const bar = svg("svg", {
    class: "split",
    viewBox: "0 0 1000 20",
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  let at = 0;
  for (const name of PARTS) {
    const width = (parts[name] / total) * 1000;
    if (width > 0) {
      const part = { class: `part ${name}`, x: at.toFixed(2), y: 0, width: width.toFixed(2) };
      bar.append(svg("rect", { ...part, height: 20 }));
    }
    at += width;
  }
  return bar;
}
