// The base map from our own tables: water, green, railways, and roads with casings, tunnels below and bridges above.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from "maplibre-gl";
import type { Palette } from "./palette.js";
import type { Language } from "../i18n.js";

export const FONT = ["Noto Sans CJK SC", "sans-serif"];

/** From which zoom each class of road is drawn, and its width in pixels at zoom 10, 14 and 18. */
const ROADS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  motorway: [7, 1.6, 6.5, 34],
  trunk: [8, 1.5, 6, 32],
  primary: [9, 1.2, 5.5, 30],
  secondary: [10, 0.8, 4.5, 26],
  tertiary: [11, 0.5, 3.4, 22],
  unclassified: [12, 0.3, 2.4, 16],
  residential: [12.5, 0.3, 2.2, 16],
  living_street: [13, 0.2, 1.8, 13],
  service: [14.5, 0.1, 1, 9],
  track: [14.5, 0.1, 0.8, 6],
};
const PATHS = ["cycleway", "pedestrian", "footway", "path", "steps"];
const MOTORWAYS = ["motorway", "trunk"];
const MAJOR = ["primary", "secondary"];

function widths(stop: 1 | 2 | 3, extra: number): (string | number)[] {
  return Object.entries(ROADS).flatMap(([name, row]) => [name, row[stop] + extra]);
}

function width(extra: number): ExpressionSpecification {
  const at = (stop: 1 | 2 | 3): ExpressionSpecification =>
    ["match", ["get", "class"], ...widths(stop, extra), 0.5] as unknown as ExpressionSpecification;
  return ["interpolate", ["exponential", 1.5], ["zoom"], 10, at(1), 14, at(2), 18, at(3)];
}

function seenFrom(): FilterSpecification {
  const steps = Object.entries(ROADS).flatMap(([name, row]) => [name, row[0]]);
  return [">=", ["zoom"], ["match", ["get", "class"], ...steps, 99]] as unknown as FilterSpecification;
}

type Part = "tunnel" | "plain" | "bridge";

function part(which: Part): FilterSpecification {
  const tunnel: ExpressionSpecification = ["to-boolean", ["get", "tunnel"]];
  const bridge: ExpressionSpecification = ["to-boolean", ["get", "bridge"]];
  if (which === "tunnel") return tunnel;
  if (which === "bridge") return ["all", bridge, ["!", tunnel]];
  return ["all", ["!", bridge], ["!", tunnel]];
}

function byClass(motorway: string, major: string, minor: string): ExpressionSpecification {
  return ["match", ["get", "class"], MOTORWAYS, motorway, MAJOR, major, minor];
}

function roadPair(which: Part, palette: Palette): LayerSpecification[] {
  const filter: FilterSpecification = ["all", seenFrom() as ExpressionSpecification, part(which) as ExpressionSpecification];
  const base = { source: "roads", "source-layer": "roads", filter } as const;
  const cap = which === "bridge" ? "butt" : "round";
  const rank: ExpressionSpecification = ["match", ["get", "class"], MOTORWAYS, 3, MAJOR, 2, "tertiary", 1, 0];
  const sort = { "line-join": "round", "line-cap": cap, "line-sort-key": rank } as const;
  const casingWidth = width(which === "bridge" ? 2.6 : 1.4);
  return [
    {
      id: `road-casing-${which}`, type: "line", ...base, layout: sort, minzoom: 11,
      paint: {
        "line-color": byClass(palette.casingMajor, palette.casingMajor, palette.casing),
        "line-width": casingWidth,
        ...(which === "tunnel" ? { "line-dasharray": [1.2, 0.8], "line-opacity": 0.6 } : {}),
      },
    },
    {
      id: `road-${which}`, type: "line", ...base, layout: sort,
      paint: {
        "line-color": byClass(palette.roadMotorway, palette.roadMajor, palette.road),
        "line-width": width(0),
        "line-opacity": which === "tunnel" ? 0.55 : 1,
      },
    },
  ];
}

/** What lies below everything. */
export function ground(palette: Palette): LayerSpecification[] {
  return [{ id: "ground", type: "background", paint: { "background-color": palette.ground } }];
}

/** Green lets a grid's tint through; water does not. */
export function surfaces(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "green", type: "fill", source: "green", "source-layer": "green",
      paint: { "fill-color": palette.green, "fill-opacity": 0.7 },
    },
    {
      id: "water", type: "fill", source: "water", "source-layer": "water",
      paint: { "fill-color": palette.water, "fill-outline-color": palette.waterEdge },
    },
  ];
}

/** Roads and railways, tunnels first and bridges last. */
export function ways(palette: Palette): LayerSpecification[] {
  return [
    ...roadPair("tunnel", palette),
    {
      id: "paths", type: "line", source: "roads", "source-layer": "roads", minzoom: 15,
      filter: ["match", ["get", "class"], PATHS, true, false],
      paint: {
        "line-color": palette.path,
        "line-width": ["interpolate", ["linear"], ["zoom"], 15, 0.8, 18, 2.2],
        "line-dasharray": [2.5, 1.5],
      },
    },
    ...roadPair("plain", palette),
    ...rails(palette),
    ...roadPair("bridge", palette),
  ];
}

function rails(palette: Palette): LayerSpecification[] {
  const base = { source: "railways", "source-layer": "railways", filter: ["!", ["to-boolean", ["get", "tunnel"]]] as FilterSpecification };
  return [
    {
      id: "rails", type: "line", ...base, minzoom: 10,
      paint: { "line-color": palette.rail, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.8, 16, 4] },
    },
    {
      id: "rails-dash", type: "line", ...base, minzoom: 12,
      paint: {
        "line-color": palette.railDash,
        "line-width": ["interpolate", ["linear"], ["zoom"], 12, 0.6, 16, 2.4],
        "line-dasharray": [4, 4],
      },
    },
    {
      id: "rails-below", type: "line", source: "railways", "source-layer": "railways", minzoom: 12,
      filter: ["to-boolean", ["get", "tunnel"]],
      paint: { "line-color": palette.rail, "line-width": 1.2, "line-dasharray": [3, 3], "line-opacity": 0.6 },
    },
  ];
}

/** A thing's name in `language`; the other language where it has none. */
export function nameIn(language: Language): ExpressionSpecification {
  const own: ExpressionSpecification = ["coalesce", ["get", "name"], ""];
  const english: ExpressionSpecification = ["coalesce", ["get", "name_en"], ""];
  return language === "en" ? ["case", ["!=", english, ""], english, own] : ["case", ["!=", own, ""], own, english];
}

/** Names of roads, water and green. */
export function groundLabels(palette: Palette, language: Language): LayerSpecification[] {
  const text = { "text-field": nameIn(language), "text-font": FONT };
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 1.4 };
  return [
    {
      id: "green-label", type: "symbol", source: "green", "source-layer": "green-labels", minzoom: 14,
      layout: { ...text, "text-size": 11, "text-max-width": 7 }, paint: { "text-color": palette.greenText, ...halo },
    },
    {
      id: "water-label", type: "symbol", source: "water", "source-layer": "water-labels", minzoom: 12,
      layout: { ...text, "text-size": 12, "text-letter-spacing": 0.1 }, paint: { "text-color": palette.waterText, ...halo },
    },
    {
      id: "road-label", type: "symbol", source: "roads", "source-layer": "roads", minzoom: 13,
      filter: ["match", ["get", "class"], [...MOTORWAYS, ...MAJOR, "tertiary", "unclassified", "residential"], true, false],
      layout: {
        ...text, "symbol-placement": "line", "symbol-spacing": 420, "text-max-angle": 30, "text-padding": 6,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10, 18, 14],
      },
      paint: { "text-color": palette.text, ...halo },
    },
  ];
}
