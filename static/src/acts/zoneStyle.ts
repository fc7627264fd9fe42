// How response zones look on the map. The minutes stand on the line as well, so that no colour has to be known.
import { t } from "../i18n.js";
import type { Shade } from "../map/palette.js";
import type { OverlayLayer } from "../map/view.js";

type Scale = readonly (readonly [number, string])[];

/** Strongest where help is quick, by day dark and by night bright: colours at some minutes, mixed between them. */
const SCALES: Readonly<Record<Shade, Scale>> = {
  day: [[1, "#7a0c52"], [3, "#b5206f"], [5, "#dd5a8f"], [10, "#e58fb1"], [30, "#eeb2c8"], [60, "#f2c6d6"]],
  night: [[1, "#ffe9f4"], [3, "#ffa6d2"], [5, "#ee65a8"], [10, "#b8457f"], [30, "#8a3a63"], [60, "#6e3352"]],
};
/** Thin where a car turns every block into an edge of its own. */
const WIDTH = ["interpolate", ["linear"], ["zoom"], 11, 0.6, 13, 1.2, 15, 2.2];
const DARK_TEXT = "#5e0a40";
const ROUTE = "#0b57d0";
const ORIGIN = "#7a0c52";
const STEP = "#f2b705";

const colour = (shade: Shade): unknown => ["interpolate", ["linear"], ["get", "minutes"], ...SCALES[shade].flat()];
const FILL = 0.2; // of full colour

/** The colour of a zone in the panel, as custom properties: the same as on the map, by day and by night. */
export function tintOf(minutes: number): Record<string, string> {
  return { "--zone-day": colourOf(minutes, "day"), "--zone-night": colourOf(minutes, "night") };
}

/** The colour of a zone. */
export function colourOf(minutes: number, shade: Shade): string {
  const scale = SCALES[shade];
  const above = scale.findIndex(([at]) => at >= minutes);
  const [low, high] = [scale[Math.max(0, above - 1)], scale[above < 0 ? scale.length - 1 : above]];
  if (!low || !high || high[0] <= low[0]) return (high ?? low)?.[1] ?? ROUTE;
  const share = Math.min(1, Math.max(0, (minutes - low[0]) / (high[0] - low[0])));
  const channel = (at: number): string => {
    const [from, to] = [low, high].map(([, hex]) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number];
    return Math.round(from + (to - from) * share).toString(16).padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** Fills, edges and the minutes along the edges. */
export function zoneLayers(): OverlayLayer[] {
  return [
    { type: "fill", paint: { "fill-color": colour("day"), "fill-opacity": FILL }, night: { "fill-color": colour("night") } },
    { type: "line", paint: { "line-color": colour("day"), "line-width": WIDTH }, night: { "line-color": colour("night") } },
    {
      type: "symbol",
      above: true,
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 320,
        "text-field": ["concat", ["to-string", ["get", "minutes"]], t(" min")],
        "text-font": ["Noto Sans CJK SC", "sans-serif"],
        "text-size": 13,
        "text-rotation-alignment": "viewport",
      },
      paint: { "text-color": DARK_TEXT, "text-halo-color": "#ffffff", "text-halo-width": 2 },
      night: { "text-color": "#ffe9f4", "text-halo-color": "#12161b" },
    },
  ];
}

/** A way, and over it the step of it that somebody reads (`step` of the feature). */
export const ROUTE_LAYERS: OverlayLayer[] = [
  { type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 8 } },
  { type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ROUTE, "line-width": 4.5 } },
  {
    type: "line",
    filter: ["has", "step"],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": STEP, "line-width": 6 },
  },
];

export const ORIGIN_LAYERS: OverlayLayer[] = [
  {
    type: "circle",
    above: true,
    paint: { "circle-radius": 9, "circle-color": ORIGIN, "circle-stroke-width": 3, "circle-stroke-color": "#ffffff" },
  },
  {
    type: "symbol",
    above: true,
    layout: {
      "text-field": ["coalesce", ["get", "label"], ""],
      "text-font": ["Noto Sans CJK SC", "sans-serif"],
      "text-size": 11,
      "text-allow-overlap": true,
    },
    paint: { "text-color": "#ffffff" },
  },
];
