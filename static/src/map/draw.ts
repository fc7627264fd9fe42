// Draws or corrects a line with terra-draw; loaded only when somebody draws. It knows the map only as an adapter's guest.
import { TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode, ValidateNotSelfIntersecting } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

export interface LineDrawing {
  /** The line as it stands; null with less than two points. */
  line(): [number, number][] | null;
  stop(): void;
}

/** Start drawing on `map`; with `initial` the line is corrected point by point, else drawn anew. `onFinish`: double press. */
export function drawLineOn(map: unknown, colour: `#${string}`, initial: [number, number][] | null, onFinish: () => void): LineDrawing {
  const look = { lineStringColor: colour, lineStringWidth: 4, selectedLineStringColor: colour, selectedLineStringWidth: 4 };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 7 }),
    modes: [
      new TerraDrawLineStringMode({ styles: { lineStringColor: colour, lineStringWidth: 4, closingPointColor: colour, closingPointWidth: 6 } }),
      new TerraDrawSelectMode({
        flags: { linestring: { feature: { draggable: false, coordinates: { midpoints: true, draggable: true, deletable: true } } } },
        styles: { ...pick(look), selectionPointColor: colour, selectionPointWidth: 7, midPointColor: colour, midPointWidth: 5 },
      }),
    ],
  });
  draw.start();
  if (initial && initial.length > 1) correct(draw, initial);
  else {
    draw.setMode("linestring");
    draw.on("finish", onFinish);
  }
  return {
    line() {
      const feature = draw.getSnapshot().find(({ geometry, properties }) => geometry.type === "LineString" && properties["mode"] === "linestring");
      const coordinates = feature?.geometry.type === "LineString" ? (feature.geometry.coordinates as [number, number][]) : [];
      return coordinates.length > 1 ? coordinates : null;
    },
    stop: () => draw.stop(),
  };
}

/** Start drawing an area on `map`; `line()` is its ring, first point and last the same. */
export function drawAreaOn(map: unknown, colour: `#${string}`, onFinish: () => void): LineDrawing {
  const styles = { fillColor: colour, fillOpacity: 0.25, outlineColor: colour, outlineWidth: 3, closingPointColor: colour, closingPointWidth: 6 };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 7 }),
    modes: [new TerraDrawPolygonMode({ styles, validation: (feature, { updateType }) => (updateType === "finish" ? ValidateNotSelfIntersecting(feature) : { valid: true }) })],
  });
  draw.start();
  draw.setMode("polygon");
  draw.on("finish", onFinish);
  return {
    line() {
      const feature = draw.getSnapshot().find(({ geometry, properties }) => geometry.type === "Polygon" && properties["mode"] === "polygon");
      const ring = feature?.geometry.type === "Polygon" ? ((feature.geometry.coordinates[0] ?? []) as [number, number][]) : [];
      const apart = new Set(ring.map(String));
      return apart.size > 2 ? ring : null;
    },
    stop: () => draw.stop(),
  };
}

function pick(look: { selectedLineStringColor: `#${string}`; selectedLineStringWidth: number }): {
  selectedLineStringColor: `#${string}`;
  selectedLineStringWidth: number;
} {
  return { selectedLineStringColor: look.selectedLineStringColor, selectedLineStringWidth: look.selectedLineStringWidth };
}

function correct(draw: TerraDraw, initial: [number, number][]): void {
  const coordinates = initial.map(([lon, lat]) => [Number(lon.toFixed(7)), Number(lat.toFixed(7))] as [number, number]);
  const [added] = draw.addFeatures([
    { type: "Feature", geometry: { type: "LineString", coordinates }, properties: { mode: "linestring" } },
  ]);
  draw.setMode("select");
  if (added?.id !== undefined) draw.selectFeature(added.id);
}
