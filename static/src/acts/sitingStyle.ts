// How sites and what they cover look on the map. The number stands on every site, so that no colour has to be known.
import type { OverlayLayer } from "../map/view.js";
import type { Siting } from "./sitingTypes.js";

/** White text holds 4.5 : 1 on each. */
const COLOURS = ["#0b57d0", "#b3261e", "#1d7045", "#7a3fb0", "#9a5b00", "#00707a", "#b5206f", "#4d6100", "#5f5348", "#31519b"] as const;
export const STANDING = "#5c6675";
export const LEFT = "#9aa0a6";

/** The colour of site number `index`, from 0. */
export function siteColour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}

/** Doors that each site newly covers, those of existing stations, and those that nobody reaches. */
export function doorsOf({ doors }: Siting): GeoJSON.FeatureCollection {
  const points = (coordinates: [number, number][], colour: string, role: string): GeoJSON.Feature[] =>
    coordinates.length ? [{ type: "Feature", properties: { colour, role }, geometry: { type: "MultiPoint", coordinates } }] : [];
  return {
    type: "FeatureCollection",
    features: [
      ...points(doors.left, LEFT, "left"),
      ...points(doors.standing, STANDING, "standing"),
      ...doors.sites.flatMap((coordinates, index) => points(coordinates, siteColour(index), "site")),
    ],
  };
}

/** Sites with their numbers, and the stations that give way. */
export function sitesOf({ sites, moved }: Siting, chosen: number | null): GeoJSON.FeatureCollection {
  const at = (lon: number, lat: number, properties: Record<string, unknown>): GeoJSON.Feature => ({
    type: "Feature",
    properties,
    geometry: { type: "Point", coordinates: [lon, lat] },
  });
  return {
    type: "FeatureCollection",
    features: [
      ...moved.map(({ lon, lat }) => at(lon, lat, { role: "moved", label: "×", colour: STANDING, chosen: false })),
      ...sites.map(({ lon, lat }, index) => at(lon, lat, { role: "site", label: String(index + 1), colour: siteColour(index), site: index, chosen: index === chosen })),
    ],
  };
}

const NEAR = ["interpolate", ["linear"], ["zoom"], 11, 1.6, 14, 3, 17, 6];

export const DOOR_LAYERS: OverlayLayer[] = [
  {
    type: "circle",
    above: true,
    paint: {
      "circle-radius": NEAR,
      "circle-color": ["get", "colour"],
      "circle-opacity": ["match", ["get", "role"], "left", 0.45, "standing", 0.7, 0.95],
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0, 16, 1],
      "circle-stroke-color": "#ffffff",
    },
  },
];

export const SITE_LAYERS: OverlayLayer[] = [
  {
    type: "circle",
    above: true,
    paint: {
      "circle-radius": ["case", ["get", "chosen"], 17, 13],
      "circle-color": ["get", "colour"],
      "circle-stroke-width": ["case", ["get", "chosen"], 4, 2.5],
      "circle-stroke-color": "#ffffff",
    },
  },
  {
    type: "symbol",
    above: true,
    layout: {
      "text-field": ["get", "label"],
      "text-font": ["Noto Sans CJK SC", "sans-serif"],
      "text-size": 13,
      "text-allow-overlap": true,
      "text-ignore-placement": true,
    },
    paint: { "text-color": "#ffffff" },
  },
];
