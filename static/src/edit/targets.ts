// Into what blocks can be put.
import { language, nameOf } from "../i18n.js";
import type { Plan, PlannedGrid } from "./plan.js";

/** What is chosen: a grid of the plan, none (-1), or one that begins with the first block that is painted. */
export interface Target {
  readonly grid: number;
  readonly fresh: PlannedGrid | null;
}

/** The grids of a plan in the order of their codes, new ones by name at the end: of one community, or all. */
export function byName(plan: Plan, community: number | null): [number, PlannedGrid][] {
  const collator = new Intl.Collator(language() === "zh" ? "zh-CN" : "en", { numeric: true });
  const found = [...plan.grids].filter(([, grid]) => community === null || grid.community === community);
  const key = (grid: PlannedGrid): string => `${grid.code ? `0 ${grid.code}` : "1"} ${nameOf(grid)}`;
  return found.sort(([, one], [, two]) => one.community - two.community || collator.compare(key(one), key(two)));
}
