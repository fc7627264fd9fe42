// Areas that change many times a second, on a canvas over the map: the map itself is not drawn anew for them.
import type { Map as Canvas } from "maplibre-gl";

export interface Sketch {
  /** Draw `areas` in place of what was drawn, each in the colour that `colour` gives its properties. */
  draw(areas: GeoJSON.FeatureCollection): void;
  clear(): void;
  remove(): void;
}

const FILL = 0.2; // of full colour, as the map's own areas
const WIDTH = 2.2; // pixels of an edge

/** An empty sketch over `map`. */
export function sketchOn(map: Canvas, colour: (properties: GeoJSON.GeoJsonProperties) => string): Sketch {
  const element = document.createElement("canvas");
  element.className = "map-sketch";
  element.setAttribute("aria-hidden", "true");
  map.getCanvas().after(element); // under the handles
  let shown: GeoJSON.FeatureCollection | null = null;
  const paint = (): void => {
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    const pen = element.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, width, height);
    for (const { geometry, properties } of shown?.features ?? []) {
      if (geometry.type !== "MultiPolygon") continue;
      const path = outline(map, geometry.coordinates);
      pen.strokeStyle = pen.fillStyle = colour(properties);
      pen.lineWidth = WIDTH;
      pen.globalAlpha = FILL;
      pen.fill(path, "evenodd");
      pen.globalAlpha = 1;
      pen.stroke(path);
    }
  };
  const moving = map.on("move", () => shown && paint());
  return {
    draw(areas) {
      shown = areas;
      paint();
    },
    clear() {
      if (!shown) return;
      shown = null;
      paint();
    },
    remove() {
      moving.unsubscribe();
      element.remove();
    },
  };
}

function outline(map: Canvas, polygons: GeoJSON.Position[][][]): Path2D {
  const path = new Path2D();
  for (const ring of polygons.flat()) {
    for (const [index, [lon = 0, lat = 0]] of ring.entries()) {
      const { x, y } = map.project([lon, lat]);
      if (index) path.lineTo(x, y);
      else path.moveTo(x, y);
    }
    path.closePath();
  }
  return path;
}
