// Coordinates as people write them.
import { t } from "../i18n.js";
import type { LngLat } from "../types.js";

/** A place out of "120.5811, 31.9073", in either order where only one makes sense; or the sentence that says what is wrong. */
export function readPlace(text: string): LngLat | string {
  const numbers = text.trim().split(/[\s,，;；]+/).filter(Boolean).map(Number);
  const [first = NaN, second = NaN] = numbers;
  if (numbers.length !== 2 || !Number.isFinite(first) || !Number.isFinite(second)) {
    return t("Write longitude and latitude in degrees, e.g. 120.5811, 31.9073.");
  }
  const [lon, lat] = Math.abs(second) > 90 ? [second, first] : [first, second]; // maps of other makers put latitude first
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? { lon, lat } : t("Longitude goes from -180 to 180, latitude from -85 to 85.");
}
