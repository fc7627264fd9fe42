// A colour for each grid that its neighbours do not have, also across the boundary of a community. A grid keeps its colour as
// long as that holds.
import { NO_GRID } from "./plan.js";

/** The slot of each grid's colour, out of `slots`; `pairs` are blocks that share a line, those in `before` stay where they can. */
export function slotsOf(pairs: readonly { one: number; other: number }[], of: Int32Array, slots: number, before: ReadonlyMap<number, number>): Map<number, number> {
  const beside = new Map<number, Set<number>>();
  const neighbours = (grid: number): Set<number> => {
    const known = beside.get(grid) ?? new Set();
    beside.set(grid, known);
    return known;
  };
  for (const { one, other } of pairs) {
    const [here = NO_GRID, there = NO_GRID] = [of[one], of[other]];
    if (here !== NO_GRID) neighbours(here);
    if (here === there || here === NO_GRID || there === NO_GRID) continue;
    neighbours(here).add(there);
    neighbours(there).add(here);
  }
  const found = new Map<number, number>();
  // First those that keep theirs, then those with most neighbours: they have the least choice.
  const order = [...beside].sort(([one, ones], [two, twos]) => Number(before.has(two)) - Number(before.has(one)) || twos.size - ones.size || one - two);
  for (const [grid, others] of order) {
    const taken = new Set([...others].map((other) => found.get(other)));
    const own = before.get(grid);
    found.set(grid, own !== undefined && !taken.has(own) ? own : free(taken, grid, slots));
  }
  return found;
}

function free(taken: ReadonlySet<number | undefined>, grid: number, slots: number): number {
  for (let step = 0; step < slots; step += 1) {
    const slot = (grid + step) % slots;
    if (!taken.has(slot)) return slot;
  }
  return grid % slots;
}
