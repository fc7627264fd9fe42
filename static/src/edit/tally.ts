// What a plan amounts to, counted anew with every stroke: households, pieces and workers of each grid, and all that is wrong.
import { NO_GRID, type Ground, type Plan } from "./plan.js";

export interface Tally {
  readonly grid: number;
  blocks: number;
  households: number;
  buildings: number;
  /** Pieces that one cannot walk between. */
  parts: number;
  /** Pieces that the ground forces: a river without a bridge parts it. */
  forced: number;
  workers: number;
}

export type FaultKind = "unassigned" | "empty" | "parts" | "large" | "small" | "compound_cut";

export interface Fault {
  readonly kind: FaultKind;
  readonly grave: boolean;
  /** Of the grid; of a cut compound null. */
  readonly grid: number | null;
  readonly compound: number | null;
  readonly community: number;
  /** The ids of the blocks that it is about. */
  readonly blocks: readonly number[];
  readonly households: number;
}

/** The number of the piece that each block belongs to, where blocks of one `group` that can be walked between are one. */
export function pieces({ count, start, near, passable }: Ground, group: ArrayLike<number>): Int32Array {
  const piece = new Int32Array(count).fill(-1);
  const stack = new Int32Array(count);
  let found = 0;
  for (let first = 0; first < count; first += 1) {
    if ((piece[first] as number) >= 0) continue;
    let height = 0;
    stack[height++] = first;
    piece[first] = found;
    while (height) {
      const block = stack[--height] as number;
      for (let at = start[block] as number; at < (start[block + 1] as number); at += 1) {
        const other = near[at] as number;
        if (!passable[at] || piece[other] !== -1 || group[other] !== group[block]) continue;
        piece[other] = found;
        stack[height++] = other;
      }
    }
    found += 1;
  }
  return piece;
}

/** The pieces that the ground itself falls into, once for each ground. */
const whole = new WeakMap<Ground, Int32Array>();

function groundPieces(ground: Ground): Int32Array {
  const known = whole.get(ground) ?? pieces(ground, ground.blocks.community);
  whole.set(ground, known);
  return known;
}

/** Every grid of the plan with its numbers, in the order of the plan. */
export function tallies(plan: Plan): Map<number, Tally> {
  const { ground, of, grids } = plan;
  const found = new Map<number, Tally>();
  for (const grid of grids.keys()) found.set(grid, { grid, blocks: 0, households: 0, buildings: 0, parts: 0, forced: 0, workers: 0 });
  const piece = pieces(ground, of);
  const forced = groundPieces(ground);
  const seen = new Uint8Array(ground.count);
  const pairs = new Set<number>();
  for (let block = 0; block < ground.count; block += 1) {
    const tally = found.get(of[block] as number);
    if (!tally) continue;
    tally.blocks += 1;
    tally.households += ground.blocks.households[block] as number;
    tally.buildings += ground.blocks.buildings[block] as number;
    const own = piece[block] as number;
    if (seen[own]) continue;
    seen[own] = 1;
    tally.parts += 1;
    const pair = tally.grid * ground.count + (forced[block] as number);
    if (!pairs.has(pair)) tally.forced += 1;
    pairs.add(pair);
  }
  for (const tally of found.values()) tally.workers = Math.ceil(tally.households / ground.worker);
  return found;
}

/** All that is wrong with a plan, what keeps it from being submitted first. */
export function faults(plan: Plan, counted: ReadonlyMap<number, Tally> = tallies(plan)): Fault[] {
  const found = [...unassigned(plan), ...ofGrids(plan, counted), ...cutCompounds(plan)];
  return found.sort((one, other) => Number(other.grave) - Number(one.grave));
}

function unassigned({ ground, of }: Plan): Fault[] {
  const by = new Map<number, number[]>();
  for (let block = 0; block < ground.count; block += 1) {
    if (of[block] !== NO_GRID) continue;
    const community = ground.blocks.community[block] as number;
    const blocks = by.get(community);
    if (blocks) blocks.push(block);
    else by.set(community, [block]);
  }
  return [...by].map(([community, blocks]) => fault(ground, "unassigned", true, blocks, { grid: NO_GRID, community }));
}

function ofGrids(plan: Plan, counted: ReadonlyMap<number, Tally>): Fault[] {
  const { ground, grids } = plan;
  const { low, high } = ground.size;
  const wrong: { kind: FaultKind; grave: boolean; grid: number; community: number }[] = [];
  for (const [grid, { kind, community }] of grids) {
    const { blocks, households, parts, forced } = counted.get(grid) ?? { blocks: 0, households: 0, parts: 0, forced: 0 };
    const add = (what: FaultKind, grave: boolean): void => void wrong.push({ kind: what, grave, grid, community });
    if (!blocks) add("empty", true);
    if (parts > Math.max(forced, 1)) add("parts", true);
    if (kind === "base" && households > high) add("large", false);
    if (kind === "base" && blocks && households < low) add("small", false);
  }
  if (!wrong.length) return [];
  const members = new Map<number, number[]>(wrong.map(({ grid }) => [grid, []]));
  for (let block = 0; block < ground.count; block += 1) members.get(plan.of[block] as number)?.push(block);
  return wrong.map(({ kind, grave, ...where }) => {
    const all = members.get(where.grid) ?? [];
    return fault(ground, kind, grave, kind === "parts" ? loose(ground, plan.of, all) : all, where);
  });
}

/** The blocks outside the largest piece of theirs, by households and blocks. */
function loose(ground: Ground, of: Int32Array, blocks: readonly number[]): number[] {
  const piece = pieces(ground, of);
  const held = new Map<number, number>();
  for (const block of blocks) {
    const own = piece[block] as number;
    held.set(own, (held.get(own) ?? 0) + (ground.blocks.households[block] as number) + 1);
  }
  const [largest] = [...held].sort(([, one], [, two]) => two - one)[0] ?? [];
  return blocks.filter((block) => piece[block] !== largest);
}

/** Compounds in several grids that would fit into one. */
function cutCompounds({ ground, of }: Plan): Fault[] {
  const by = new Map<number, number[]>();
  for (let block = 0; block < ground.count; block += 1) {
    const compound = ground.blocks.compound[block] as number;
    if (compound < 0 || of[block] === NO_GRID) continue;
    const blocks = by.get(compound);
    if (blocks) blocks.push(block);
    else by.set(compound, [block]);
  }
  const found: Fault[] = [];
  for (const [compound, blocks] of by) {
    if (blocks.every((block) => of[block] === of[blocks[0] as number])) continue;
    const one = fault(ground, "compound_cut", false, blocks, { grid: null, compound, community: ground.blocks.community[blocks[0] as number] as number });
    if (one.households <= ground.size.high) found.push(one);
  }
  return found;
}

function fault(ground: Ground, kind: FaultKind, grave: boolean, blocks: readonly number[], where: { grid: number | null; compound?: number; community: number }): Fault {
  const { id, households } = ground.blocks;
  return {
    kind, grave, compound: null, ...where,
    blocks: blocks.map((block) => id[block] as number),
    households: blocks.reduce((sum, block) => sum + (households[block] as number), 0),
  };
}
