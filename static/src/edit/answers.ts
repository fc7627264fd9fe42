// Whole assignments against each other: what turns one into another, and who moves. No DOM, no map.
import { difference, NO_GRID, planOf, swept, type Edit, type Ground, type PlanDoc } from "./plan.js";

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

/** The blocks that are not in the grid that stands for theirs; `heirs` says which grid before each grid stands for. */
export function movedBlocks(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, heirOf: ReadonlyMap<number, number>): number[] {
  return [...after].filter(([block, grid]) => before.has(block) && heirOf.get(grid) !== before.get(block)).map(([block]) => block);
}

/** For each grid of `after` the one of `before` that it stands for: most households first, each of them once. */
export function heirs({ blocks }: Ground, before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): Map<number, number> {
  const given = new Map<string, { from: number; to: number; households: number }>();
  for (const [at, block] of blocks.id.entries()) {
    const [from, to] = [before.get(block) ?? NO_GRID, after.get(block) ?? NO_GRID];
    if (from === NO_GRID || to === NO_GRID) continue;
    const pair = given.get(`${from} ${to}`) ?? { from, to, households: 0 };
    pair.households += (blocks.households[at] ?? 0) + 1e-6; // where nobody lives, the blocks count
    given.set(`${from} ${to}`, pair);
  }
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const { from, to } of [...given.values()].sort((one, other) => other.households - one.households)) {
    if (found.has(to) || taken.has(from)) continue;
    found.set(to, from);
    taken.add(from);
  }
  return found;
}
