// How blocks and the lines between grids look by day and by night. What a block is stands in its state on the map: the slot
// of its grid's colour, whether the grid is chosen, and a line has a rank: 1 between grids, 2 around the chosen one, 3 around what something points at.
import { FONT } from "./ground.js";
import type { OverlayLayer } from "./overlays.js";
import { paletteOf, type Palette } from "./palette.js";

/** A block in no grid. */
export const NO_SLOT = -1;
/** The colours that neighbours differ in. */
export const SLOTS = 6;

export function colourOf(palette: Palette, slot: number): string {
  return palette.tints[slot] ?? palette.unassigned;
}

function byShade(paint: (palette: Palette) => Record<string, unknown>): { paint: Record<string, unknown>; night: Record<string, unknown> } {
  return { paint: paint(paletteOf("day")), night: paint(paletteOf("night")) };
}

const state = (name: string, rest: unknown): unknown[] => ["coalesce", ["feature-state", name], rest];

export function blockLayers(): OverlayLayer[] {
  const tint = (palette: Palette): unknown[] => ["match", state("slot", NO_SLOT - 1), ...palette.tints.flatMap((colour, slot) => [slot, colour]), NO_SLOT, palette.unassigned, "rgba(0,0,0,0)"];
  return [
    { type: "fill", ...byShade((palette) => ({ "fill-color": tint(palette), "fill-opacity": ["case", ["boolean", ["feature-state", "chosen"], false], palette.planOpacity[1], palette.planOpacity[0]] })) },
    { type: "line", minzoom: 13.5, ...byShade((palette) => ({ "line-color": palette.gridEdge, "line-width": 0.6, "line-opacity": 0.4 })) },
  ];
}

export function borderLayers(): OverlayLayer[] {
  const rank = state("rank", 0);
  return [
    {
      type: "line", layout: { "line-join": "round", "line-cap": "round" },
      ...byShade((palette) => ({
        "line-color": ["match", rank, 3, palette.alarm, 2, palette.selected, palette.gridEdge],
        "line-width": ["interpolate", ["linear"], ["zoom"], 11, ["match", rank, [2, 3], 2.5, 1, 0.8, 0], 15, ["match", rank, [2, 3], 4, 1, 2.2, 0], 18, ["match", rank, [2, 3], 5, 1, 3.2, 0]],
        "line-opacity": ["match", rank, 0, 0, 1],
      })),
    },
  ];
}

export function labelLayers(): OverlayLayer[] {
  return [
    {
      type: "symbol", above: true, minzoom: 12.5,
      layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 12.5, 10, 17, 14], "text-max-width": 8, "text-padding": 2 },
      ...byShade((palette) => ({ "text-color": ["match", ["get", "ink"], "alarm", palette.alarm, "turned", palette.halo, palette.gridText], "text-halo-color": ["match", ["get", "ink"], "turned", palette.gridText, palette.halo], "text-halo-width": 1.8 })),
    },
  ];
}
