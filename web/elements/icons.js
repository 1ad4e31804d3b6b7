/** Line icons of 20 x 20, drawn for this page. */
const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h14M2.5 12.5h14",
  lock: "M6 9V6.5a4 4 0 0 1 8 0V9M4.5 9h11v7.5h-11zM10 12v1.800",
  plus: "M10 4v12M4 10h12",
  compass: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM13 7l-1.600 4.400L7 13l1.600-4.400z",
  back: "M12.5 4 6.5 10l6 6",
  people:
    "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c.4-3 2.5-4.700 5.5-4.700s5.100 1.700 5.5 4.700M13 3.800a3 3 0 0 1 0 5.400M15 12.300c1.700.7 2.700 2.100 3 4.200",
  search: "M8.800 14.600a5.800 5.800 0 1 0 0-11.600 5.800 5.800 0 0 0 0 11.600zM13 13l4 4",
  attach: "M14.500 8.500l-5.700 5.700a3 3 0 0 1-4.200-4.200l6.400-6.400a2 2 0 0 1 2.800 2.800l-6.300 6.300a1 1 0 0 1-1.400-1.400l5.200-5.200",
  send: "M3 10h11M9 4.5l5.5 5.5L9 15.5",
  up: "M10 16V4M4.5 9.5 10 4l5.5 5.5",
  check: "M4 10.5l4 4 8-9",
  bell: "M4.5 14.5h11c-1-1.200-1.300-2.500-1.300-5a4.200 4.200 0 0 0-8.400 0c0 2.500-.3 3.800-1.300 5zM8.5 17h3",
  mute: "M4.5 14.5h11c-1-1.200-1.300-2.500-1.300-5a4.200 4.200 0 0 0-8.400 0c0 2.500-.3 3.800-1.300 5zM8.5 17h3M3.5 3.5l13 13",
  mention: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM13 7v4a2 2 0 0 0 4 0v-1a7 7 0 1 0-3 5.700",
  unread: "M3.5 5h9M3.5 10h6M3.5 15h9M15.5 10a1.5 1.500 0 1 0 0-3 1.5 1.500 0 0 0 0 3z",
  down: "M10 4v12M4.5 10.5 10 16l5.5-5.5",
  close: "M5 5l10 10M15 5 5 15",
  sliders:
    "M3 6h8M15 6h2M3 14h2M9 14h8M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  alert: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 6.5v4.5M10 13.600v.1",
  react: "M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM6.500 11.500c1.700 3 5.300 3 7 0M7.500 7.500v.6M12.500 7.500v.6",
  chat: "M3.5 4.5h13v9H9l-3.500 3v-3h-2z",
  reply: "M8 4.500 3 9.500l5 5M3.500 9.500h8c3 0 5 2 5 6",
  more: "M4.500 10.500a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1zM10 10.500a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1zM15.500 10.500a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1z",
  pin: "M7.500 3h5M8 3v5L5.500 11h9L12 8V3M10 11v6",
  link: "M8.500 11.500a3 3 0 0 0 4.200 0l3-3a3 3 0 0 0-4.200-4.200l-1 1M11.500 8.500a3 3 0 0 0-4.200 0l-3 3a3 3 0 0 0 4.200 4.200l1-1",
  edit: "M12.5 4.5l3 3L7 16l-3.500.5L4 13zM10.500 6.500l3 3",
  delete: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.500h7.400L14.5 6M8.5 9v4.500M11.5 9v4.500",
  archive: "M3 4.500h14v3H3zM4.500 7.500v8.500h11V7.500M8 11h4",
  silent: "M3.500 8v4h3l4 3.500v-11L6.500 8zM13.500 8l4 4M17.500 8l-4 4",
  copy: "M7.500 7.500h9v9h-9zM4.500 12.500h-1v-9h9v1",
  exit: "M8 3H4v14h4M8.5 10H17M13.5 6.5 17 10l-3.5 3.5",
};

export const icon = (name, size) => drawn(PATHS[name], size);

/** An icon of another drawer's path. */
export function drawn(d, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const attributes = {
    viewBox: "0 0 20 20",
    width: size,
    height: size,
    "aria-hidden": "true",
    fill: "none",
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  path.setAttribute("d", d);
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "1.6");
  path.setAttribute("stroke-linecap", "round");
  path.setAttribute("stroke-linejoin", "round");
  svg.append(path);
  return svg;
}
