// Areas that share their edges, as flat columns: which is where, what lies along a stroke or inside a loop, and the lines
// between them. In degrees; pure, so that it answers within the time of a frame.
import type { Bounds } from "../types.js";

type Ring = readonly (readonly number[])[];

/** A line between two areas by their places; `other` is -1 at the outer edge. */
export interface Border {
  readonly one: number;
  readonly other: number;
  readonly lines: [number, number][][];
}

const ACROSS = 96; // cells of the index across the whole

export class Shapes {
  readonly count: number;
  readonly rings: readonly (readonly Ring[])[];
  /** A place inside each: lon, lat, lon, lat … */
  readonly middles: Float64Array;
  private readonly boxes: Float64Array;
  private readonly cells: number[][] = [];
  private readonly all: Bounds;

  constructor(geometries: readonly GeoJSON.Geometry[]) {
    this.rings = geometries.map(ringsOf);
    this.count = geometries.length;
    this.boxes = new Float64Array(4 * this.count);
    this.middles = new Float64Array(2 * this.count);
    for (let at = 0; at < this.count; at += 1) {
      this.boxes.set(boxOf(this.rings[at] ?? []), 4 * at);
      this.middles.set(this.middle(at), 2 * at);
    }
    this.all = this.bounds(Array.from({ length: this.count }, (_, at) => at)) ?? [0, 0, 0, 0];
    for (let at = 0; at < this.count; at += 1) for (const cell of this.cellsOf(this.box(at))) (this.cells[cell] ??= []).push(at);
  }

  /** The area that a place lies in; -1 where in none. */
  at(lon: number, lat: number): number {
    for (const one of this.cells[this.cell(lon, lat)] ?? []) if (this.covers(one, lon, lat)) return one;
    return -1;
  }

  /** The area that a place lies in, else the one whose middle is nearest; -1 where there is none. */
  nearest(lon: number, lat: number): number {
    const squeeze = Math.cos((lat * Math.PI) / 180);
    const far = (one: number): number => Math.hypot(((this.middles[2 * one] ?? 0) - lon) * squeeze, (this.middles[2 * one + 1] ?? 0) - lat);
    let best = this.at(lon, lat);
    if (best >= 0) return best;
    for (let one = 0; one < this.count; one += 1) if (best < 0 || far(one) < far(best)) best = one;
    return best;
  }

  /** The areas on the way between two places, and those whose middle is within `reach` (degrees of latitude) of it. */
  along(from: readonly [number, number], to: readonly [number, number], reach: number, step: number): number[] {
    const found = new Set<number>();
    const squeeze = Math.cos((from[1] * Math.PI) / 180);
    const [dx, dy] = [(to[0] - from[0]) * squeeze, to[1] - from[1]];
    const count = Math.max(1, Math.min(400, Math.ceil(Math.hypot(dx, dy) / step)));
    for (let part = 0; part <= count; part += 1) {
      const one = this.at(from[0] + ((to[0] - from[0]) * part) / count, from[1] + ((to[1] - from[1]) * part) / count);
      if (one >= 0) found.add(one);
    }
    if (reach > 0) for (const one of this.near(from, to, reach, squeeze)) found.add(one);
    return [...found];
  }

  private near(from: readonly [number, number], to: readonly [number, number], reach: number, squeeze: number): number[] {
    const wide = reach / squeeze;
    const box: Bounds = [Math.min(from[0], to[0]) - wide, Math.min(from[1], to[1]) - reach, Math.max(from[0], to[0]) + wide, Math.max(from[1], to[1]) + reach];
    const [dx, dy] = [(to[0] - from[0]) * squeeze, to[1] - from[1]];
    const length = dx * dx + dy * dy;
    return [...this.candidates(box)].filter((one) => {
      const [x, y] = [((this.middles[2 * one] ?? 0) - from[0]) * squeeze, (this.middles[2 * one + 1] ?? 0) - from[1]];
      const share = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
      return Math.hypot(x - share * dx, y - share * dy) <= reach;
    });
  }

  /** The areas whose middle lies in a loop. */
  inside(loop: Ring): number[] {
    const found = this.candidates(boxOf([loop]));
    return [...found].filter((one) => within([loop], this.middles[2 * one] ?? 0, this.middles[2 * one + 1] ?? 0));
  }

  /** The box around some of them; null around none. */
  bounds(which: readonly number[]): Bounds | null {
    if (!which.length) return null;
    const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
    for (const one of which) {
      const [west, south, east, north] = this.box(one);
      box[0] = Math.min(box[0], west);
      box[1] = Math.min(box[1], south);
      box[2] = Math.max(box[2], east);
      box[3] = Math.max(box[3], north);
    }
    return box;
  }

  /** Every line between two of them, and along the outside. */
  borders(): Border[] {
    const sides = new Map<string, { one: number; other: number; ends: [[number, number], [number, number]] }>();
    this.rings.forEach((rings, area) => {
      for (const ring of rings) {
        for (let at = 1; at < ring.length; at += 1) {
          const [[ax = 0, ay = 0], [bx = 0, by = 0]] = [ring[at - 1] as readonly number[], ring[at] as readonly number[]];
          const key = ax < bx || (ax === bx && ay < by) ? `${ax},${ay},${bx},${by}` : `${bx},${by},${ax},${ay}`;
          const side = sides.get(key);
          if (side) side.other = area;
          else sides.set(key, { one: area, other: -1, ends: [[ax, ay], [bx, by]] });
        }
      }
    });
    const found = new Map<number, Border>();
    for (const { one, other, ends } of sides.values()) {
      const key = (Math.min(one, other) + 1) * (this.count + 1) + Math.max(one, other);
      const border = found.get(key) ?? { one, other, lines: [] };
      found.set(key, border);
      const last = border.lines.at(-1);
      const end = last?.at(-1);
      if (last && end && end[0] === ends[0][0] && end[1] === ends[0][1]) last.push(ends[1]);
      else border.lines.push([...ends]);
    }
    return [...found.values()];
  }

  private box(one: number): Bounds {
    return [...this.boxes.subarray(4 * one, 4 * one + 4)] as Bounds;
  }

  private covers(one: number, lon: number, lat: number): boolean {
    const at = 4 * one;
    const { boxes } = this;
    if (lon < (boxes[at] as number) || lat < (boxes[at + 1] as number) || lon > (boxes[at + 2] as number) || lat > (boxes[at + 3] as number)) return false;
    return within(this.rings[one] ?? [], lon, lat);
  }

  /** The centre of the box where that is inside, else the middle of the widest piece of the line through it. */
  private middle(one: number): [number, number] {
    const [west, south, east, north] = this.box(one);
    const rings = this.rings[one] ?? [];
    const [lon, lat] = [(west + east) / 2, (south + north) / 2 + (north - south) * 1e-4]; // off the corners
    if (within(rings, lon, lat)) return [lon, lat];
    const cuts = rings.flatMap((ring) => crossings(ring, lat)).sort((a, b) => a - b);
    let best: [number, number] = [lon, lat];
    let widest = 0;
    for (let at = 1; at < cuts.length; at += 2) {
      const [from, to] = [cuts[at - 1] as number, cuts[at] as number];
      if (to - from > widest) [widest, best] = [to - from, [(from + to) / 2, lat]];
    }
    return best;
  }

  private candidates(box: Bounds): Set<number> {
    const found = new Set<number>();
    for (const cell of this.cellsOf(box)) for (const one of this.cells[cell] ?? []) found.add(one);
    return found;
  }

  private cell(lon: number, lat: number): number {
    return this.row(lat) * ACROSS + this.column(lon);
  }

  private column(lon: number): number {
    const [west, , east] = this.all;
    return clamp(Math.floor(((lon - west) / (east - west || 1)) * ACROSS));
  }

  private row(lat: number): number {
    const [, south, , north] = this.all;
    return clamp(Math.floor(((lat - south) / (north - south || 1)) * ACROSS));
  }

  private cellsOf([west, south, east, north]: Bounds): number[] {
    const found: number[] = [];
    for (let row = this.row(south); row <= this.row(north); row += 1) {
      for (let column = this.column(west); column <= this.column(east); column += 1) found.push(row * ACROSS + column);
    }
    return found;
  }
}

function clamp(cell: number): number {
  return Math.min(ACROSS - 1, Math.max(0, cell));
}

function ringsOf(geometry: GeoJSON.Geometry): Ring[] {
  if (geometry.type === "Polygon") return geometry.coordinates;
  return geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
}

function boxOf(rings: readonly Ring[]): Bounds {
  const box: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (const [lon = 0, lat = 0] of ring) {
      if (lon < box[0]) box[0] = lon;
      if (lat < box[1]) box[1] = lat;
      if (lon > box[2]) box[2] = lon;
      if (lat > box[3]) box[3] = lat;
    }
  }
  return box;
}

/** Where a ring crosses a latitude. */
function crossings(ring: Ring, lat: number): number[] {
  const found: number[] = [];
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
    const [[ax = 0, ay = 0], [bx = 0, by = 0]] = [ring[before] as readonly number[], ring[at] as readonly number[]];
    if (ay > lat !== by > lat) found.push(ax + ((lat - ay) / (by - ay)) * (bx - ax));
  }
  return found;
}

function within(rings: readonly Ring[], lon: number, lat: number): boolean {
  let inside = false;
  for (const ring of rings) for (const cut of crossings(ring, lat)) if (cut > lon) inside = !inside;
  return inside;
}
