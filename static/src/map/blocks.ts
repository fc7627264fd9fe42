// Blocks on the map in the colours of their grids, and the pointer over them: a brush, a loop, a press. While a stroke goes
// on, what it paints is drawn on a canvas over the map, so that colours follow at once; the map itself takes them afterwards.
import type { Map as Canvas } from "maplibre-gl";
import type { Bounds, LngLat } from "../types.js";
import { halves, type Halves } from "./blockHalves.js";
import { blockLayers, borderLayers, colourOf, labelLayers, NO_SLOT as NONE } from "./blockStyle.js";
import { Sheet } from "./blockSheet.js";
import { Strokes, type Painter, type Tool } from "./blockStrokes.js";
import type { Overlays } from "./overlays.js";
import { paletteOf, type Shade } from "./palette.js";
import { Shapes } from "./shapes.js";

/** A grid's name where it is drawn. */
export interface GridLabel {
  readonly block: number;
  readonly text: string;
  /** How it is written: as ever, as a warning, or turned into light for dark over something strong. */
  readonly ink: "plain" | "alarm" | "turned";
}

const SOURCE = { blocks: "plan-blocks", borders: "plan-borders", labels: "plan-labels" } as const;

export class Blocks {
  readonly shapes: Shapes;
  /** The lines between blocks, by their places; `other` is -1 at the outer edge. */
  readonly borders: ReturnType<Shapes["borders"]>;
  private readonly touching: number[][] = [];
  private slots: Int32Array;
  private grids: Int32Array;
  private chosen = NONE;
  private lit: ReadonlySet<number> = new Set();
  /** What the map draws: the blocks, and the lines between them. */
  private readonly drawn: { blocks: GeoJSON.FeatureCollection; lines: GeoJSON.FeatureCollection };
  private readonly layers: { remove(): void; set(data: GeoJSON.FeatureCollection): void }[];
  private readonly sheet: Sheet;
  private readonly pointer: Strokes;

  constructor(private readonly canvas: Canvas, private readonly overlays: Overlays, private readonly shade: () => Shade, geometries: readonly GeoJSON.Geometry[], painter: Painter, onHold: (held: boolean) => void) {
    this.shapes = new Shapes(geometries);
    this.borders = this.shapes.borders();
    this.borders.forEach(({ one, other }, index) => {
      for (const block of [one, other]) if (block >= 0) (this.touching[block] ??= []).push(index);
    });
    this.slots = new Int32Array(this.shapes.count).fill(NONE - 1);
    this.grids = new Int32Array(this.shapes.count).fill(NONE - 1);
    this.drawn = { blocks: collection(geometries), lines: collection(this.borders.map(({ lines }) => ({ type: "MultiLineString", coordinates: lines }))) };
    this.layers = [
      overlays.add(SOURCE.blocks, this.drawn.blocks, blockLayers()),
      overlays.add(SOURCE.borders, this.drawn.lines, borderLayers()),
      overlays.add(SOURCE.labels, collection([]), labelLayers()),
    ];
    this.sheet = new Sheet(canvas, this.shapes);
    this.pointer = new Strokes(canvas, this.shapes, this.sheet, painter, onHold);
  }

  /** Colour every block by the slot of its grid (-1: in none), and draw the lines between grids. */
  show(grids: Int32Array, slots: Int32Array): void {
    const changed: number[] = [];
    for (let block = 0; block < grids.length; block += 1) {
      if (grids[block] === this.grids[block] && slots[block] === this.slots[block]) continue;
      changed.push(block);
    }
    [this.grids, this.slots] = [grids, slots];
    for (const block of changed) this.state(block);
    for (const border of new Set(changed.flatMap((block) => this.touching[block] ?? []))) this.border(border);
    this.sheet.clearWhenDrawn();
  }

  /** Emphasise a grid. */
  choose(grid: number): void {
    if (grid === this.chosen) return;
    const before = this.chosen;
    this.chosen = grid;
    const borders = new Set<number>();
    for (let block = 0; block < this.grids.length; block += 1) {
      if (this.grids[block] !== before && this.grids[block] !== grid) continue;
      this.state(block);
      for (const border of this.touching[block] ?? []) borders.add(border);
    }
    for (const border of borders) this.border(border);
  }

  /** Outline blocks. */
  light(blocks: readonly number[]): void {
    const before = this.lit;
    this.lit = new Set(blocks);
    for (const border of new Set([...before, ...blocks].flatMap((block) => this.touching[block] ?? []))) this.border(border);
  }

  /** Colour the blocks in another way left of a line on the screen; what is shown, and all drawn over it, is right of it. */
  halve(grids: Int32Array, slots: Int32Array): Halves {
    return halves(this.canvas, this.overlays, { first: `${SOURCE.blocks}-0`, borders: this.borders, ...this.drawn }, grids, slots);
  }

  /** Whether the middle of a block is left of so many pixels from the left of the map. */
  isLeft(block: number, x: number): boolean {
    const { middles } = this.shapes;
    return this.canvas.project([middles[2 * block] ?? 0, middles[2 * block + 1] ?? 0]).x < x;
  }

  label(labels: readonly GridLabel[]): void {
    const { middles } = this.shapes;
    const features = labels.map(({ block, ...properties }): GeoJSON.Feature => ({
      type: "Feature", properties, geometry: { type: "Point", coordinates: [middles[2 * block] ?? 0, middles[2 * block + 1] ?? 0] },
    }));
    this.layers[2]?.set({ type: "FeatureCollection", features });
  }

  /** What the pointer does from now on; `colour` is that of the grid it paints into. */
  use(tool: Tool, slot = NONE): void {
    this.pointer.use(tool, this.colour(slot));
  }

  /** Take back a stroke that is not over. */
  dropStroke(): void {
    this.pointer.drop();
  }

  /** The block at the middle of the map, which the keyboard moves. */
  middle(): number {
    const { lng, lat } = this.canvas.getCenter();
    return this.shapes.at(lng, lat);
  }

  /** The block at a place, else the one whose middle is nearest; -1 where there is none. */
  nearest({ lon, lat }: LngLat): number {
    return this.shapes.nearest(lon, lat);
  }

  bounds(blocks: readonly number[]): Bounds | null {
    return this.shapes.bounds(blocks);
  }

  colour(slot: number): string {
    return colourOf(paletteOf(this.shade()), slot);
  }

  remove(): void {
    this.pointer.stop();
    this.sheet.remove();
    for (const layer of this.layers) layer.remove();
  }

  private state(block: number): void {
    this.canvas.setFeatureState({ source: SOURCE.blocks, id: block }, { slot: this.slots[block] ?? NONE, chosen: this.grids[block] === this.chosen });
  }

  private border(index: number): void {
    const { one, other } = this.borders[index] as { one: number; other: number };
    const [here, there] = [this.grids[one], other < 0 ? NONE - 1 : this.grids[other]];
    const lit = this.lit.has(one) !== this.lit.has(other);
    const own = here !== there && (here === this.chosen || there === this.chosen) && this.chosen !== NONE;
    this.canvas.setFeatureState({ source: SOURCE.borders, id: index }, { rank: lit ? 3 : here === there ? 0 : own ? 2 : 1 });
  }
}

function collection(geometries: readonly GeoJSON.Geometry[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features: geometries.map((geometry, id) => ({ type: "Feature", id, geometry, properties: {} })) };
}
