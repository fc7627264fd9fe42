// The consequences of a plan in words: who changes grid, what becomes of each grid, and files to take along.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, number, t, tn } from "../i18n.js";
import { empty, figures, part } from "../panels/parts.js";
import { categoryWord, postWord, roleWord, stationWord } from "../words.js";
import type { Consequences, GridFate, GridRef, Kind, Moving } from "./consequenceTypes.js";

const MOST_ROWS = 100; // of a kind in the panel; the file holds all

const KINDS: Record<Kind, { word: () => string; icon: string }> = {
  buildings: { word: () => t("Buildings"), icon: "building" },
  stations: { word: () => t("Stations"), icon: "service_station" },
  posts: { word: () => t("Posts"), icon: "user" },
  incidents: { word: () => t("Open incidents"), icon: "alert" },
  routes: { word: () => t("Patrol routes"), icon: "route" },
};

const FATES: Record<GridFate["fate"], () => string> = {
  kept: () => t("as it is"), changed: () => t("changed"), new: () => t("new"), ended: () => t("ends"),
};

interface Look {
  building: (row: Moving) => void;
  grid: (grid: GridFate) => void;
}

/** Counts, then each kind with its rows. */
export function consequenceList(found: Consequences, look: Look): HTMLElement {
  const { totals } = found;
  const kinds = Object.keys(KINDS) as Kind[];
  const workers = totals.households_with_another_worker;
  const counted = figures([
    [t("Households"), totals.households],
    ...kinds.map((kind) => [KINDS[kind].word(), totals[kind]] as const),
  ]);
  if (!Object.values(totals).some(Boolean) && found.grids.every(({ fate }) => fate === "kept")) {
    return empty("check", t("Nobody changes grid."));
  }
  return h(
    "div",
    { class: "stack", "data-consequences": "" },
    part(t("Change grid"), "", counted),
    h("p", { class: "quiet" }, workers ? tn("{n} household gets another grid worker.", "{n} households get another grid worker.", workers) : t("No household gets another grid worker.")),
    fates(found.grids, look.grid),
    kinds.map((kind) => rowsOf(kind, found[kind], totals[kind], kind === "buildings" ? look.building : null)),
  );
}

function changesWorker({ worker_from: from, worker_to: to }: Moving): boolean {
  return (from ?? "") !== (to ?? "");
}

function fates(all: readonly GridFate[], look: (grid: GridFate) => void): HTMLElement | null {
  const told = all.filter(({ fate }) => fate !== "kept");
  if (!told.length) return null;
  const row = (grid: GridFate): HTMLElement =>
    h(
      "li",
      {},
      h(
        "button",
        { class: "row", type: "button", on: { click: () => look(grid) } },
        h("span", {}, refWord(grid), h("small", {}, parentsOf(grid))),
        h("span", { class: "more" }, h("b", {}, FATES[grid.fate]()), h("small", {}, tn("{n} household", "{n} households", grid.households))),
      ),
    );
  return folded(t("Grids"), told.length, told.map(row));
}

function parentsOf({ parents, fate, code }: GridFate): string {
  if (fate === "ended") return "";
  const from = parents.map((parent) => t("{n} from {grid}", { n: parent.households, grid: parent.code ?? "–" }));
  return parents.length > 1 || parents[0]?.code !== code ? from.join(t(", ")) : "";
}

function rowsOf(kind: Kind, rows: readonly Moving[], total: number, look: ((row: Moving) => void) | null): HTMLElement | null {
  if (!rows.length) return null;
  const { word, icon: name } = KINDS[kind];
  const shown = rows.slice(0, MOST_ROWS).map((row) => movingRow(row, name, look));
  const rest = total - shown.length;
  return folded(word(), total, shown, rest > 0 ? h("p", { class: "quiet small" }, tn("{n} more stands in the file.", "{n} more stand in the file.", rest)) : null);
}

function movingRow(row: Moving, name: string, look: ((row: Moving) => void) | null): HTMLElement {
  const title = titleOf(row);
  const more = [
    row.address && row.address !== title ? row.address : "",
    row.households ? tn("{n} household", "{n} households", row.households) : "",
    row.kind && row.address === undefined && title !== stationWord(row.kind) ? stationWord(row.kind) : "",
    row.holder ?? "",
    row.reported_at ? moment(row.reported_at) : "",
  ].filter(Boolean).join(" · ");
  const inside: Child = [
    icon(name, 18),
    h(
      "span",
      {},
      title,
      more ? h("small", {}, more) : null,
      h("small", {}, change(refWord(row.from), row.to ? refWord(row.to) : t("nowhere yet"))),
      row.worker_from !== undefined || row.worker_to !== undefined
        ? changesWorker(row) && h("small", {}, t("Worker:"), " ", change(row.worker_from || t("vacant"), row.worker_to || t("vacant")))
        : null,
    ),
  ];
  return h("li", {}, look ? h("button", { class: "row", type: "button", on: { click: () => look(row) } }, inside) : h("div", { class: "row moving-row" }, inside));
}

function titleOf(row: Moving): string {
  if (row.role) return row.what === "post" ? postWord(row.role) : roleWord(row.role);
  if (row.category) return categoryWord(row.category);
  return nameOf(row) || row.address || (row.kind ? stationWord(row.kind) : String(row.id));
}

function change(from: string, to: string): Child {
  return [from, h("span", { "aria-hidden": "true" }, " → "), h("span", { class: "unseen" }, ` ${t("to")} `), to];
}

function refWord(ref: GridRef | null): string {
  if (!ref) return t("no grid");
  const name = nameOf(ref);
  return name && ref.code && name !== ref.code ? `${name} (${ref.code})` : name || ref.code || "–";
}

function folded(title: string, count: number, rows: HTMLElement[], after: Child = null): HTMLElement {
  return h("details", { class: "siting-more" }, h("summary", {}, title, h("small", {}, number(count))), h("ul", { class: "plan-rows" }, rows), after);
}

/** What can be taken along: files, and notices to print of a plan that may come into force. */
export function downloads(plan: string, against: string | null, announced: boolean): HTMLElement {
  const more = against ? `&against=${against}` : "";
  const file = (format: string, word: string): HTMLElement =>
    h("a", { class: "button", href: `/api/v1/plans/${plan}/consequences/file?format=${format}${more}`, download: "", "data-file": format }, icon("download", 18), word);
  const notices = h("a", { class: "button", href: `/api/v1/plans/${plan}/notices`, target: "_blank", rel: "noopener" }, icon("printer", 18), t("Notices to print"));
  return part(t("Take along"), "", h("div", { class: "act-row" }, file("xlsx", "XLSX"), file("geojson", "GeoJSON"), file("gpkg", "GeoPackage"), against || !announced ? null : notices));
}
