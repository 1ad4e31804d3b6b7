/** The icon of the page, and of the app where it is installed, with what waits to be read. */

const ICON = "/icon.svg";
const MOST = 99;

let shown = "";
let drawing = null; // the icon's own text, fetched once

/** `count` concerns me; `others`: something else is unread. */
export async function showBadge({ count, others }) {
  const mark = count > 0 ? String(Math.min(count, MOST)) : others ? "dot" : "";
  if (mark === shown) return;
  shown = mark;
  badgeApp(count, others);
  const link = document.querySelector('link[rel="icon"]');
  if (mark === "") {
    link.href = ICON;
    return;
  }
  drawing ??= fetch(ICON).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)));
  try {
    const svg = (await drawing).replace("</svg>", `${drawn(mark)}</svg>`);
    if (mark === shown) link.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  } catch {
    drawing = null; // Tried again with the next number.
  }
}

/** Over the lower right of the icon, of 48 x 48. */
function drawn(mark) {
  if (mark === "dot") return '<circle cx="38" cy="38" r="9" fill="white"/><circle cx="38" cy="38" r="6.5" fill="orangered"/>';
  const width = mark.length > 1 ? 34 : 26;
  return (
    `<rect x="${48 - width}" y="20" width="${width}" height="28" rx="13" fill="orangered"/>` +
    `<text x="${48 - width / 2}" y="42" font-family="sans-serif" font-size="23" font-weight="bold" ` +
    `fill="white" text-anchor="middle">${mark}</text>`
  );
}

function badgeApp(count, others) {
  const shows = count > 0 ? navigator.setAppBadge?.(count) : others ? navigator.setAppBadge?.() : navigator.clearAppBadge?.();
  shows?.catch(() => {}); // Not installed, or not allowed.
}
