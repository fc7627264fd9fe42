// What plans are worth, side by side: a small table with the best value of each row marked.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { distance, number, t } from "../i18n.js";

/** As the server reckons them: gis.plan_scores.Scores. */
export interface Scores {
  grids: number;
  dedicated: number;
  unassigned: number;
  in_range: number;
  contiguous: number;
  polsby_popper: number;
  reock: number;
  major_roads: number;
  railways: number;
  water: number;
  compounds_cut: number;
  compounds_cut_needlessly: number;
  households_moved: number;
  blocks_moved: number;
  workers: number;
  largest_load: number;
  /** Metres of a round through a grid, on average. */
  walk?: number | null;
}

interface Row {
  of: (scores: Scores) => number | null | undefined;
  label: () => string;
  text: (value: number) => string;
  /** Which of two values is the better one; null where neither is. */
  better: "more" | "less" | null;
}

const share = (value: number): string => t("{n}%", { n: number(value * 100, 0) });
const whole = (value: number): string => number(value, 0);

const MOVED: Row = { of: ({ households_moved: value }) => value, label: () => t("Households that change grid"), text: whole, better: "less" };

const ROWS: readonly Row[] = [
  { of: ({ grids }) => grids, label: () => t("Grids"), text: whole, better: null },
  { of: ({ in_range: value }) => value, label: () => t("In the range of households"), text: share, better: "more" },
  { of: ({ contiguous }) => contiguous, label: () => t("In one piece"), text: share, better: "more" },
  { of: ({ polsby_popper: value }) => value, label: () => t("Compactness, 1 for a circle"), text: (value) => number(value, 2), better: "more" },
  { of: ({ major_roads, railways, water }) => major_roads + railways + water, label: () => t("Main roads, railways, water inside"), text: whole, better: "less" },
  { of: ({ compounds_cut_needlessly: value }) => value, label: () => t("Compounds cut without need"), text: whole, better: "less" },
  MOVED,
  { of: ({ workers }) => workers, label: () => t("Workers needed"), text: whole, better: "less" },
  { of: ({ largest_load: value }) => value, label: () => t("Most households for one worker"), text: whole, better: "less" },
  { of: ({ walk }) => walk, label: () => t("Round through a grid"), text: distance, better: "less" },
];

export interface Column {
  head: Child;
  scores: Scores;
  /** Whether it takes part in the comparison; today's grids are there to be seen beside. */
  compared: boolean;
}

/** A row for each score, a column for each plan. */
export function scoreTable(caption: string, columns: readonly Column[], { moves = true } = {}): HTMLElement {
  const rows = ROWS.filter((row) => moves || row !== MOVED).filter(({ of }) => columns.some(({ scores }) => typeof of(scores) === "number"));
  return h(
    "table",
    { class: "score-table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", {}, h("tr", {}, h("td", {}), columns.map(({ head }) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.label()), cells(row, columns)))),
  );
}

function cells({ of, text, better }: Row, columns: readonly Column[]): HTMLElement[] {
  const rival = columns.filter(({ compared }) => compared).map(({ scores }) => of(scores)).filter((value) => typeof value === "number");
  const best = better === "more" ? Math.max(...rival) : Math.min(...rival);
  const told = better !== null && rival.some((value) => text(value) !== text(best)); // all alike: nothing to mark
  return columns.map(({ scores, compared }) => {
    const value = of(scores);
    if (typeof value !== "number") return h("td", {}, "–");
    const marked = told && compared && text(value) === text(best);
    return h("td", { "data-best": marked }, marked ? [icon("check", 14), h("span", { class: "unseen" }, t("best:"), " ")] : null, text(value));
  });
}
