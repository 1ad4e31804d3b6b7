/** The way of a message as one bar in SVG: what took how long, and how far that is uncertain. The table below it says
 * the same in words, so that the picture is hidden from those who do not see it. */
import { middleOf } from "./way.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const HEIGHT = 44;
const THICK = 28;
/** Parts are seen however short they are. */
const LEAST = 6;

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** `gaps` as of gapsOf. What has no upper end has no width of its own: it is drawn open. */
export function wayBar(gaps) {
  const lengths = gaps.map((gap) => middleOf(gap) ?? gap.least);
  const total = Math.max(lengths.reduce((sum, ms) => sum + ms, 0), 0.001);
  const free = WIDTH - LEAST * gaps.length;
  const x = (ms) => (ms / total) * free;
  const bar = svg("svg", { class: "way-bar", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  let at = 0;
  gaps.forEach((gap, i) => {
    const width = x(lengths[i]) + LEAST;
    const shape = { x: at.toFixed(1), width: width.toFixed(1), y: 2, height: THICK };
    const open = middleOf(gap) === null ? " way-open" : "";
    bar.append(svg("rect", { ...shape, class: `way-part to-${gap.to.name}${open}` }));
    at += width;
    const spread = gap.most - gap.least;
    // The end of this part is uncertain by half of that to either side.
    if (spread > 0 && spread < Infinity && i < gaps.length - 1) {
      const half = Math.min(x(spread / 2), WIDTH / 4);
      const [from, to] = [Math.max(0, at - half), Math.min(WIDTH, at + half)].map((place) => place.toFixed(1));
      bar.append(svg("path", { class: "way-doubt", d: `M${from} 33V43M${from} 38H${to}M${to} 33V43` }));
    }
  });
  return bar;
}
