// How the grids of another day look: as today's do, with those that began on the day outlined more strongly.
import { paletteOf, type Palette, type Shade } from "../map/palette.js";
import type { OverlayLayer } from "../map/view.js";

const FONT = ["Noto Sans CJK SC", "sans-serif"];
const DAY = paletteOf("day");
const NIGHT = paletteOf("night");

function tint({ tints }: Palette): unknown {
  const number = ["%", ["coalesce", ["get", "tint"], ["id"]], tints.length];
  return ["match", number, ...tints.flatMap((colour, index) => [index, colour]), tints[0]];
}

function lively<T>(chosen: T, begun: T, rest: T): unknown {
  return ["case", ["get", "chosen"], chosen, ["get", "begun"], begun, rest];
}

const edge = (palette: Palette): unknown => lively(palette.selected, palette.areaEdge, palette.gridEdge);
const opacity = (shade: Shade): unknown => lively(0.5, paletteOf(shade).tintOpacity + 0.12, paletteOf(shade).tintOpacity);

export const DAY_LAYERS: OverlayLayer[] = [
  { type: "fill", paint: { "fill-color": tint(DAY), "fill-opacity": opacity("day") }, night: { "fill-color": tint(NIGHT), "fill-opacity": opacity("night") } },
  {
    type: "line",
    layout: { "line-join": "round" },
    paint: { "line-color": edge(DAY), "line-width": ["interpolate", ["linear"], ["zoom"], 11, lively(2, 1.2, 0.6), 15, lively(4.5, 3, 1.8), 18, lively(6, 4, 2.6)] },
    night: { "line-color": edge(NIGHT) },
  },
];

export const NAME_LAYERS: OverlayLayer[] = [
  {
    type: "symbol",
    above: true,
    minzoom: 13.2,
    layout: { "text-field": ["step", ["zoom"], ["get", "label"], 14.6, ["format", ["get", "label"], {}, "\n", {}, ["get", "code"], { "font-scale": 0.78 }]], "text-font": FONT, "text-size": 12, "text-max-width": 8 },
    paint: { "text-color": DAY.gridText, "text-halo-color": DAY.halo, "text-halo-width": 1.8 },
    night: { "text-color": NIGHT.gridText, "text-halo-color": NIGHT.halo },
  },
];
