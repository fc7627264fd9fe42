// A canvas over the map for what a stroke has painted and the loop that is being drawn, until the map shows it itself.
import type { Map as Canvas } from "maplibre-gl";
import { paletteOf } from "./palette.js";
import type { Shapes } from "./shapes.js";

type Place = [number, number];

export class Sheet {
  private readonly element = document.createElement("canvas");
  private painted: { block: number; colour: string }[] = [];
  private loop: Place[] = [];
  private readonly subscriptions;
  private leaving = false;

  constructor(private readonly canvas: Canvas, private readonly shapes: Shapes) {
    this.element.className = "map-sketch";
    this.element.setAttribute("aria-hidden", "true");
    canvas.getCanvas().after(this.element);
    this.subscriptions = [canvas.on("move", () => this.redraw()), canvas.on("resize", () => this.fit())];
    this.fit();
  }

  paint(blocks: readonly number[], colour: string): void {
    if (this.leaving) this.clear();
    const pen = this.pen();
    for (const block of blocks) {
      this.painted.push({ block, colour });
      if (pen) this.fill(pen, block, colour);
    }
  }

  draw(loop: Place[]): void {
    this.loop = loop;
    this.redraw();
  }

  /** Let go of all once the map shows it itself. */
  clearWhenDrawn(): void {
    if (!this.painted.length || this.leaving) return;
    this.leaving = true;
    this.canvas.once("idle", () => this.leaving && this.clear());
    this.canvas.triggerRepaint();
  }

  clear(): void {
    this.leaving = false;
    this.painted = [];
    this.loop = [];
    this.redraw();
  }

  remove(): void {
    for (const one of this.subscriptions) one.unsubscribe();
    this.element.remove();
  }

  private redraw(): void {
    const pen = this.pen();
    if (!pen) return;
    pen.clearRect(0, 0, this.element.width, this.element.height);
    for (const { block, colour } of this.painted) this.fill(pen, block, colour);
    if (this.loop.length < 2) return;
    const path = new Path2D();
    this.trace(path, this.loop);
    pen.globalAlpha = 0.14;
    pen.fillStyle = pen.strokeStyle = paletteOf("day").selected;
    pen.fill(path, "evenodd");
    pen.globalAlpha = 1;
    pen.lineWidth = 2.5;
    pen.setLineDash([7, 5]);
    pen.stroke(path);
    pen.setLineDash([]);
  }

  /** Be as large as the map: asked with each stroke, its size would have the whole page laid out. */
  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas.getContainer();
    Object.assign(this.element, { width, height });
    this.redraw();
  }

  private pen(): CanvasRenderingContext2D | null {
    return this.element.getContext("2d");
  }

  private fill(pen: CanvasRenderingContext2D, block: number, colour: string): void {
    const path = new Path2D();
    for (const ring of this.shapes.rings[block] ?? []) this.trace(path, ring);
    pen.globalAlpha = 0.6;
    pen.fillStyle = pen.strokeStyle = colour;
    pen.fill(path, "evenodd");
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.stroke(path);
  }

  private trace(path: Path2D, ring: readonly (readonly number[])[]): void {
    ring.forEach(([lon = 0, lat = 0], index) => {
      const { x, y } = this.canvas.project([lon, lat]);
      if (index) path.lineTo(x, y);
      else path.moveTo(x, y);
    });
    path.closePath();
  }
}
