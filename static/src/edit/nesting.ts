// The levels of a plan reckoned on its grids: who is in which group, where the lines run, what no longer fits. No DOM, no map.
import { NO_GRID, type Ground, type Levels, type Plan, type PlanDoc } from "./plan.js";

/** A grid of a higher level: 3 of the upper one, 3-1 of the middle one. */
export interface Group {
  readonly number: string;
  readonly grids: number;
  readonly households: number;
  /** That of all its blocks. */
  readonly community: number;
  readonly blocks: readonly number[];
}

type Assigned = Pick<PlanDoc, "blocks" | "grids">;

const MIDDLE = 2.25; // grids in one of the middle level, and
const UPPER = 6; // in one of the upper level, as where 56, 25 and 9 were drawn

/** How many grids the levels are given where nobody says otherwise: no fewer than communities, which no grid crosses. */
export function suggestedCounts(ground: Ground, { blocks }: Assigned): { middle: number; upper: number } {
  const grids = new Set(Object.values(blocks).filter((grid) => grid !== NO_GRID)).size;
  const middle = Math.max(1, Math.min(grids, Math.max(ground.communities.length, Math.round(grids / MIDDLE))));
  return { middle, upper: Math.min(Math.max(ground.communities.length, Math.round(grids / UPPER)), middle) };
}

/** The number of the group of a grid at a depth; "" where it is in none. */
function groupAt(levels: Levels, grid: number, depth: 1 | 2): string {
  return levels.grids[grid]?.slice(0, depth).join("-") ?? "";
}

/** The groups of both levels in the order of their numbers. */
export function groupsOf({ blocks: columns }: Ground, { blocks }: Assigned, levels: Levels): Record<1 | 2, readonly Group[]> {
  const found = (depth: 1 | 2): Group[] => {
    const groups = new Map<string, { grids: Set<number>; households: number; community: number; blocks: number[] }>();
    for (const [at, block] of columns.id.entries()) {
      const grid = blocks[block] ?? NO_GRID;
      const name = groupAt(levels, grid, depth);
      if (!name) continue;
      const group = groups.get(name) ?? { grids: new Set(), households: 0, community: columns.community[at] ?? 0, blocks: [] };
      groups.set(name, group);
      group.grids.add(grid);
      group.households += columns.households[at] ?? 0;
      group.blocks.push(block);
    }
    return [...groups].map(([name, group]) => ({ ...group, number: name, grids: group.grids.size })).sort((one, other) => one.number.localeCompare(other.number, undefined, { numeric: true }));
  };
  return { 1: found(1), 2: found(2) };
}

interface Border {
  readonly one: number;
  readonly other: number;
  readonly lines: number[][][];
}

/** The lines between groups: level 1 around those of the upper level, 2 within them. */
export function linesOf(borders: readonly Border[], { blocks: columns }: Ground, { blocks }: Assigned, levels: Levels): GeoJSON.FeatureCollection {
  const lines: Record<1 | 2, number[][][]> = { 1: [], 2: [] };
  const groupOf = (place: number, depth: 1 | 2): string => (place < 0 ? "outside" : groupAt(levels, blocks[columns.id[place] ?? -1] ?? NO_GRID, depth));
  for (const { one, other, lines: own } of borders) {
    if (groupOf(one, 1) !== groupOf(other, 1)) lines[1].push(...own);
    else if (groupOf(one, 2) !== groupOf(other, 2)) lines[2].push(...own);
  }
  const feature = (level: 1 | 2): GeoJSON.Feature => ({ type: "Feature", properties: { level }, geometry: { type: "MultiLineString", coordinates: lines[level] } });
  return { type: "FeatureCollection", features: [feature(2), feature(1)] };
}

/** What has changed since levels were formed: grids in none, and groups of the middle level whose grids no longer touch each other. */
export function staleOf({ ground, of }: Plan, levels: Levels): { outside: number; torn: number } {
  const grids = new Set([...of].filter((grid) => grid !== NO_GRID));
  const members = new Map<string, number[]>();
  for (const grid of grids) {
    const name = groupAt(levels, grid, 2);
    members.set(name, [...(members.get(name) ?? []), grid]);
  }
  const outside = members.get("")?.length ?? 0;
  members.delete("");
  const beside = neighboursOf(ground, of);
  return { outside, torn: [...members.values()].filter((own) => !joined(own, beside)).length };
}

/** The grids that can be walked to from each grid. */
function neighboursOf(ground: Ground, of: Int32Array): Map<number, Set<number>> {
  const beside = new Map<number, Set<number>>();
  for (let place = 0; place < ground.count; place += 1) {
    for (let at = ground.start[place] as number; at < (ground.start[place + 1] as number); at += 1) {
      const [here, there] = [of[place] as number, of[ground.near[at] as number] as number];
      if (!ground.passable[at] || here === there) continue;
      beside.set(here, (beside.get(here) ?? new Set()).add(there));
    }
  }
  return beside;
}

function joined(grids: readonly number[], beside: ReadonlyMap<number, ReadonlySet<number>>): boolean {
  const [first, ...rest] = grids;
  const left = new Set(rest);
  const waiting = [first];
  for (let grid = waiting.pop(); grid !== undefined; grid = waiting.pop()) {
    for (const near of beside.get(grid) ?? []) if (left.delete(near)) waiting.push(near);
  }
  return !left.size;
}
