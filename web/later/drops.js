/** Files let go anywhere over the page are for the room that it shows. */
import { emit, h } from "../elements/dom.js";
import { openPanel } from "../elements/panel.js";
import { roomName } from "../js/naming.js";

export function takeDrops(app, store) {
  const overlay = h("div", { class: "drop-here", role: "status", hidden: true });
  let inside = 0;
  const room = () => !document.querySelector("dialog[open]") && store.state.rooms[store.state.open];
  const on = (name, hear) =>
    addEventListener(name, (event) => event.dataTransfer?.types.includes("Files") && hear(event));
  const end = () => {
    inside = 0;
    overlay.hidden = true;
  };
  on("dragenter", () => {
    inside += 1;
    if (!room() || !overlay.hidden) return;
    overlay.hidden = false;
    app.querySelector("room-view main").append(overlay);
    openPanel(app, "tray", "showTarget", overlay, roomName(store.state, room()));
  });
  on("dragleave", () => {
    inside -= 1;
    if (inside <= 0) end();
  });
  on("dragover", (event) => {
    event.preventDefault(); // else the page would give way to the file
    event.dataTransfer.dropEffect = room() ? "copy" : "none";
  });
  on("drop", (event) => {
    event.preventDefault();
    end();
    const files = [...event.dataTransfer.files];
    if (room() && files.length > 0) emit(app, "files-chosen", { room: room().id, files });
  });
}
