// How coverage looks: blue in time, orange to rust too late, so that no red and green have to be told apart; the same
// as `.cov-0` … in coverage.css. Buildings by band of time, grids and communities by the share that is in time.
import { number } from "../i18n.js";
import type { Colouring, MapView, Overlay, OverlayLayer } from "../map/view.js";

/** Two bands inside the limit, two beyond, and what is later or never reached. */
export const BANDS = ["#1b66b5", "#7db8ea", "#f6c667", "#e5742a", "#9c2f0a"] as const;
/** Reached sooner, and later, than before. */
const CHANGES: Readonly<Record<number, string>> = { 1: "#1b66b5", [-1]: "#e5742a" };

const BAND = ["feature-state", "coverage"];
const SHARE = ["number", ["feature-state", "share"], -1];
const FONT = ["Noto Sans CJK SC", "sans-serif"];
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

const shareColour = ["interpolate", ["linear"], SHARE, 0, BANDS[4], 30, BANDS[3], 60, BANDS[2], 85, BANDS[1], 100, BANDS[0]];
const known = (value: unknown, opacity: unknown): unknown => ["case", ["==", ["to-string", value], ""], 0, opacity];
const told = ["feature-state", "share"];

const BUILDINGS: OverlayLayer[] = [
  {
    type: "fill",
    minzoom: 12.5,
    paint: {
      "fill-color": ["match", ["number", BAND, -9], ...BANDS.flatMap((colour, band) => [band, colour]), 11, CHANGES[1], 9, CHANGES[-1], "#8b939e"],
      "fill-opacity": known(BAND, 0.94),
    },
  },
];

function shares(from: number, to: number, filter?: unknown): OverlayLayer[] {
  const opacity = ["interpolate", ["linear"], ["zoom"], from, known(told, 0.52), to - 0.6, known(told, 0.42), to, known(told, 0.12)];
  return [{ type: "fill", minzoom: from === 7 ? 7 : from, maxzoom: to, ...(filter ? { filter } : {}), paint: { "fill-color": shareColour, "fill-opacity": opacity } }];
}

/** Percentages in words, so that no shade has to be known. */
function labels(level: string, minzoom: number, maxzoom: number, size: number): OverlayLayer {
  return {
    type: "symbol",
    above: true,
    minzoom,
    maxzoom,
    filter: ["==", ["get", "level"], level],
    layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": size, "text-offset": [0, 1.35], "text-allow-overlap": level === "community", "text-padding": 1 },
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
    const values = (rows: readonly T[]): Map<number, number> => new Map(rows.map((row) => [row.id, share(row) * 100]));
    this.areas.set(values(communities));
    this.grids.set(values(grids));
    const point = (level: string) => (row: T): GeoJSON.Feature => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [row.lon, row.lat] },
      properties: { level, text: words(row) },
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
