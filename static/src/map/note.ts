// A sentence on the map that says why nothing is drawn on it.
import { byId, replace } from "../dom.js";
import { icon } from "../icons.js";

/** Show `text` at the foot of the map; null takes it away. */
export function showNote(text: string | null): void {
  const note = byId("map-note");
  note.hidden = text === null;
  replace(note, text === null ? null : [icon("info", 18), text]);
}
