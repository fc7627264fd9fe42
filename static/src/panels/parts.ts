// Pieces that several panels are made of.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t } from "../i18n.js";
import type { Session } from "../session.js";
import type { LngLat, Named, SubjectKind } from "../types.js";

/** Names and values; rows without a value are left out. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  const told = rows.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return h("dl", { class: "facts" }, told.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** A button that selects a subject by its name; null where there is none. */
export function linkTo(session: Session, kind: SubjectKind, thing: Named | null | undefined): HTMLElement | null {
  if (!thing) return null;
  const click = (): void => session.select({ kind, id: String(thing.id) }, { zoom: true });
  return h("button", { class: "linky", type: "button", on: { click } }, nameOf(thing) || thing.code || String(thing.id));
}

/** Numbers side by side. */
export function figures(values: readonly (readonly [string, number | string])[]): HTMLElement {
  return h(
    "div",
    { class: "figures" },
    values.map(([label, value]) =>
      h("div", { class: "figure" }, h("b", {}, typeof value === "number" ? number(value) : value), h("span", {}, label)),
    ),
  );
}

/** A part of a panel under its own heading. */
export function part(title: string, note: string, ...children: Child[]): HTMLElement {
  return h("section", {}, h("h3", {}, title, note ? h("small", {}, note) : null), children);
}

/** Grey bars while something is being fetched. */
export function ghost(): HTMLElement {
  return h("div", { class: "stack", role: "status", "aria-label": t("Loading…") }, [1, 2, 3].map(() => h("div", { class: "ghost" })));
}

/** What went wrong, with a way to try again. */
export function trouble(sentence: string, again: () => void): HTMLElement {
  return h(
    "div",
    { class: "trouble", role: "alert" },
    h("p", {}, sentence),
    h("div", {}, h("button", { class: "button", type: "button", on: { click: again } }, icon("refresh", 18), t("Try again"))),
  );
}

/** Said where there is nothing to show. */
export function empty(iconName: string, sentence: string): HTMLElement {
  return h("div", { class: "empty" }, icon(iconName, 32), h("p", {}, sentence));
}

/** A place to start an act from: the middle of a geometry's box. */
export function middleOf(geometry: GeoJSON.Geometry): LngLat | null {
  const box = boundsOf(geometry);
  return box && { lon: (box[0] + box[2]) / 2, lat: (box[1] + box[3]) / 2 };
}

/** West, south, east, north of a geometry; null where it has no point. */
export function boundsOf(geometry: GeoJSON.Geometry): [number, number, number, number] | null {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    const [lon, lat] = value as unknown[];
    if (typeof lon === "number" && typeof lat === "number") {
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    } else value.forEach(visit);
  };
  if (geometry.type === "GeometryCollection") for (const member of geometry.geometries) visit("coordinates" in member ? member.coordinates : []);
  else visit(geometry.coordinates);
  return box[0] <= box[2] ? box : null;
}
