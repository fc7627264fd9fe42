// The mouse or a finger over the blocks: strokes of a brush, loops of a lasso. Two fingers move the map as ever.
import type { Map as Canvas, MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import type { Sheet } from "./blockSheet.js";
import type { Shapes } from "./shapes.js";

type Place = [number, number];

/** What a pointer does over the blocks; blocks are told by their places. `null`: it moves the map and presses. */
export type Tool = { readonly kind: "brush"; readonly reach: number } | { readonly kind: "lasso" } | null;

export interface Painter {
  /** More blocks under the brush; the answer is what of them takes the colour. */
  over(blocks: readonly number[]): readonly number[];
  /** The stroke is over; `kept` is false where it turned out to be two fingers that move the map. */
  end(kept: boolean): void;
}

const SLACK = 4; // pixels before a press is a stroke

export class Strokes {
  private tool: Tool = null;
  private colour = "";
  private held: { from: Place; start: { x: number; y: number }; loop: Place[]; moved: boolean } | null = null;
  private readonly subscriptions;

  constructor(private readonly canvas: Canvas, private readonly shapes: Shapes, private readonly sheet: Sheet, private readonly painter: Painter, private readonly onHold: (held: boolean) => void) {
    this.subscriptions = [
      canvas.on("mousedown", (event) => this.down(event)), canvas.on("mousemove", (event) => this.move(event)), canvas.on("mouseup", () => this.up(true)),
      canvas.on("touchstart", (event) => this.down(event)), canvas.on("touchmove", (event) => this.move(event)), canvas.on("touchend", () => this.up(true)),
      canvas.on("touchcancel", () => this.up(false)),
    ];
    window.addEventListener("mouseup", this.outside);
    window.addEventListener("keydown", this.escape, true);
  }

  use(tool: Tool, colour: string): void {
    if (this.held) this.up(false);
    this.tool = tool;
    this.colour = colour;
    this.canvas.getCanvas().style.cursor = tool ? "crosshair" : "";
  }

  drop(): void {
    this.up(false);
  }

  stop(): void {
    this.use(null, "");
    for (const one of this.subscriptions) one.unsubscribe();
    window.removeEventListener("mouseup", this.outside);
    window.removeEventListener("keydown", this.escape, true);
  }

  private readonly outside = (): void => this.up(true);

  /** Escape takes a stroke back that is not over, and nothing else. */
  private readonly escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.held) return;
    event.preventDefault();
    event.stopPropagation();
    this.up(false);
  };

  private down(event: MapMouseEvent | MapTouchEvent): void {
    if (!this.tool) return;
    if ("points" in event && event.points.length > 1) return this.up(false); // two fingers move the map
    if (event.originalEvent instanceof MouseEvent && event.originalEvent.button !== 0) return;
    event.preventDefault();
    this.onHold(true);
    const from: Place = [event.lngLat.lng, event.lngLat.lat];
    this.held = { from, start: event.point, loop: [from], moved: false };
    // A finger that stays where it is may be a long press, or the first of two.
    if (this.tool.kind === "brush" && event.originalEvent instanceof MouseEvent) this.brush(from, from);
  }

  private move(event: MapMouseEvent | MapTouchEvent): void {
    if (!this.held || !this.tool) return;
    if (event.originalEvent.cancelable) event.originalEvent.preventDefault(); // else the browser swings on after a finger, and takes the next press for a stop
    const to: Place = [event.lngLat.lng, event.lngLat.lat];
    this.held.moved ||= Math.hypot(event.point.x - this.held.start.x, event.point.y - this.held.start.y) > SLACK;
    if (!this.held.moved) return;
    if (this.tool.kind === "brush") {
      this.brush(this.held.from, to);
      this.held.from = to;
    } else {
      this.held.loop.push(to);
      this.sheet.draw(this.held.loop);
    }
  }

  private up(kept: boolean): void {
    const { held, tool } = this;
    if (!held) return;
    this.held = null;
    this.onHold(false);
    if (tool?.kind === "lasso") {
      const [lon = 0, lat = 0] = held.from;
      const one = this.shapes.at(lon, lat);
      const found = held.moved ? this.shapes.inside(held.loop) : one >= 0 ? [one] : [];
      this.sheet.clear();
      if (kept) this.paint(found);
    } else if (kept && !held.moved) this.brush(held.from, held.from);
    if (!kept) this.sheet.clear();
    this.painter.end(kept);
  }

  private brush(from: Place, to: Place): void {
    const degrees = this.degrees();
    const reach = this.tool?.kind === "brush" ? this.tool.reach * degrees : 0;
    this.paint(this.shapes.along(from, to, reach, 4 * degrees));
  }

  private paint(blocks: readonly number[]): void {
    const painted = this.painter.over(blocks);
    this.sheet.paint(painted, this.colour);
  }

  /** Degrees of latitude to a pixel. */
  private degrees(): number {
    const [lon, lat] = [this.canvas.getCenter().lng, this.canvas.getCenter().lat];
    const [one, other] = [this.canvas.project([lon, lat]), this.canvas.project([lon, lat + 1e-3])];
    return 1e-3 / Math.max(Math.hypot(one.x - other.x, one.y - other.y), 1e-9);
  }
}
