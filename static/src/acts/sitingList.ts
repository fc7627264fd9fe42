// A list of one's own: rows of longitude and latitude, pasted or out of a file, with a name where there is one.
import { t } from "../i18n.js";

export const MOST_PLACES = 5000;

export interface Places {
  places: [number, number][];
  names: string[];
}

/** The places of a text, a row each; an Error with a sentence where a row is none. A first row of headings is passed over. */
export function placesOf(text: string): Places {
  const found: Places = { places: [], names: [] };
  const rows = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (const [index, row] of rows.entries()) {
    if (!row.trim()) continue;
    const cells = row.split(/[,;\t，；]|\s+/).map((cell) => cell.trim().replace(/^["']|["']$/g, "")).filter(Boolean);
    const numbers = cells.map(Number);
    const lon = numbers.findIndex((value) => Number.isFinite(value));
    const [east, north] = [numbers[lon], numbers[lon + 1]];
    if (lon < 0 || east === undefined || north === undefined || !Number.isFinite(north)) {
      if (!found.places.length && index === 0) continue;
      throw new Error(t("Row {n} is no longitude and latitude: {row}", { n: index + 1, row: row.trim().slice(0, 60) }));
    }
    if (Math.abs(east) > 180 || Math.abs(north) > 85) {
      throw new Error(t("Row {n}: longitude comes first, then latitude.", { n: index + 1 }));
    }
    found.places.push([east, north]);
    found.names.push(cells.filter((_, at) => at !== lon && at !== lon + 1).join(" ").slice(0, 100));
  }
  if (found.places.length > MOST_PLACES) {
    throw new Error(t("{n} places are too many: at most {most}.", { n: found.places.length, most: MOST_PLACES }));
  }
  return found;
}
