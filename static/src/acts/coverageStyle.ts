// How coverage looks: who is in time in strong blues, who is nearly in sand, who is far in a quiet neutral with a broken
// outline, so that what is reached stands out however little it is; no red and green have to be told apart. The same as
// `.cov-0` … and `.share-0` … in coverage.css. Buildings by band of time, grids and communities by the share in time.
import { number } from "../i18n.js";
import type { Colouring, MapView, Overlay, OverlayLayer } from "../map/view.js";

type Shades = readonly string[];

/** Two bands inside the limit, two beyond, and what is later or never reached; and what is reached sooner and later now. */
const BANDS = {
  day: ["#0a4a94", "#4a94dd", "#dba63f", "#ead7ab", "#ece9e2"] as Shades,
  night: ["#a6d4ff", "#3f8ee0", "#a97f38", "#5c5038", "#2a3039"] as Shades,
};
const CHANGES = { day: { sooner: "#1b66b5", later: "#d9680f" }, night: { sooner: "#6cb2f5", later: "#f0883e" } };
const FAR = 4;
const EDGE = { day: "#8a8375", night: "#7f8896" };
/** From which percentage on which shade holds. */
export const SHARE_STEPS = [0, 1, 10, 40, 75, 95] as const;
const SHARES = {
  day: ["#dedad1", "#cfe1f3", "#9cc5ec", "#5c9fdf", "#2270c2", "#0a4a94"] as Shades,
  night: ["#343b45", "#27425f", "#2b5d92", "#347fca", "#5fa9ee", "#a6d4ff"] as Shades,
};
/** In the stead of shares, for areas that are reached sooner or later than before. */
export const SOONER = 3;
export const LATER = 2;

const BAND = ["feature-state", "coverage"];
const SHARE = ["number", ["feature-state", "share"], -1];
const FONT = ["Noto Sans CJK SC", "sans-serif"];
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

const known = (value: unknown, opacity: unknown): unknown => ["case", ["==", ["to-string", value], ""], 0, opacity];
const told = ["feature-state", "share"];

function shareColour(shade: "day" | "night"): unknown {
  const [first, ...rest] = SHARES[shade];
  const { sooner, later } = CHANGES[shade];
  return ["step", SHARE, first, ...rest.flatMap((colour, at) => [SHARE_STEPS[at + 1], colour]), LATER * 100 - 1, later, SOONER * 100 - 1, sooner];
}

function bandColour(shade: "day" | "night"): unknown {
  const { sooner, later } = CHANGES[shade];
  return ["match", ["number", BAND, -9], ...BANDS[shade].flatMap((colour, band) => [band, colour]), 11, sooner, 9, later, "#8b939e"];
}

const BUILDINGS: OverlayLayer[] = [
  { type: "fill", minzoom: 12.5, paint: { "fill-color": bandColour("day"), "fill-opacity": known(BAND, 0.94) }, night: { "fill-color": bandColour("night") } },
  {
    type: "line",
    minzoom: 14,
    paint: {
      "line-color": EDGE.day,
      "line-width": ["interpolate", ["linear"], ["zoom"], 14, 0.6, 17, 1.4],
      "line-dasharray": [2.5, 2],
      "line-opacity": ["match", ["number", BAND, -9], FAR, 1, 0],
    },
    night: { "line-color": EDGE.night },
  },
];

function shares(from: number, to: number, filter?: unknown): OverlayLayer[] {
  const opacity = ["interpolate", ["linear"], ["zoom"], from, known(told, 0.72), to - 0.6, known(told, 0.55), to, known(told, 0.12)];
  const paint = { "fill-color": shareColour("day"), "fill-opacity": opacity };
  return [{ type: "fill", minzoom: from, maxzoom: to, ...(filter ? { filter } : {}), paint, night: { "fill-color": shareColour("night") } }];
}

/** Percentages in words, so that no shade has to be known; where two would overlap, that of more households stands. */
function labels(level: string, minzoom: number, maxzoom: number, size: number): OverlayLayer {
  return {
    type: "symbol",
    above: true,
    minzoom,
    maxzoom,
    filter: ["==", ["get", "level"], level],
    layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], maxzoom - 2, size - 2, maxzoom, size], "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.7, "symbol-sort-key": ["-", 0, ["get", "weight"]], "text-padding": 1 },
    paint: { "text-color": "#10151d", "text-halo-color": "#ffffff", "text-halo-width": 2 },
    night: { "text-color": "#f4f7fb", "text-halo-color": "#10151d" },
  };
}

export interface Place {
  id: number;
  lon: number;
  lat: number;
}

/** Everything that coverage draws. */
export class CoverageLayers {
  private readonly buildings: Colouring;
  private readonly grids: Colouring;
  private readonly areas: Colouring;
  private readonly words: Overlay;

  constructor(map: MapView) {
    this.areas = map.addColouring("areas", "share", shares(7, 12.6, ["==", ["get", "level"], "community"]), "buildings");
    this.grids = map.addColouring("grids", "share", shares(12, 15), "buildings");
    this.buildings = map.addColouring("buildings", "coverage", BUILDINGS, "buildings-edge");
    this.words = map.addOverlay("coverage-words", NOTHING, [labels("community", 7, 13, 14), labels("grid", 13, 15.5, 11.5)]);
  }

  /** Colour buildings by band, or by 1 sooner and -1 later where `changed`. */
  colour(ids: readonly number[], values: readonly number[], changed = false): void {
    const shown = ids.map((id, at) => [id, changed ? 10 + (values[at] ?? 0) : (values[at] ?? 0)] as const);
    this.buildings.set(new Map(changed ? shown.filter(([, value]) => value !== 10) : shown));
  }

  /** Shade communities and grids by the share (0–1) in time, told as `words`. */
  shade<T extends Place>(communities: readonly T[], grids: readonly T[], share: (row: T) => number, words: (row: T) => string): void {
    const weight = (row: T): number => ("households" in row ? Number(row.households) : 1);
    const values = (rows: readonly T[]): Map<number, number> => new Map(rows.map((row) => [row.id, share(row) * 100]));
    this.areas.set(values(communities));
    this.grids.set(values(grids));
    const point = (level: string) => (row: T): GeoJSON.Feature => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [row.lon, row.lat] },
      properties: { level, text: words(row), weight: weight(row) },
    });
    this.words.set({ type: "FeatureCollection", features: [...communities.map(point("community")), ...grids.map(point("grid"))] });
  }

  clear(): void {
    this.colour([], []);
    this.shade<Place>([], [], () => 0, () => "");
  }

  remove(): void {
    for (const layer of [this.buildings, this.grids, this.areas, this.words]) layer.remove();
  }
}

/** A share as "62 %", a small one as "0.4 %"; what is no more than a trace is not called nothing. */
export function percent(part: number, whole: number): string {
  const share = whole ? (100 * part) / whole : 0;
  if (share > 0 && share < 0.05) return "< 0.1 %";
  return `${number(share, share > 0 && share < 10 ? 1 : 0)} %`;
}
