/** The icon of the page, and of the app where it is installed, with what waits to be read. */

const ICON = "/icon.svg";
const MOST = 99;
const SIDE = 64;

let wanted = "";
let drawing = null; // the icon itself, on its way or there

/** `count` concerns me; `others`: something else is unread. */
export async function showBadge({ count, others }) {
  const mark = count > 0 ? String(Math.min(count, MOST)) : others ? "dot" : "";
  wanted = mark;
  badgeApp(count, others);
  const link = document.querySelector('link[rel="icon"]');
  if (mark === "") {
    link.href = ICON;
    return;
  }
  try {
    const image = await (drawing ??= loaded());
    if (mark === wanted) link.href = drawn(image, mark);
  } catch {
    drawing = null; // Tried again with the next number.
  }
}

async function loaded() {
  const image = new Image(SIDE, SIDE);
  image.src = ICON;
  await image.decode();
  return image;
}

/** Over the lower right of the icon. */
function drawn(image, mark) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0, SIDE, SIDE);
  paper.fillStyle = "white";
  if (mark === "dot") {
    disc(paper, 50, 50, 13);
    paper.fillStyle = "orangered";
    disc(paper, 50, 50, 9);
  } else {
    const width = mark.length > 1 ? 46 : 36;
    paper.fillStyle = "orangered";
    paper.beginPath();
    paper.roundRect(SIDE - width, 26, width, 38, 17);
    paper.fill();
    paper.fillStyle = "white";
    paper.font = "bold 32px sans-serif";
    paper.textAlign = "center";
    paper.fillText(mark, SIDE - width / 2, 57);
  }
  return canvas.toDataURL();
}

function disc(paper, x, y, radius) {
  paper.beginPath();
  paper.arc(x, y, radius, 0, 2 * Math.PI);
  paper.fill();
}

function badgeApp(count, others) {
  const shown = count > 0 || others ? navigator.setAppBadge?.(count || undefined) : navigator.clearAppBadge?.();
  shown?.catch(() => {}); // Not installed, or not allowed.
}
