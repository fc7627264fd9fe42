// Where the map is looked at from: what is in view, and ways to another view that leave room for the panel.
import type { Map as Canvas } from "maplibre-gl";
import type { Bounds, LngLat, View } from "../types.js";

/** Pixels of the map that the panel and the layers cover. */
export type Covered = () => { left: number; right: number; bottom: number };

export class Camera {
  private below = 0; // pixels that were covered from below when room was made last

  constructor(private readonly canvas: Canvas, private readonly covered: Covered) {}

  look(): View {
    const { lng, lat } = this.canvas.getCenter();
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    return {
      lon: round(lng, 6),
      lat: round(lat, 6),
      zoom: round(this.canvas.getZoom(), 2),
      bearing: round(this.canvas.getBearing(), 0),
      pitch: round(this.canvas.getPitch(), 0),
    };
  }

  bounds(): Bounds {
    const box = this.canvas.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  }

  /** Whether all of a box is on the map, under the panel or not. */
  holds([west, south, east, north]: Bounds): boolean {
    const now = this.bounds();
    return now[0] <= west && now[1] <= south && now[2] >= east && now[3] >= north;
  }

  /** The middle of what the panel and the layers leave of the map. */
  seen(): LngLat {
    const { left, right, bottom } = this.covered();
    const { clientWidth: width, clientHeight: height } = this.canvas.getContainer();
    const { lng, lat } = this.canvas.unproject([(left + width - right) / 2, (height - bottom) / 2]);
    return { lon: lng, lat };
  }

  jumpTo(view: View): void {
    this.canvas.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom, bearing: view.bearing, pitch: view.pitch });
  }

  flyTo(at: LngLat, zoom?: number): void {
    const { left, right, bottom } = this.covered();
    this.canvas.easeTo({
      center: [at.lon, at.lat],
      zoom: zoom ?? Math.max(this.canvas.getZoom(), 16),
      offset: [(left - right) / 2, -bottom / 2],
      duration: motion(700),
    });
  }

  /** Move as far as it takes to see a place that the panel covers, or that is out of view. */
  reveal(at: LngLat): void {
    const { left, right, bottom } = this.covered();
    const { clientWidth: width, clientHeight: height } = this.canvas.getContainer();
    const { x, y } = this.canvas.project([at.lon, at.lat]);
    const edge = 30; // pixels that a place keeps from what covers the map
    const seen = x > left + edge && x < width - right - edge && y > edge && y < height - bottom - edge;
    if (!seen) this.flyTo(at, this.canvas.getZoom());
  }

  /** Keep the middle of what is looked at in the middle of what is seen, after a sheet came up from below or went. */
  makeRoom(): void {
    const { bottom } = this.covered();
    const up = (bottom - this.below) / 2;
    this.below = bottom;
    if (up) this.canvas.panBy([0, up], { duration: 0 });
  }

  /** Show a box beside the panel. */
  fitBounds([west, south, east, north]: Bounds, { maxZoom = 17.5, duration = 700 } = {}): void {
    const { left, right, bottom } = this.covered();
    const { clientWidth: width, clientHeight: height } = this.canvas.getContainer();
    const [aside, above] = [Math.min(40, width * 0.06), Math.min(40, height * 0.05)];
    const padding = { top: above, left: aside + left, right: aside + Math.max(right, 40), bottom: above + bottom };
    this.canvas.fitBounds([[west, south], [east, north]], { padding, maxZoom, duration: motion(duration) });
  }

  zoomBy(steps: number): void {
    this.canvas.easeTo({ zoom: this.canvas.getZoom() + steps, duration: motion(250) });
  }

  faceNorth(): void {
    this.canvas.easeTo({ bearing: 0, duration: motion(300) });
  }

  get tilted(): boolean {
    return this.canvas.getPitch() > 5;
  }

  tilt(on: boolean): void {
    this.canvas.easeTo({ pitch: on ? 55 : 0, zoom: on ? Math.max(this.canvas.getZoom(), 15) : this.canvas.getZoom(), duration: motion(500) });
  }
}

/** No motion for those who asked for none. */
function motion(duration: number): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : duration;
}
