// A plan of grids in the page: which block is in which grid. An act is Plan → Plan and knows neither page nor map; what it
// changed is an Edit, which the server and the undo take. Blocks are columns, neighbours compressed rows: fast at 20,000 blocks.
import { t } from "../i18n.js";
import type { Named } from "../types.js";

export const NO_GRID = -1;
const FIRST_NEW = 1_000_000_000;
const LAST_NEW = 2_000_000_000;

export interface PlannedGrid {
  readonly name: string;
  readonly name_en: string;
  readonly kind: "base" | "dedicated";
  readonly locked: boolean;
  readonly community: number;
  /** Today's grid that it is; null for a new one. */
  readonly grid: number | null;
  readonly code: string | null;
}

/** What was changed, each thing as it was and as it is. */
export interface Edit {
  readonly blocks: Record<string, [number, number]>;
  readonly grids: Record<string, [PlannedGrid | null, PlannedGrid | null]>;
}

export type PlanState = "draft" | "submitted" | "approved" | "in_force" | "withdrawn";

export interface Person {
  readonly id: number;
  readonly name: string;
}

/** A plan without its blocks and grids, as it stands in the list. */
export interface PlanHead {
  readonly id: string;
  readonly name: string;
  readonly area: Named & { level?: string };
  readonly state: PlanState;
  readonly version: number;
  readonly parent: string | null;
  readonly note: string;
  readonly owner: Person;
  readonly changed_by: Person;
  readonly changed_at: string;
  readonly submitted_by: Person | null;
  readonly submitted_at: string | null;
  readonly approved_by: Person | null;
  readonly approved_at: string | null;
  readonly valid_from: string | null;
  readonly enacted_at: string | null;
  /** True, or the sentence that says why not. */
  readonly may: Readonly<Record<"edit" | "delete" | "submit" | "return" | "approve" | "withdraw" | "undo", true | string>>;
}

/** The levels as they are kept: for each grid its upper one, and its middle one within that, from 1. */
export interface Levels {
  readonly middle: number;
  readonly upper: number;
  readonly grids: Readonly<Record<string, readonly [number, number]>>;
}

/** A plan as the server tells it. */
export interface PlanDoc extends PlanHead {
  /** The levels above its grids, as the server has them; not in what is kept here. */
  readonly levels?: Levels | null;
  readonly blocks: Readonly<Record<string, number>>;
  readonly grids: Readonly<Record<string, PlannedGrid>>;
}

/** What plans of an area are made of, as the server tells it: columns of equal length. */
export interface GroundAnswer {
  readonly stamp: string;
  readonly size: { readonly low: number; readonly high: number };
  readonly worker: number;
  readonly communities: readonly (Named & { code: string })[];
  readonly compounds: readonly Named[];
  readonly blocks: Readonly<Record<"id" | "community" | "compound" | "households" | "buildings" | "area" | "outline" | "grid", readonly number[]>>;
  readonly edges: Readonly<Record<"one" | "two" | "metres" | "passable" | "along", readonly number[]>>;
  readonly today: Readonly<Record<string, PlannedGrid>>;
  readonly shapes: GeoJSON.FeatureCollection;
}

/** The ground with the place of each block and its neighbours: those of block i stand from start[i] to start[i + 1]. */
export interface Ground extends GroundAnswer {
  readonly count: number;
  readonly place: ReadonlyMap<number, number>;
  readonly start: Int32Array;
  readonly near: Int32Array;
  readonly metres: Float64Array;
  readonly passable: Uint8Array;
}

/** The grid of each block by its place in the ground; it is never changed, an act makes a new one. */
export interface Plan {
  readonly ground: Ground;
  readonly of: Int32Array;
  readonly grids: ReadonlyMap<number, PlannedGrid>;
}

export const NO_EDIT: Edit = { blocks: {}, grids: {} };

export function groundOf(answer: GroundAnswer): Ground {
  const { id } = answer.blocks;
  const count = id.length;
  const { one, two, metres, passable } = answer.edges;
  const start = new Int32Array(count + 1);
  for (const ends of [one, two]) for (const block of ends) start[block + 1] = (start[block + 1] ?? 0) + 1;
  for (let at = 0; at < count; at += 1) start[at + 1] = (start[at + 1] ?? 0) + (start[at] ?? 0);
  const next = start.slice(0, count);
  const rows = { near: new Int32Array(2 * one.length), metres: new Float64Array(2 * one.length), passable: new Uint8Array(2 * one.length) };
  const put = (from: number, to: number, edge: number): void => {
    const at = next[from] ?? 0;
    next[from] = at + 1;
    rows.near[at] = to;
    rows.metres[at] = metres[edge] ?? 0;
    rows.passable[at] = passable[edge] ?? 0;
  };
  for (let edge = 0; edge < one.length; edge += 1) {
    put(one[edge] ?? 0, two[edge] ?? 0, edge);
    put(two[edge] ?? 0, one[edge] ?? 0, edge);
  }
  return { ...answer, count, place: new Map(id.map((block, at) => [block, at] as const)), start, ...rows };
}

export function planOf(ground: Ground, { blocks, grids }: Pick<PlanDoc, "blocks" | "grids">): Plan {
  const of = Int32Array.from(ground.blocks.id, (id) => blocks[id] ?? NO_GRID);
  return { ground, of, grids: new Map(Object.entries(grids).map(([number, grid]) => [Number(number), grid] as const)) };
}

/** A number for a new grid that hardly anybody else has chosen. */
export function newNumber(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return FIRST_NEW + (random % (LAST_NEW - FIRST_NEW));
}

/** The places of a grid's blocks. */
export function blocksOf({ of }: Plan, grid: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < of.length; at += 1) if (of[at] === grid) found.push(at);
  return found;
}

/** Why a block may not go into a grid (NO_GRID: into none); null where it may. */
export function barred({ ground, of, grids }: Plan, block: number, into: number): string | null {
  const from = grids.get(of[block] ?? NO_GRID);
  const to = grids.get(into);
  if (of[block] === into) return null;
  if (from?.locked) return t("The grid of this block is locked.");
  if (to?.locked) return t("The chosen grid is locked.");
  if (to && to.community !== ground.blocks.community[block]) return t("This block is in another community. A grid stays in one.");
  return null;
}

/** Blocks put into a grid, as far as they may; the plan itself where none moves. */
export function paint(plan: Plan, blocks: Iterable<number>, into: number): Plan {
  let of: Int32Array | null = null;
  for (const block of blocks) {
    if (plan.of[block] === into || plan.of[block] === undefined || barred(plan, block, into) !== null) continue;
    of ??= plan.of.slice();
    of[block] = into;
  }
  return of ? { ...plan, of } : plan;
}

/** A new grid without a block. */
export function create(plan: Plan, number: number, grid: PlannedGrid): Plan {
  return { ...plan, grids: new Map(plan.grids).set(number, grid) };
}

/** Another name, kind or lock for a grid. */
export function change(plan: Plan, number: number, patch: Partial<PlannedGrid>): Plan {
  const grid = plan.grids.get(number);
  return grid ? { ...plan, grids: new Map(plan.grids).set(number, { ...grid, ...patch }) } : plan;
}

/** Grids made one, which keeps the number of the first. */
export function merge(plan: Plan, into: number, others: readonly number[]): Plan {
  const gone = new Set(others);
  return swept({ ...plan, of: plan.of.map((grid) => (gone.has(grid) ? into : grid)) });
}

/** A grid's blocks handed to the neighbours with which they share most edge, the longest first; what nobody can take stays. */
export function dissolve(plan: Plan, grid: number): Plan {
  const { ground, grids } = plan;
  const of = plan.of.slice();
  const left = new Set(blocksOf(plan, grid));
  const hosts = new Set([...grids].filter(([number, { kind, locked }]) => number !== grid && !locked && kind === "base").map(([number]) => number));
  while (left.size) {
    let best: { block: number; host: number; metres: number } | null = null;
    for (const block of left) {
      for (const [host, metres] of beside(ground, of, block)) {
        if (hosts.has(host) && metres > (best?.metres ?? 0)) best = { block, host, metres };
      }
    }
    if (!best) break;
    of[best.block] = best.host;
    left.delete(best.block);
  }
  return swept({ ...plan, of });
}

/** Whether a grid's blocks can all be handed to neighbours: from each one can walk, through the grid, to a base grid that is not locked. */
export function dissolvable(plan: Plan, grid: number): boolean {
  const { ground, of, grids } = plan;
  const blocks = blocksOf(plan, grid);
  const reached = new Uint8Array(ground.count);
  const open = (number: number): boolean => number !== grid && grids.get(number)?.kind === "base" && !grids.get(number)?.locked;
  const next = blocks.filter((block) => [...beside(ground, of, block).keys()].some(open));
  for (const block of next) reached[block] = 1;
  for (let block = next.pop(); block !== undefined; block = next.pop()) {
    for (let at = ground.start[block] ?? 0; at < (ground.start[block + 1] ?? 0); at += 1) {
      const other = ground.near[at] ?? 0;
      if (!ground.passable[at] || reached[other] || of[other] !== grid) continue;
      reached[other] = 1;
      next.push(other);
    }
  }
  return blocks.length > 0 && blocks.every((block) => reached[block]);
}

/** The grids that one can walk to from a block, with the metres of edge shared with each. */
function beside({ start, near, metres, passable }: Ground, of: Int32Array, block: number): Map<number, number> {
  const shared = new Map<number, number>();
  for (let at = start[block] ?? 0; at < (start[block + 1] ?? 0); at += 1) {
    const host = of[near[at] ?? 0] ?? NO_GRID;
    if (passable[at] && host !== NO_GRID) shared.set(host, (shared.get(host) ?? 0) + (metres[at] ?? 0));
  }
  return shared;
}

/** The grids that share an edge with a grid, those with the longest first. */
export function neighbours({ ground, of }: Plan, grid: number): number[] {
  const shared = new Map<number, number>();
  for (let block = 0; block < ground.count; block += 1) {
    if (of[block] !== grid) continue;
    for (let at = ground.start[block] ?? 0; at < (ground.start[block + 1] ?? 0); at += 1) {
      const other = of[ground.near[at] ?? 0] ?? NO_GRID;
      if (other !== grid && other !== NO_GRID) shared.set(other, (shared.get(other) ?? 0) + (ground.metres[at] ?? 0));
    }
  }
  return [...shared].sort(([, one], [, two]) => two - one).map(([other]) => other);
}

/** Without the grids that have no block. */
export function swept(plan: Plan): Plan {
  const lived = new Set(plan.of);
  const kept = [...plan.grids].filter(([number]) => lived.has(number));
  return kept.length === plan.grids.size ? plan : { ...plan, grids: new Map(kept) };
}

/** What was done from one plan to the next, over the same ground. */
export function difference(before: Plan, after: Plan): Edit {
  const blocks: Edit["blocks"] = {};
  const { id } = before.ground.blocks;
  for (let at = 0; at < after.of.length; at += 1) {
    const [was = NO_GRID, is = NO_GRID] = [before.of[at], after.of[at]];
    if (was !== is) blocks[id[at] ?? 0] = [was, is];
  }
  const grids: Edit["grids"] = {};
  for (const number of new Set([...before.grids.keys(), ...after.grids.keys()])) {
    const [was = null, is = null] = [before.grids.get(number), after.grids.get(number)];
    if (!sameGrid(was, is)) grids[number] = [was, is];
  }
  return { blocks, grids };
}

/** The plan after an edit, whatever was there before; blocks that the ground does not know are left out. */
export function applied(plan: Plan, edit: Edit): Plan {
  const of = plan.of.slice();
  for (const [id, [, after]] of Object.entries(edit.blocks)) {
    const at = plan.ground.place.get(Number(id));
    if (at !== undefined) of[at] = after ?? NO_GRID;
  }
  const grids = new Map(plan.grids);
  for (const [number, [, after]] of Object.entries(edit.grids)) {
    if (after) grids.set(Number(number), after);
    else grids.delete(Number(number));
  }
  return { ...plan, of, grids };
}

export function inverse({ blocks, grids }: Edit): Edit {
  return { blocks: turned(blocks), grids: turned(grids) };
}

function turned<T>(pairs: Record<string, [T, T]>): Record<string, [T, T]> {
  return Object.fromEntries(Object.entries(pairs).map(([key, [before, after]]): [string, [T, T]] => [key, [after, before]]));
}

export function isNothing({ blocks, grids }: Edit): boolean {
  return !Object.keys(blocks).length && !Object.keys(grids).length;
}

export function sameGrid(one: PlannedGrid | null, other: PlannedGrid | null): boolean {
  if (!one || !other) return one === other;
  return (["name", "name_en", "kind", "locked", "community", "grid", "code"] as const).every((key) => one[key] === other[key]);
}

/** The blocks that stand for those that were split or merged. */
export type Children = ReadonlyMap<number, readonly number[]>;

/** What a split or a merger made of which blocks; null for any other edit. */
export function childrenOf(edit: Edit): Children | null {
  if (!("ground" in edit)) return null;
  const changes = Object.entries(edit.blocks) as [string, [number | null, number | null]][];
  const added = changes.filter(([, [before]]) => before === null).map(([id]) => Number(id));
  return new Map(changes.filter(([, [, after]]) => after === null).map(([id]) => [Number(id), added]));
}

/** An edit with the blocks that are gone replaced by those that stand for them. */
export function renumbered(edit: Edit, children: Children): Edit {
  const blocks = Object.entries(edit.blocks).flatMap(([id, change]) => (children.get(Number(id)) ?? [id]).map((child) => [child, change] as const));
  return { ...edit, blocks: Object.fromEntries(blocks) };
}

/** The part of an edit that can be made now: what it expects is still so. `edit` has what is there as its "before". */
export function fitting(plan: Plan, edit: Edit): Edit {
  const grids = Object.fromEntries(Object.entries(edit.grids).filter(([number, [before]]) => sameGrid(plan.grids.get(Number(number)) ?? null, before)));
  const known = (number: number): boolean => number === NO_GRID || Boolean(grids[number] ? grids[number][1] : plan.grids.get(number));
  const blocks = Object.fromEntries(
    Object.entries(edit.blocks).filter(([id, [before, after]]) => {
      const at = plan.ground.place.get(Number(id));
      return at !== undefined && plan.of[at] === before && known(after);
    }),
  );
  const after = applied(plan, { blocks, grids });
  const lived = new Set(after.of);
  // A grid that others are in by now stays.
  const kept = Object.entries(grids).filter(([number, [, next]]) => next !== null || !lived.has(Number(number)));
  return { blocks, grids: Object.fromEntries(kept) };
}
