// A colour for each grid that its neighbours do not have. A grid keeps its colour as long as that holds.
import { NO_GRID, type Ground } from "./plan.js";

/** The slot of each grid's colour, out of `slots`; those in `before` stay where they can. */
export function slotsOf(ground: Ground, of: Int32Array, slots: number, before: ReadonlyMap<number, number>): Map<number, number> {
  const beside = new Map<number, Set<number>>();
  for (let block = 0; block < ground.count; block += 1) {
    const grid = of[block] as number;
    if (grid === NO_GRID) continue;
    const others = beside.get(grid) ?? new Set();
    beside.set(grid, others);
    for (let at = ground.start[block] as number; at < (ground.start[block + 1] as number); at += 1) {
      const other = of[ground.near[at] as number] as number;
      if (other !== grid && other !== NO_GRID) others.add(other);
    }
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
