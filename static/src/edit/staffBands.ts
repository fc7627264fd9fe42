// How much a grid lacks, in five bands: the further from what is meant, the further the colour from the ground. The same as
// `.staff-0` … in publication.css.
import type { OverlayLayer } from "../map/view.js";
import { t } from "../i18n.js";

export type Measure = "load" | "vacant";

export interface GridStaff {
  readonly grid: number;
  readonly code: string | null;
  readonly name: string;
  readonly name_en: string;
  readonly households: number;
  readonly needed: number;
  /** Who works in several grids counts for a share. */
  readonly workers: number;
  /** Households to a worker; null where nobody works. */
  readonly load: number | null;
  readonly vacant: number;
  readonly posts: readonly { role: string; holder: string | null; grids: number }[];
}

export const BANDS = [0, 1, 2, 3, 4] as const;
const LOADS = [80, 160, 320] as const; // households to a worker: as meant, twice, four times as many
const COLOURS = {
  day: ["#d5e3ee", "#f2dfae", "#e3a84e", "#964510", "#74200f"],
  night: ["#2c3d4e", "#5f5231", "#8a6224", "#df8f4c", "#ffc3a6"],
} as const;
/** From this band on a name is turned: dark by night, light by day. */
export const STRONG = 3;

export function bandOf({ load, households, vacant, posts }: GridStaff, measure: Measure): number {
  if (measure === "vacant") return vacant === posts.length && vacant > 0 ? 4 : Math.min(vacant, 3);
  if (load === null) return households ? 4 : 0;
  const over = LOADS.findIndex((most) => load <= most);
  return over < 0 ? 3 : over;
}

export function bandWord(band: number, measure: Measure): string {
  const [meant, twice, four] = LOADS;
  const loads = [
    t("up to {n}", { n: meant }), t("{from} to {to}", { from: meant + 1, to: twice }), t("{from} to {to}", { from: twice + 1, to: four }),
    t("over {n}", { n: four }), t("nobody works there"),
  ];
  const vacant = [t("none"), "1", "2", t("3 or more"), t("all")];
  return (measure === "load" ? loads : vacant)[band] ?? "";
}

function colour(shade: "day" | "night"): unknown {
  return ["match", ["get", "band"], ...COLOURS[shade].flatMap((one, band) => [band, one]), "#888888"];
}

export const STAFF_LAYERS: OverlayLayer[] = [
  { type: "fill", paint: { "fill-color": colour("day"), "fill-opacity": ["case", ["<", ["get", "band"], 0], 0, 0.82] }, night: { "fill-color": colour("night") } },
];
