// Asks for the moving picture of a scenario: one question at a time, and of those that wait only the last.
import { api } from "../api.js";
import type { Content } from "./whatifContent.js";

export interface Question {
  area_id: number;
  content: Content;
  mode: string;
  minutes: readonly number[];
  station?: number;
  kind?: string;
  within?: number;
  closed?: boolean;
}

/** Points as the server sends them: lon, lat, then the steps from each to the next, in millionths of a degree. */
type Steps = readonly number[];

export interface Cover {
  kind: string;
  minutes: number;
  households: number;
  before: number;
  after: number;
  gained: number;
  lost: number;
}

export interface Picture {
  zones: readonly (readonly [number, readonly (readonly Steps[])[]])[];
  households: readonly (readonly [number, number])[];
  cover: Cover | null;
  closed: readonly Steps[] | null;
  note: string | null;
}

export class Live {
  private asking = false;
  private waiting: Question | null = null;
  private over = false;

  constructor(
    private readonly show: (picture: Picture, question: Question) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  ask(question: Question): void {
    this.waiting = question;
    if (!this.asking) void this.next();
  }

  /** What is still asked stops mattering. */
  stop(): void {
    this.over = true;
    this.waiting = null;
  }

  private async next(): Promise<void> {
    this.asking = true;
    while (this.waiting) {
      const question: Question = this.waiting;
      this.waiting = null;
      try {
        const picture = await ask(question);
        if (!this.over) this.show(picture, question);
      } catch (error) {
        if (!this.over) this.fail(error);
      }
    }
    this.asking = false;
  }
}

export function ask(question: Question): Promise<Picture> {
  return api.post<Picture>("/response/live", question);
}

/** The zones of a picture, largest first. */
export function zonesOf({ zones }: Picture): GeoJSON.FeatureCollection {
  const features = zones.map(([minutes, polygons]): GeoJSON.Feature => ({
    type: "Feature",
    geometry: { type: "MultiPolygon", coordinates: polygons.map((rings) => rings.map(points)) },
    properties: { minutes },
  }));
  return { type: "FeatureCollection", features };
}

/** The closed stretches of road. */
export function closedOf({ closed }: Picture): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "MultiLineString", coordinates: (closed ?? []).map(points) }, properties: {} };
}

function points(steps: Steps): [number, number][] {
  const found: [number, number][] = [];
  let [lon, lat] = [0, 0];
  for (let at = 0; at + 1 < steps.length; at += 2) {
    lon += steps[at] ?? 0;
    lat += steps[at + 1] ?? 0;
    found.push([lon / 1e6, lat / 1e6]);
  }
  return found;
}
