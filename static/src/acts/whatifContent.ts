// What a scenario changes, and how: an action is Content → Content, undo is a stack of them. Nothing here knows the page.
import type { LngLat } from "../types.js";

export type Shape = "barrier" | "flood" | "road";
export type Points = [number, number][];

export interface Added extends LngLat {
  id: number; // below zero
  kind: string;
  name: string;
}

export interface Closure {
  shape: Shape;
  points: Points;
  note: string;
}

export interface Content {
  readonly added: readonly Added[];
  readonly moved: readonly (LngLat & { id: number })[];
  readonly shut: readonly number[];
  readonly closures: readonly Closure[];
  readonly incident: LngLat | null;
}

export const NO_CHANGE: Content = { added: [], moved: [], shut: [], closures: [], incident: null };

export type Action = (content: Content) => Content;

/** A station that is nowhere yet; its id is answered by `newest`. */
export const addStation = (kind: string, name: string, at: LngLat): Action => (content) => ({
  ...content,
  added: [...content.added, { id: newest(content) - 1, kind, name, ...exact(at) }],
});

/** The id of the station that was added last; 0 where there is none. */
export function newest({ added }: Content): number {
  return Math.min(0, ...added.map(({ id }) => id));
}

export const moveStation = (id: number, at: LngLat): Action => (content) =>
  id < 0
    ? { ...content, added: content.added.map((one) => (one.id === id ? { ...one, ...exact(at) } : one)) }
    : { ...content, moved: [...content.moved.filter((one) => one.id !== id), { id, ...exact(at) }] };

/** As the register has it; an added station goes. */
export const resetStation = (id: number): Action => (content) => ({
  ...content,
  added: content.added.filter((one) => one.id !== id),
  moved: content.moved.filter((one) => one.id !== id),
  shut: content.shut.filter((one) => one !== id),
});

export const shutStation = (id: number): Action => (content) => ({ ...resetStation(id)(content), shut: [...content.shut, id] });

export const placeIncident = (at: LngLat | null): Action => (content) => ({ ...content, incident: at && exact(at) });

export const close = (shape: Shape, points: Points): Action => (content) => ({
  ...content,
  closures: [...content.closures, { shape, points: points.map(([lon, lat]) => [round(lon), round(lat)]), note: "" }],
});

export const open = (index: number): Action => (content) => ({ ...content, closures: content.closures.filter((_, at) => at !== index) });

export const note = (index: number, text: string): Action => (content) => ({
  ...content,
  closures: content.closures.map((closure, at) => (at === index ? { ...closure, note: text } : closure)),
});

/** Where a station stands in the scenario; undefined where it stands where the register says. */
export function placeOf(content: Content, id: number): LngLat | undefined {
  return [...content.added, ...content.moved].find((one) => one.id === id);
}

export function isEmpty(content: Content): boolean {
  return !content.incident && [content.added, content.moved, content.shut, content.closures].every(({ length }) => !length);
}

function exact({ lon, lat }: LngLat): LngLat {
  return { lon: round(lon), lat: round(lat) };
}

function round(degrees: number): number {
  return Number(degrees.toFixed(7));
}

/** The contents that were, the one that is, and those that were undone. */
export class History {
  private past: Content[] = [];
  private future: Content[] = [];
  private field = ""; // whose letters are one step

  constructor(private current: Content) {}

  get content(): Content {
    return this.current;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** What is written into one `field` without a break is one step back. */
  do(action: Action, field = ""): void {
    if (!field || field !== this.field) this.past.push(this.current);
    this.field = field;
    this.future = [];
    this.current = action(this.current);
  }

  undo(): void {
    const before = this.past.pop();
    if (!before) return;
    this.field = "";
    this.future.push(this.current);
    this.current = before;
  }

  redo(): void {
    const after = this.future.pop();
    if (!after) return;
    this.field = "";
    this.past.push(this.current);
    this.current = after;
  }
}
