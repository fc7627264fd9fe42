// What /api/v1/legacy says: nets of other departments, over the blocks, and two of them side by side.
import { number, t } from "../i18n.js";

/** A system in which a net may be, and how well it lies on the blocks then; each a share. */
export interface Guess {
  readonly code: string;
  readonly kind: string;
  /** The zone, or the meridian in degrees. */
  readonly number: number;
  /** The file lists north first. */
  readonly swapped: boolean;
  /** By how many metres the place may be off; null where nobody knows. */
  readonly metres: number | null;
  readonly fit: number;
  readonly inside: number;
  readonly covered: number;
  readonly aligned: number;
}

interface Named {
  readonly count: number;
  readonly first: readonly { readonly number: number; readonly name: string }[];
}

export interface Net {
  readonly id: number;
  readonly name: string;
  readonly state: "reading" | "read" | "taken";
  readonly crs: string | null;
  readonly grids: number;
  /** That reads the file, where one has sent it oneself. */
  readonly job: number | null;
  readonly report: { readonly kind?: string; readonly guesses?: readonly Guess[]; readonly sure?: boolean; readonly mended?: Named; readonly lost?: Named };
}

export type NetShapes = GeoJSON.FeatureCollection & { readonly net: Net };

/** A net over the blocks: the grid of each block, in the order of `Overlays.blocks`, and its share of it. */
export interface Laid {
  readonly id: number;
  readonly name: string;
  /** The share of its households that have the same neighbours today; null where no household lies in it here. */
  readonly as_today: number | null;
}

export interface Amiss {
  readonly id: number;
  readonly name: string;
  readonly gaps: readonly { readonly block: number; readonly households: number }[];
  readonly doubles: readonly { readonly grids: readonly { readonly name: string }[]; readonly blocks: readonly number[]; readonly households: number }[];
  readonly households: { readonly in_no_grid: number; readonly in_several: number };
}

interface GridName {
  readonly name: string;
  readonly code: string;
}

export interface Crosswalk {
  readonly one: { readonly name: string };
  readonly two: { readonly name: string };
  readonly rows: readonly { readonly one: GridName | null; readonly two: GridName | null; readonly households: number; readonly buildings: number }[];
  readonly borders: { readonly one: readonly number[]; readonly two: readonly number[] };
  readonly blocks: readonly number[];
  readonly households: number;
}

export interface Proposal {
  readonly plan?: string;
  readonly nets: readonly { readonly name: string; readonly kept: number }[];
  readonly scores: { readonly in_range: number };
}

/** By how much a place may be off, where that can be seen on the map. */
export function offWord({ metres }: Guess): string | null {
  if (metres === null) return t("may lie up to about 130 m off: the way from this system to CGCS2000 is not published");
  return metres > 1 ? t("may lie {n} m off", { n: number(metres) }) : null;
}

/** What a system of coordinates is called. */
export function systemWord(code: string): string {
  const swapped = code.endsWith("/yx");
  const word = plainWord(code.replace("/yx", ""));
  return swapped ? t("{system}, north first", { system: word }) : word;
}

function plainWord(code: string): string {
  const epsg = Number(code.replace("EPSG:", ""));
  const within = (first: number, last: number): boolean => epsg >= first && epsg <= last;
  if (code === "file") return t("as the file says");
  if (code === "EPSG:4326") return t("Longitude and latitude (WGS 84, CGCS2000)");
  if (code === "GCJ-02") return t("GCJ-02, as on most maps in China");
  if (code === "BD-09") return t("BD-09, as on Baidu's maps");
  if (code === "EPSG:3857") return t("Web Mercator");
  if (within(4491, 4501)) return t("CGCS2000, 6° zone {n} before the easting", { n: epsg - 4478 });
  if (within(4502, 4512)) return t("CGCS2000, 6° zone around {n}° E", { n: 75 + 6 * (epsg - 4502) });
  if (within(4513, 4533)) return t("CGCS2000, 3° zone {n} before the easting", { n: epsg - 4488 });
  if (within(4534, 4554)) return t("CGCS2000, 3° zone around {n}° E", { n: 75 + 3 * (epsg - 4534) });
  if (within(2327, 2337)) return t("Xian 80, 6° zone {n} before the easting", { n: epsg - 2314 });
  if (within(2338, 2348)) return t("Xian 80, 6° zone around {n}° E", { n: 75 + 6 * (epsg - 2338) });
  if (within(2349, 2369)) return t("Xian 80, 3° zone {n} before the easting", { n: epsg - 2324 });
  if (within(2370, 2390)) return t("Xian 80, 3° zone around {n}° E", { n: 75 + 3 * (epsg - 2370) });
  if (within(21413, 21423)) return t("Beijing 54, 6° zone {n} before the easting", { n: epsg - 21400 });
  if (within(21453, 21463)) return t("Beijing 54, 6° zone around {n}° E", { n: 75 + 6 * (epsg - 21453) });
  if (within(2401, 2421)) return t("Beijing 54, 3° zone {n} before the easting", { n: epsg - 2376 });
  if (within(2422, 2442)) return t("Beijing 54, 3° zone around {n}° E", { n: 75 + 3 * (epsg - 2422) });
  if (within(32643, 32653)) return t("UTM zone {n}", { n: epsg - 32600 });
  return code;
}
