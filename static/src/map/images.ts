// The pictures of the map, drawn from icons.ts in the colours of the palette.
import { arrow, badge, hatch } from "../icons.js";
import { INCIDENT_COLOURS, paletteOf, STATION_COLOURS } from "./palette.js";
import type { StyleOptions } from "./style.js";

/** Hand every picture to `add`: "station-<kind>", "incident-<category>", "flag-<kind>", "pin", "arrow", "hatch". */
export function drawImages(add: (name: string, data: ImageData) => void, { shade, flagKinds }: StyleOptions): void {
  const { rim, route, halo, selected, text } = paletteOf(shade);
  for (const [kind, colour] of Object.entries(STATION_COLOURS)) add(`station-${kind}`, badge(kind, colour, rim, "square", 26));
  for (const [category, colour] of Object.entries(INCIDENT_COLOURS)) add(`incident-${category}`, badge(category, colour, rim, "drop", 40));
  for (const { kind, colour } of flagKinds) add(`flag-${kind}`, badge(kind, colour, rim, "disc", 26));
  add("pin", badge("pin", selected, rim, "drop", 40));
  add("arrow", arrow(route, halo));
  add("hatch", hatch(text));
}
