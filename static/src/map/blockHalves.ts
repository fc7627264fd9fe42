// The same blocks coloured in two ways, with an upright line on the screen between them. The graphics card cuts at the pixel:
// what stands on the map is drawn right of the line, the other colours left of it. Dragging the line computes nothing.
import type { CustomLayerInterface, Map as Canvas } from "maplibre-gl";
import { blockLayers, borderLayers, NO_SLOT } from "./blockStyle.js";
import type { Overlays } from "./overlays.js";
import { OVERLAYS_BELOW } from "./style.js";

interface Ground {
  /** The id of the first layer that is drawn right of the line only. */
  readonly first: string;
  readonly blocks: GeoJSON.FeatureCollection;
  readonly lines: GeoJSON.FeatureCollection;
  readonly borders: readonly { one: number; other: number }[];
}

export interface Halves {
  /** Put the line at so many pixels from the left of the map. */
  cut(x: number): void;
  remove(): void;
}

const SOURCE = { blocks: "plan-blocks-left", borders: "plan-borders-left" } as const;

/** Colour blocks by the slots of their grids left of the line, and draw the lines between these grids. */
export function halves(canvas: Canvas, overlays: Overlays, ground: Ground, grids: Int32Array, slots: Int32Array): Halves {
  let line = 0;
  /** All that is drawn after this layer is drawn between two places of the screen only, or everywhere. */
  const limit = (id: string, side: "left" | "right" | null): CustomLayerInterface => ({
    id, type: "custom",
    render: (gl) => {
      if (!side) return gl.disable(gl.SCISSOR_TEST);
      const at = Math.round(line * canvas.getPixelRatio());
      const { width, height } = canvas.getCanvas();
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(side === "left" ? 0 : at, 0, Math.max(side === "left" ? at : width - at, 0), height);
    },
  });
  canvas.addLayer(limit("plan-half-right", "right"), ground.first);
  canvas.addLayer(limit("plan-half-left", "left"), OVERLAYS_BELOW);
  const drawn = [overlays.add(SOURCE.blocks, ground.blocks, blockLayers()), overlays.add(SOURCE.borders, ground.lines, borderLayers())];
  canvas.addLayer(limit("plan-half-end", null), OVERLAYS_BELOW);
  slots.forEach((slot, id) => canvas.setFeatureState({ source: SOURCE.blocks, id }, { slot }));
  ground.borders.forEach(({ one, other }, id) => {
    const apart = grids[one] !== (other < 0 ? NO_SLOT - 1 : grids[other]);
    canvas.setFeatureState({ source: SOURCE.borders, id }, { rank: apart ? 1 : 0 });
  });
  return {
    cut: (x) => {
      line = x;
      canvas.triggerRepaint();
    },
    remove: () => {
      for (const id of ["plan-half-right", "plan-half-left", "plan-half-end"]) if (canvas.getLayer(id)) canvas.removeLayer(id);
      for (const overlay of drawn) overlay.remove();
    },
  };
}
