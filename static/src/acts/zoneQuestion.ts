// What a person asks of a response zone, and how the address of the page keeps it:
//   #zone=121.47,31.23,foot,1-3-5-10                        one place
//   #zone=121.47,31.23;121.48,31.24,car,2.5,toward          two places, who reaches them
//   #zone=,emergency,3,out,micro_fire                       all stations of a kind
import { query } from "../api.js";
import { t } from "../i18n.js";
import { STATION_KINDS } from "../words.js";
import type { LngLat } from "../types.js";

export const MODES = ["foot", "ebike", "car", "emergency"] as const;
export type Mode = (typeof MODES)[number];
export const DIRECTIONS = ["toward", "out"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const MODE_WORDS: Record<Mode, () => string> = {
  foot: () => t("On foot"),
  ebike: () => t("E-bike"),
  car: () => t("Car"),
  emergency: () => t("Emergency"),
};

/** Minutes that are offered; any others may be added. */
export const MINUTES: readonly number[] = [1, 3, 5, 10];
const SHORTEST = 0.25;
const LONGEST = 60;
export const MOST_MINUTES = 12;
export const MOST_PLACES = 20;

export interface Question {
  places: readonly LngLat[];
  /** A kind of station, all of which are origins beside the places. */
  kind: string | null;
  mode: Mode;
  minutes: readonly number[];
  direction: Direction;
}

/** Minutes as somebody writes them, "2.5" or "2,5"; or the sentence that says what is wrong with them. */
export function readMinutes(text: string): number | string {
  const value = Number(text.trim().replace(/[,，]/, "."));
  if (!text.trim() || !Number.isFinite(value)) return t("Write minutes as a number, e.g. 2.5.");
  if (value < SHORTEST || value > LONGEST) return t("Minutes must be from {low} to {high}.", { low: String(SHORTEST), high: LONGEST });
  return Math.round(value * 100) / 100;
}

/** The question as the API takes it. */
export function queryOf({ places, kind, mode, minutes, direction }: Question): string {
  return query({
    places: places.length ? places.map(({ lon, lat }) => `${lon},${lat}`).join(";") : null,
    kinds: kind,
    mode,
    minutes: minutes.join(","),
    direction,
  });
}

/** The question as the address keeps it. */
export function addressOf({ places, kind, mode, minutes, direction }: Question): string {
  const where = places.map(({ lon, lat }) => `${lon.toFixed(6)},${lat.toFixed(6)}`).join(";");
  const rest = kind ? `,${direction},${kind}` : direction === "out" ? "" : `,${direction}`;
  return `#zone=${where},${mode},${minutes.join("-")}${rest}`;
}

/** The question that an address asks; null where it asks none. */
export function fromAddress(hash: string): Question | null {
  const match = /^#zone=([-\d.,;]*),(foot|ebike|car|emergency),([\d.-]+)(?:,(out|toward))?(?:,([a-z_]+))?$/.exec(hash);
  if (!match) return null;
  const [, where = "", mode, spans = "", direction = "out", kind] = match;
  const places = where ? where.split(";").map(placeOf) : [];
  const minutes = [...new Set(spans.split("-").map(readMinutes))].filter((one): one is number => typeof one === "number");
  const known = kind !== undefined && STATION_KINDS.includes(kind) ? kind : null;
  if (places.some((place) => place === null) || places.length > MOST_PLACES || !minutes.length || minutes.length > MOST_MINUTES) return null;
  if (!places.length && !known) return null;
  return {
    places: places as LngLat[],
    kind: known,
    mode: mode as Mode,
    minutes: minutes.sort((one, other) => one - other),
    direction: direction as Direction,
  };
}

function placeOf(text: string): LngLat | null {
  const match = /^(-?[\d.]+),(-?[\d.]+)$/.exec(text);
  const [lon, lat] = [Number(match?.[1]), Number(match?.[2])];
  return match && Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { lon, lat } : null;
}
