// Words of plans in the page's language.
import { nameOf, t, tn } from "../i18n.js";
import { NO_GRID, type Edit, type Person, type Plan, type PlanState } from "./plan.js";

const STATES: Readonly<Record<PlanState, () => string>> = {
  draft: () => t("Draft"),
  submitted: () => t("Submitted"),
  approved: () => t("Approved"),
  in_force: () => t("Came into force"),
  withdrawn: () => t("Withdrawn"),
};

export const stateWord = (state: PlanState): string => STATES[state]?.() ?? state;

/** The colour class of a state's tag. */
export function stateTag(state: PlanState): string {
  return { draft: "tag", submitted: "tag tag-warn", approved: "tag tag-good", in_force: "tag tag-good", withdrawn: "tag" }[state] ?? "tag";
}

export function personName(person: Person | string | null | undefined): string {
  return typeof person === "string" ? person : (person?.name ?? "");
}

export function gridName(plan: Plan, number: number): string {
  return number === NO_GRID ? t("No grid") : nameOf(plan.grids.get(number) ?? {}) || t("Grid {n}", { n: String(number) });
}

/** What an edit did, in a few words: for the button that takes it back. */
export function editWord({ blocks, grids }: Edit): string {
  const moved = Object.values(blocks);
  const [[, grid] = [null, null]] = Object.values(grids);
  if (!moved.length) return grid ? t("Change of {name}", { name: nameOf(grid) }) : t("Change of a grid");
  const made = Object.values(grids).find(([before, after]) => !before && after)?.[1];
  if (made) return t("New grid {name}", { name: nameOf(made) });
  return tn("{n} block into another grid", "{n} blocks into another grid", moved.length);
}
