// Where the names of the grids stand: on the block nearest to the middle of all of a grid's blocks.
import type { GridLabel } from "../map/view.js";
import { nameOf, number } from "../i18n.js";
import { NO_GRID, type Ground, type PlannedGrid } from "./plan.js";

/** `strong`: the grids over which something strong is drawn; then no other is marked as of the wrong size. */
export function labelsOf(ground: Ground, of: Int32Array, grids: ReadonlyMap<number, PlannedGrid>, middles: Float64Array, strong?: ReadonlySet<number> | null): GridLabel[] {
  const { area, households } = ground.blocks;
  const sums = new Map<number, { x: number; y: number; area: number; households: number; best: number; far: number }>();
  for (let block = 0; block < ground.count; block += 1) {
    const grid = of[block] as number;
    if (grid === NO_GRID) continue;
    const sum = sums.get(grid) ?? { x: 0, y: 0, area: 0, households: 0, best: -1, far: Infinity };
    sums.set(grid, sum);
    const weight = area[block] as number;
    sum.x += weight * (middles[2 * block] as number);
    sum.y += weight * (middles[2 * block + 1] as number);
    sum.area += weight;
    sum.households += households[block] as number;
  }
  for (let block = 0; block < ground.count; block += 1) {
    const sum = sums.get(of[block] as number);
    if (!sum) continue;
    const far = Math.hypot((middles[2 * block] as number) - sum.x / sum.area, (middles[2 * block + 1] as number) - sum.y / sum.area);
    if (far < sum.far) [sum.far, sum.best] = [far, block];
  }
  const { low, high } = ground.size;
  return [...sums].map(([grid, { best, households: held }]) => {
    const planned = grids.get(grid);
    const wrong = planned?.kind === "base" && (held < low || held > high);
    return { block: best, text: `${planned ? nameOf(planned) : ""}\n${number(held)}`.trim(), ink: strong ? (strong.has(grid) ? "turned" : "plain") : wrong ? "alarm" : "plain" };
  });
}
