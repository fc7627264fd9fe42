// What is found on the map at a place, each thing once.
import type { MapGeoJSONFeature } from "maplibre-gl";
import { LAYERS } from "./layers.js";

/** Something drawn on the map: `layer` is a row of the layer table ("grids") or the id of an overlay. */
export interface MapFeature {
  layer: string;
  id: string;
  properties: Record<string, unknown>;
  /** Where it is drawn, in degrees; of a polygon what the tiles in view hold. */
  geometry: GeoJSON.Geometry;
}

export interface ScreenPoint {
  x: number;
  y: number;
}

/** The same for all the pieces in which one thing is drawn. */
export function keyOf(feature: MapGeoJSONFeature): string {
  return `${feature.source}/${String(feature.id ?? feature.properties["uid"] ?? JSON.stringify(feature.properties))}`;
}

/** Each thing once, in its first place. */
export function distinct(features: MapGeoJSONFeature[]): MapFeature[] {
  const seen = new Map(features.map((feature) => [keyOf(feature), feature] as const).reverse());
  return [...seen.entries()].reverse().map(([, feature]) => ({
    layer: LAYERS.some(({ id }) => id === feature.source) ? feature.source : feature.layer.id,
    id: String(feature.properties["uid"] ?? feature.id ?? ""),
    properties: feature.properties,
    geometry: feature.geometry,
  }));
}
