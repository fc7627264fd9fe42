// Whole assignments against each other: what turns one into another, and who moves. No DOM, no map.
import { difference, NO_GRID, planOf, swept, type Edit, type Ground, type PlanDoc, type PlannedGrid } from "./plan.js";

const FREE = 2_000_000_001; // over all numbers of grids

type Assignment = Pick<PlanDoc, "blocks" | "grids">;

/** The one edit that turns `plan` into `answer`. What the answer does not know, such as a block split since, stays. */
export function editTo(ground: Ground, plan: Assignment, answer: Assignment): Edit {
  const whole = { blocks: { ...plan.blocks, ...answer.blocks }, grids: { ...answer.grids, ...plan.grids } };
  return difference(planOf(ground, plan), swept(planOf(ground, whole)));
}

/** The number of each block's grid, as the map colours it. */
export function numbersOf(blocks: Readonly<Record<string, number>>): Map<number, number> {
  return new Map(Object.entries(blocks).map(([block, grid]) => [Number(block), grid]));
}

/** Today's grid of each block. */
export function todayOf({ blocks }: Ground): Map<number, number> {
  return new Map(blocks.id.map((block, at) => [block, blocks.grid[at] ?? NO_GRID]));
}

/** One way to put blocks into grids: the number of each block's grid, and the grids by number. */
export interface Side {
  readonly of: ReadonlyMap<number, number>;
  readonly grids: ReadonlyMap<number, PlannedGrid>;
}

export function sideOf({ blocks, grids }: Assignment): Side {
  return { of: numbersOf(blocks), grids: new Map(Object.entries(grids).map(([number, grid]) => [Number(number), grid])) };
}

/** `before` under the numbers of `after`: a grid has that of the one that stands for it, so that both have one colour. */
export function alike(before: Side, after: Side, heirOf: ReadonlyMap<number, number>): Side {
  const numbers = new Map([...heirOf].map(([heir, old]) => [old, heir]));
  let free = FREE;
  for (const old of before.grids.keys()) if (!numbers.has(old)) numbers.set(old, after.grids.has(old) ? free++ : old);
  const now = (old: number): number => numbers.get(old) ?? old;
  return { of: new Map([...before.of].map(([block, grid]) => [block, now(grid)])), grids: new Map([...before.grids].map(([number, grid]) => [now(number), grid])) };
}

/** The blocks that are not in the grid that stands for theirs; `heirs` says which grid before each grid stands for. */
export function movedBlocks(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, heirOf: ReadonlyMap<number, number>): number[] {
  return [...after].filter(([block, grid]) => before.has(block) && heirOf.get(grid) !== before.get(block)).map(([block]) => block);
}

/** For each grid of `after` the one of `before` whose place it takes, as the server finds it: each is most of the other. */
export function heirs({ blocks }: Ground, before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): Map<number, number> {
  const shared = new Map<string, { from: number; to: number; share: number }>();
  for (const [at, block] of blocks.id.entries()) {
    const [from, to] = [before.get(block) ?? NO_GRID, after.get(block) ?? NO_GRID];
    if (from === NO_GRID || to === NO_GRID) continue;
    const pair = shared.get(`${from} ${to}`) ?? { from, to, share: 0 };
    pair.share += (blocks.households[at] ?? 0) + 1e-6; // households, then blocks
    shared.set(`${from} ${to}`, pair);
  }
  const gave = new Map<number, { to: number; share: number }>();
  const got = new Map<number, { from: number; share: number }>();
  for (const { from, to, share } of [...shared.values()].sort((one, other) => one.to - other.to || one.from - other.from)) {
    if (share > (gave.get(from)?.share ?? 0)) gave.set(from, { to, share });
    if (share > (got.get(to)?.share ?? 0)) got.set(to, { from, share });
  }
  return new Map([...got].filter(([to, { from }]) => gave.get(from)?.to === to).map(([to, { from }]) => [to, from]));
}
