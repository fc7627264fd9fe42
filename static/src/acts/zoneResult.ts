// What a response zone says in words: households by minute and flag, stations in order of arrival, the assumptions.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { distance, duration, nameOf, number, t } from "../i18n.js";
import { stationColour } from "../map/palette.js";
import { flagMark } from "../panels/building.js";
import { part } from "../panels/parts.js";
import { stationWord } from "../words.js";
import type { FlagKind } from "../types.js";

interface Reached {
  minutes: number;
  count: number;
  buildings?: number;
  flags: Record<string, number>;
}

interface Arrival {
  id: number;
  kind: string;
  name: string;
  name_en: string;
  seconds: number;
  metres: number;
  open_now?: boolean | null;
  route: GeoJSON.Geometry;
}

export interface Zone extends GeoJSON.FeatureCollection {
  origin: { lon: number; lat: number; offset_m: number };
  households: Reached[];
  stations: Arrival[];
  assumptions: { key: string; text: string; value: number | null; unit: string | null }[];
}

/** The three parts, without flags where `kinds` is null; `draw` shows a route on the map (null: none), `look` moves the map to it. */
export function zoneResult(
  zone: Zone,
  kinds: readonly FlagKind[] | null,
  draw: (route: GeoJSON.Geometry | null) => void,
  look: (route: GeoJSON.Geometry) => void,
): HTMLElement {
  return h("div", { class: "stack" }, households(zone.households, kinds), stations(zone.stations, draw, look), assumptions(zone));
}

function households(reached: readonly Reached[], kinds: readonly FlagKind[] | null): HTMLElement {
  const head = [t("Within"), t("Households"), ...(kinds ? [t("Flags")] : [])].map((name) => h("th", { scope: "col" }, name));
  const rows = reached.map(({ minutes, count, flags }) =>
    h(
      "tr",
      { "data-minutes": minutes },
      h("th", { scope: "row", class: `zone-${minutes}` }, h("i", { class: "swatch" }), t("{n} min", { n: minutes })),
      h("td", { class: "zone-count" }, number(count)),
      kinds && h("td", {}, flagCounts(flags, kinds)),
    ),
  );
  const table = h("table", { class: "zone-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
  return part(t("Households by arrival"), t("incl. the climb to the floor"), table);
}

function flagCounts(flags: Record<string, number>, kinds: readonly FlagKind[]): HTMLElement {
  const carried = kinds.filter(({ kind }) => flags[kind]);
  if (!carried.length) return h("span", { class: "quiet" }, "–");
  const told = (kind: FlagKind): HTMLElement =>
    h("li", { title: kind.label }, flagMark(kind, 13), h("span", { class: "unseen" }, kind.label), number(flags[kind.kind] ?? 0));
  return h("ul", { class: "flag-counts" }, carried.map(told));
}

function stations(arrivals: readonly Arrival[], draw: (route: GeoJSON.Geometry | null) => void, look: (route: GeoJSON.Geometry) => void): HTMLElement {
  if (!arrivals.length) return part(t("Who arrives first"), "", h("p", { class: "quiet" }, t("No station reaches this place within an hour.")));
  let pinned: Arrival | null = null;
  const buttons: HTMLButtonElement[] = [];
  const row = (arrival: Arrival): HTMLElement => {
    const press = (): void => {
      pinned = pinned === arrival ? null : arrival;
      for (const [index, button] of buttons.entries()) button.setAttribute("aria-pressed", String(arrivals[index] === pinned));
      draw(pinned?.route ?? null);
      if (pinned) look(pinned.route);
    };
    const peek = (): void => draw(arrival.route);
    const leave = (): void => draw(pinned?.route ?? null);
    const button = h(
      "button",
      { class: "row arrival", type: "button", "aria-pressed": "false", on: { click: press, pointerenter: peek, pointerleave: leave, focus: peek, blur: leave } },
      h("span", { class: "mark", style: { background: stationColour(arrival.kind) } }, icon(arrival.kind, 16)),
      h("span", {}, nameOf(arrival) || stationWord(arrival.kind), h("small", {}, stationWord(arrival.kind))),
      h("span", { class: "more" }, h("b", {}, duration(arrival.seconds)), h("small", {}, distance(arrival.metres))),
    );
    buttons.push(button);
    return h("li", {}, button);
  };
  return part(t("Who arrives first"), t("press to see the way"), h("ol", { class: "arrivals" }, arrivals.map(row)));
}

function assumptions({ assumptions: all, origin }: Zone): HTMLElement {
  const lines = all.map(({ text, value, unit }) => h("li", {}, text, value === null ? null : h("b", {}, ` ${number(value, 2)} ${unit ?? ""}`)));
  if (origin.offset_m >= 1) lines.unshift(h("li", {}, t("The place lies {m} m from the nearest road.", { m: Math.round(origin.offset_m) })));
  return part(t("What this assumes"), "", h("ul", { class: "assumptions" }, lines));
}
