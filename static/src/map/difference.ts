// Turns one list of layers into another on a map, touching only what differs.
import type { LayerSpecification, Map as Canvas } from "maplibre-gl";

/** Set every property in which `after` differs from `before`. */
export function applyDifference(canvas: Canvas, before: LayerSpecification[], after: LayerSpecification[]): void {
  const former = new Map(before.map((layer) => [layer.id, layer] as const));
  for (const layer of after) {
    const old = former.get(layer.id);
    for (const part of ["paint", "layout"] as const) {
      const was = (old?.[part] ?? {}) as Record<string, unknown>;
      const is = (layer[part] ?? {}) as Record<string, unknown>;
      for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
        if (JSON.stringify(was[name]) === JSON.stringify(is[name])) continue;
        if (part === "paint") canvas.setPaintProperty(layer.id, name as never, is[name] as never);
        else canvas.setLayoutProperty(layer.id, name as never, is[name] as never);
      }
    }
  }
}
