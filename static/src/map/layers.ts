// The table of what can be switched on and off. `dataset` is the name under which a change is told (events.ts);
// `tiles` are the tile layers it is drawn from; `minzoom` is the zoom from which it shows.
import { t } from "../i18n.js";
import type { SubjectKind } from "../types.js";

export interface LayerRow {
  readonly id: string;
  readonly icon: string;
  readonly label: () => string;
  readonly dataset: string;
  readonly tiles: readonly string[];
  readonly minzoom: number;
  readonly default: boolean;
  /** What a press on one of its features selects; null where it only changes how something else looks. */
  readonly subject: SubjectKind | null;
}

export const LAYERS: readonly LayerRow[] = [
  row("areas", "area", () => t("Communities"), "areas", 8, true, "area"),
  row("compounds", "compound", () => t("Compounds"), "areas", 13, false, "compound"),
  row("grids", "grid", () => t("Grids"), "grids", 11, true, "grid"),
  row("buildings", "building", () => t("Buildings"), "buildings", 13, true, "building"),
  { ...row("flags", "flag", () => t("Household flags"), "flags", 13, false, null), tiles: ["buildings"] },
  row("stations", "service_station", () => t("Stations"), "stations", 12, true, "station"),
  row("patrol-routes", "route", () => t("Patrol routes"), "patrol_routes", 13, false, "patrol-route"),
  row("incidents", "alert", () => t("Incidents"), "incidents", 8, true, "incident"),
];

function row(
  id: string,
  icon: string,
  label: () => string,
  dataset: string,
  minzoom: number,
  on: boolean,
  subject: SubjectKind | null,
): LayerRow {
  return { id, icon, label, dataset, tiles: [id], minzoom, default: on, subject };
}

export const LAYER_IDS: ReadonlySet<string> = new Set(LAYERS.map(({ id }) => id));
export const DEFAULT_LAYERS: ReadonlySet<string> = new Set(LAYERS.filter((row) => row.default).map(({ id }) => id));

/** The tile layers to load again after a change of `dataset`. */
export function tilesOf(dataset: string): readonly string[] {
  const ground: Record<string, readonly string[]> = { roads: ["roads"], ground: ["water", "green", "railways"] };
  return ground[dataset] ?? [...new Set(LAYERS.filter((row) => row.dataset === dataset).flatMap(({ tiles }) => tiles))];
}

/** The row whose features are of this subject kind. */
export function rowOf(kind: SubjectKind): LayerRow {
  const found = LAYERS.find(({ subject }) => subject === kind);
  if (!found) throw new Error(`No layer shows a ${kind}`);
  return found;
}

/** The collection of the API that a subject kind is read from. */
export function collectionOf(kind: SubjectKind): string {
  return { area: "areas", compound: "compounds", grid: "grids", building: "buildings", station: "stations",
    "patrol-route": "patrol-routes", incident: "incidents" }[kind];
}
