// How sites and what they cover look on the map. The number stands on every site, so that no colour has to be known.
import type { OverlayLayer } from "../map/view.js";
import type { Siting } from "./sitingTypes.js";

/** White text holds 4.5 : 1 on each. */
const COLOURS = ["#0b57d0", "#b3261e", "#1d7045", "#7a3fb0", "#9a5b00", "#00707a", "#b5206f", "#4d6100", "#5f5348", "#31519b"] as const;
const STANDING = "#5c6675";
/** Doors that need no site, or get none, step back behind those that do; the same as `--dot-…` in siting.css. */
const QUIET = { day: { standing: "#8796ac", left: "#dcd7cb", edge: "#8a8375" }, night: { standing: "#66768e", left: "#343b46", edge: "#7f8896" } };

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
      ...points(doors.left, "", "left"),
      ...points(doors.standing, "", "standing"),
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

const byRole = (site: number, other: number): unknown => ["match", ["get", "role"], "site", site, other];
const colour = ({ standing, left }: { standing: string; left: string }): unknown => ["match", ["get", "role"], "left", left, "standing", standing, ["get", "colour"]];
const edge = (shade: string): unknown => ["match", ["get", "role"], "left", shade, "#ffffff"];

export const DOOR_LAYERS: OverlayLayer[] = [
  {
    type: "circle",
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, byRole(2.6, 1.2), 14, byRole(4.4, 2.6), 17, byRole(7, 5)],
      "circle-color": colour(QUIET.day),
      "circle-opacity": ["match", ["get", "role"], "site", 1, 0.85],
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 12, 0, 13.5, 0.7, 16, 1],
      "circle-stroke-color": edge(QUIET.day.edge),
    },
    night: { "circle-color": colour(QUIET.night), "circle-stroke-color": edge(QUIET.night.edge) },
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
