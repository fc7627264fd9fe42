// How response zones look on the map. The minutes stand on the line as well, so that no colour has to be known.
import { t } from "../i18n.js";
import type { OverlayLayer } from "../map/view.js";

export const MINUTES: readonly number[] = [1, 3, 5, 10];

/** Dark where help is quick; the same as `.zone-1` … in acts.css. */
export const COLOURS: Readonly<Record<number, string>> = { 1: "#7a0c52", 3: "#b5206f", 5: "#dd5a8f", 10: "#e99bb9" };
const ROUTE = "#0b57d0";

const colour = ["match", ["get", "minutes"], ...MINUTES.flatMap((one) => [one, COLOURS[one]]), COLOURS[10]];

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

export const ROUTE_LAYERS: OverlayLayer[] = [
  { type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 8 } },
  { type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ROUTE, "line-width": 4.5 } },
];

export const ORIGIN_LAYERS: OverlayLayer[] = [
  { type: "circle", above: true, paint: { "circle-radius": 9, "circle-color": COLOURS[1], "circle-stroke-width": 3, "circle-stroke-color": "#ffffff" } },
];
