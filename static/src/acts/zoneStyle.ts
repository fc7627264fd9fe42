// How response zones look on the map. The minutes stand on the line as well, so that no colour has to be known.
import { t } from "../i18n.js";
import type { OverlayLayer } from "../map/view.js";

/** Dark where help is quick: colours at some minutes, mixed between them. */
const SCALE: readonly (readonly [number, string])[] = [
  [1, "#7a0c52"],
  [3, "#b5206f"],
  [5, "#dd5a8f"],
  [10, "#e99bb9"],
  [30, "#f0bfd2"],
  [60, "#f4d3e0"],
];
const ROUTE = "#0b57d0";
const STEP = "#f2b705";

const colour = ["interpolate", ["linear"], ["get", "minutes"], ...SCALE.flat()];

/** The colour of a zone in the panel, the same as on the map. */
export function colourOf(minutes: number): string {
  const above = SCALE.findIndex(([at]) => at >= minutes);
  const [low, high] = [SCALE[Math.max(0, above - 1)], SCALE[above < 0 ? SCALE.length - 1 : above]];
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
    { type: "fill", paint: { "fill-color": colour, "fill-opacity": 0.17 } },
    { type: "line", paint: { "line-color": colour, "line-width": 2.2 } },
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
      paint: { "text-color": colour, "text-halo-color": "#ffffff", "text-halo-width": 2 },
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
    paint: { "circle-radius": 9, "circle-color": SCALE[0]?.[1], "circle-stroke-width": 3, "circle-stroke-color": "#ffffff" },
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
