// The whole style as a pure function of what the page wants to show; view.ts applies the difference to the map.
import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";
import { paletteOf, type Palette, type Shade } from "./palette.js";
import { FONT, ground, groundLabels, nameIn, surfaces, ways } from "./ground.js";
import type { Language } from "../i18n.js";
import type { FlagKind } from "../types.js";

export interface StyleOptions {
  shade: Shade;
  language: Language;
  on: ReadonlySet<string>;
  /** In the order in which they colour a building. */
  flagKinds: readonly FlagKind[];
  /** The kinds that are looked at; null for all. */
  flags: ReadonlySet<string> | null;
  /** Buildings stand up. */
  tilted: boolean;
  /** Grids step back, so that what an act draws is seen first. */
  quiet: boolean;
}

/** Tile layers and the zooms at which tiles are fetched; beyond the second they are enlarged. */
const TILES: Readonly<Record<string, readonly [number, number]>> = {
  green: [9, 15], water: [8, 15], roads: [8, 16], railways: [9, 15],
  areas: [7, 14], compounds: [12, 15], grids: [10, 15], buildings: [13, 16],
  "patrol-routes": [12, 16], stations: [11, 15], incidents: [7, 15],
};

/** Address of a layer's tiles; the version makes a changed dataset a new address. */
export function tileAddress(origin: string, layer: string, version: number): string {
  return `${origin}/api/v1/tiles/${layer}/{z}/{x}/{y}.mvt?v=${version}`;
}

export function sourcesFor(origin: string, version: (layer: string) => number): Record<string, SourceSpecification> {
  const sources: Record<string, SourceSpecification> = {};
  for (const [layer, [minzoom, maxzoom]] of Object.entries(TILES)) {
    sources[layer] = {
      type: "vector", tiles: [tileAddress(origin, layer, version(layer))], minzoom, maxzoom,
      ...(layer === "incidents" ? { promoteId: { incidents: "uid" } } : {}),
    };
  }
  return sources;
}

/** Layers from the ground up. Anything an act draws goes below "road-label". */
export function layersFor(options: StyleOptions): LayerSpecification[] {
  const palette = paletteOf(options.shade);
  return [
    ...ground(palette),
    ...gridFill(palette, options),
    ...surfaces(palette),
    ...ways(palette),
    ...edges(palette, options),
    ...buildings(palette, options),
    ...routes(palette, options),
    ...groundLabels(palette, options.language),
    ...names(palette, options),
    ...badges(palette, options),
    ...areaNames(palette, options),
  ];
}

const SEEN_FROM_AFAR = ["service_station", "police", "fire", "hospital", "townhall"];

export const OVERLAYS_BELOW = "road-label";

function shown(options: StyleOptions, layer: string): { visibility: "visible" | "none" } {
  return { visibility: options.on.has(layer) ? "visible" : "none" };
}

/** A value for what is selected, one for what the pointer is on, one for the rest. */
function lively<T extends string | number>(selected: T, hovered: T, rest: T | ExpressionSpecification): ExpressionSpecification {
  return [
    "case", ["boolean", ["feature-state", "selected"], false], selected,
    ["boolean", ["feature-state", "hover"], false], hovered, rest,
  ] as ExpressionSpecification;
}

/** A value that grows with the zoom: zoom, value, zoom, value … */
function byZoom(...stops: (number | ExpressionSpecification)[]): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], ...stops] as unknown as ExpressionSpecification;
}

function gridFill(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const opacity = palette.tintOpacity * (options.quiet ? 0.2 : 1);
  const tint = ["match", ["get", "tint"], ...palette.tints.flatMap((colour, index) => [index, colour]), palette.tints[0]];
  return [{
    id: "grids", type: "fill", source: "grids", "source-layer": "grids", layout: shown(options, "grids"), minzoom: 11,
    paint: {
      "fill-color": tint as ExpressionSpecification,
      "fill-opacity": lively(opacity + 0.22, opacity + 0.12, opacity),
    },
  }];
}

function edges(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const join = { "line-join": "round" } as const;
  return [
    {
      id: "compounds", type: "fill", source: "compounds", "source-layer": "compounds", layout: shown(options, "compounds"), minzoom: 13,
      paint: { "fill-color": palette.compoundEdge, "fill-opacity": lively(0.28, 0.2, 0.1) },
    },
    {
      id: "compounds-edge", type: "line", source: "compounds", "source-layer": "compounds", minzoom: 13,
      layout: { ...join, ...shown(options, "compounds") },
      paint: { "line-color": palette.compoundEdge, "line-width": 1.4, "line-dasharray": [3, 1.5] },
    },
    {
      id: "grids-edge", type: "line", source: "grids", "source-layer": "grids", minzoom: 11,
      layout: { ...join, ...shown(options, "grids") },
      paint: {
        "line-color": lively(palette.selected, palette.selected, palette.gridEdge),
        "line-width": byZoom(11, lively(2, 1.5, 0.5), 15, lively(4, 3, 1.6), 18, lively(5, 4, 2.4)),
        "line-opacity": lively(1, 1, options.quiet ? 0.3 : 0.75),
      },
    },
    {
      id: "areas", type: "fill", source: "areas", "source-layer": "areas", layout: shown(options, "areas"),
      filter: ["==", ["get", "level"], "community"],
      paint: {
        "fill-color": palette.areaEdge,
        "fill-opacity": byZoom(11, lively(0.16, 0.1, 0.05), 12.5, lively(0.08, 0, 0)),
      },
    },
    {
      id: "areas-edge", type: "line", source: "areas", "source-layer": "areas", layout: { ...join, ...shown(options, "areas") },
      filter: ["match", ["get", "level"], ["district", "subdistrict", "community"], true, false],
      paint: {
        "line-color": lively(palette.selected, palette.areaEdge, palette.areaEdge),
        "line-width": byZoom(10, lively(3, 2, 1), 14, lively(5, 3, 2.4), 18, lively(6, 5, 4)),
        "line-dasharray": [5, 2, 1, 2],
        "line-opacity": options.quiet ? 0.5 : 0.85,
      },
    },
  ];
}

/** The colour of a building: of the most pressing flag that is looked at, else of its kind. */
function buildingColour(palette: Palette, options: StyleOptions): ExpressionSpecification {
  const kinds = Object.entries(palette.buildingKinds).flat();
  const plain = ["match", ["get", "kind"], ...kinds, palette.building] as unknown as ExpressionSpecification;
  const wanted = wantedFlags(options);
  if (!wanted.length) return plain;
  return ["case", ...wanted.flatMap(({ kind, colour }) => [carries(kind), colour]), plain] as ExpressionSpecification;
}

function wantedFlags(options: StyleOptions): readonly FlagKind[] {
  if (!options.on.has("flags")) return [];
  return options.flagKinds.filter(({ kind }) => options.flags === null || options.flags.has(kind));
}

function carries(kind: string): ExpressionSpecification {
  return [">", ["coalesce", ["get", `f_${kind}`], 0], 0];
}

function buildings(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const own = buildingColour(palette, options);
  // A selected building keeps the colour of its flag: there its outline tells.
  const colour = options.on.has("flags") ? own : lively(palette.selected, palette.selected, own);
  const base = { source: "buildings", "source-layer": "buildings", minzoom: 13 } as const;
  const seen = options.on.has("buildings") || options.on.has("flags");
  const flat = { visibility: seen && !options.tilted ? "visible" : "none" } as const;
  const appear: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 13, 0.35, 14.5, 0.95];
  return [
    { id: "buildings", type: "fill", ...base, layout: flat, paint: { "fill-color": colour, "fill-opacity": appear } },
    {
      id: "buildings-edge", type: "line", ...base, minzoom: 14.5, layout: flat,
      paint: { "line-color": lively(palette.selected, palette.selected, palette.buildingEdge), "line-width": lively(4, 2.5, 0.7) },
    },
    {
      id: "buildings-3d", type: "fill-extrusion", ...base, layout: { visibility: seen && options.tilted ? "visible" : "none" },
      paint: {
        "fill-extrusion-color": colour, "fill-extrusion-height": ["coalesce", ["get", "height"], 6],
        "fill-extrusion-opacity": 0.92, "fill-extrusion-vertical-gradient": true,
      },
    },
  ];
}

function routes(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const base = { source: "patrol-routes", "source-layer": "patrol-routes", minzoom: 13 } as const;
  const layout = { "line-join": "round", "line-cap": "round", ...shown(options, "patrol-routes") } as const;
  return [
    {
      id: "patrol-routes-casing", type: "line", ...base, layout,
      paint: { "line-color": palette.halo, "line-width": lively(8, 7, 5), "line-opacity": 0.8 },
    },
    {
      id: "patrol-routes", type: "line", ...base, layout,
      paint: { "line-color": lively(palette.selected, palette.route, palette.route), "line-width": lively(5, 4, 2.6) },
    },
    {
      id: "patrol-routes-arrow", type: "symbol", ...base, minzoom: 14.5,
      layout: {
        ...shown(options, "patrol-routes"), "symbol-placement": "line", "symbol-spacing": 70, "icon-image": "arrow",
        "icon-size": 0.9, "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
    },
  ];
}

function names(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const own = nameIn(options.language);
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 1.8 };
  const text = { "text-font": FONT, "text-max-width": 8, "text-padding": 3 };
  const house: ExpressionSpecification = ["coalesce", ["get", "name"], ["get", "address"], ""];
  return [
    {
      id: "building-label", type: "symbol", source: "buildings", "source-layer": "buildings", minzoom: 16.5,
      layout: { ...text, ...shown(options, "buildings"), "text-field": house, "text-size": 10.5, "text-max-width": 6 },
      paint: { "text-color": palette.text, ...halo },
    },
    {
      id: "compound-label", type: "symbol", source: "compounds", "source-layer": "compounds-labels", minzoom: 14.5,
      layout: { ...text, ...shown(options, "compounds"), "text-field": own, "text-size": 11.5 },
      paint: { "text-color": palette.compoundText, ...halo },
    },
    {
      id: "grid-label", type: "symbol", source: "grids", "source-layer": "grids-labels", minzoom: 13.2,
      layout: {
        ...text, ...shown(options, "grids"), "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
        "text-radial-offset": 1.3, "text-justify": "auto", "text-size": ["interpolate", ["linear"], ["zoom"], 13.2, 10.5, 17, 14],
        "text-field": options.quiet ? own : ["step", ["zoom"], own, 14.6, ["format", own, {}, "\n", {}, ["get", "code"], { "font-scale": 0.78 }]],
      },
      paint: { "text-color": palette.gridText, ...halo, "text-opacity": options.quiet ? ["step", ["zoom"], 0, 15.5, 0.85] : 1 },
    },
  ];
}

function areaNames(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const own = nameIn(options.language);
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 2 };
  const text = { "text-font": FONT, "text-max-width": 8, "text-padding": 2 };
  return [
    {
      id: "area-label", type: "symbol", source: "areas", "source-layer": "areas-labels", maxzoom: 15.5,
      filter: ["==", ["get", "level"], "community"],
      layout: {
        ...text, ...shown(options, "areas"), "text-field": own, "text-size": byZoom(10, 11, 14, 15), "text-letter-spacing": 0.06,
      },
      paint: { "text-color": palette.areaText, ...halo },
    },
  ];
}

function badges(palette: Palette, options: StyleOptions): LayerSpecification[] {
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 1.6 };
  const wanted = wantedFlags(options);
  const flagImage = wanted.length
    ? (["case", ...wanted.flatMap(({ kind }) => [carries(kind), `flag-${kind}`]), ""] as ExpressionSpecification)
    : "";
  return [
    {
      id: "flag-icons", type: "symbol", source: "buildings", "source-layer": "buildings", minzoom: 16,
      layout: { visibility: wanted.length ? "visible" : "none", "icon-image": flagImage, "icon-size": 0.7, "icon-padding": 1 },
    },
    {
      id: "stations", type: "symbol", source: "stations", "source-layer": "stations", minzoom: 12,
      // From afar only those that a whole district looks to: the rest would hide the map.
      filter: ["any", [">=", ["zoom"], 14], ["in", ["get", "kind"], ["literal", SEEN_FROM_AFAR]]],
      layout: {
        ...shown(options, "stations"), "icon-image": ["concat", "station-", ["get", "kind"]], "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.5, 13.9, 0.75, 14, 0.6, 16, 0.95], "text-optional": true,
        "text-field": ["step", ["zoom"], "", 15.3, nameIn(options.language)], "text-font": FONT, "text-size": 11,
        "text-anchor": "top", "text-offset": [0, 1.2], "text-max-width": 8,
      },
      paint: { "text-color": palette.text, ...halo },
    },
    {
      id: "incidents", type: "symbol", source: "incidents", "source-layer": "incidents",
      layout: {
        ...shown(options, "incidents"), "icon-image": ["concat", "incident-", ["get", "category"]], "icon-anchor": "bottom",
        "icon-allow-overlap": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.7, 15, 1],
      },
      paint: { "icon-opacity": ["match", ["get", "state"], "closed", 0.45, 1] },
    },
  ];
}
