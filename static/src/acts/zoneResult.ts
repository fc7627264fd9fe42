// What a response zone says in words: households by minute and flag, the assumptions, and the whole as files.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { flagMark } from "../panels/building.js";
import { part } from "../panels/parts.js";
import type { FlagKind } from "../types.js";
import { tintOf } from "./zoneStyle.js";

interface Reached {
  minutes: number;
  count: number;
  buildings: number;
  flags: Record<string, number>;
}

export interface Zone extends GeoJSON.FeatureCollection {
  origin: { lon: number; lat: number; offset_m: number };
  origins: { lon: number; lat: number; offset_m: number; station?: { id: number; kind: string; name: string; name_en: string } }[];
  origins_count: number;
  households: Reached[];
  assumptions: Assumption[];
}

export interface Assumption {
  key: string;
  text: string;
  value: number | null;
  unit: string | null;
}

/** Households by minute; below them those who need help first, where `kinds` are theirs to know (else null). */
export function households(reached: readonly Reached[], kinds: readonly FlagKind[] | null): HTMLElement {
  const head = reached.map(({ minutes }) =>
    h("th", { scope: "col", "data-minutes": minutes, style: tintOf(minutes) }, h("i", { class: "swatch" }), t("{n} min", { n: number(minutes, 2) })),
  );
  const carried = (kinds ?? []).filter(({ kind }) => reached.some(({ flags }) => flags[kind]));
  const flagRow = (kind: FlagKind): HTMLElement =>
    row(h("span", { class: "zone-flag" }, flagMark(kind, 13), kind.label), reached.map(({ flags }) => flags[kind.kind] ?? 0), { "data-flag": kind.kind });
  const table = h(
    "table",
    { class: "zone-table" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Within")), head)),
    h(
      "tbody",
      {},
      row(t("Households"), reached.map(({ count }) => count), { class: "zone-count" }),
      carried.map(flagRow),
      row(t("Buildings"), reached.map(({ buildings }) => buildings), {}),
    ),
  );
  const none = kinds && !carried.length ? h("p", { class: "quiet small" }, t("No flagged household inside.")) : null;
  return part(t("Households by arrival"), t("incl. the climb to the floor"), h("div", { class: "zone-scroll", tabindex: "0", role: "group", "aria-label": t("Households by arrival") }, table), none);
}

function row(name: Child, values: readonly number[], attributes: Record<string, string>): HTMLElement {
  return h("tr", attributes, h("th", { scope: "row" }, name), values.map((value) => h("td", {}, value ? number(value) : h("span", { class: "quiet" }, "–"))));
}

export function assumptions(all: readonly Assumption[], offset: number): HTMLElement {
  const lines = all.map(({ text, value, unit }) => h("li", {}, text, value === null ? null : h("b", {}, ` ${number(value, 2)} ${unit ?? ""}`)));
  if (offset >= 1) lines.unshift(h("li", {}, t("The place lies {m} m from the nearest road.", { m: Math.round(offset) })));
  return part(t("What this assumes"), "", h("ul", { class: "assumptions" }, lines));
}

/** The reached doors as a table, and everything as files. */
export function files(zone: Zone, query: string, doors: (place: HTMLElement) => void): HTMLElement {
  const place = h("div", {});
  const twin = h("details", { class: "zone-doors" }, h("summary", {}, t("Table of the reached doors")), place);
  twin.addEventListener("toggle", () => {
    if (twin.open && !place.childElementCount) doors(place);
  });
  const file = (format: string, label: string): HTMLElement =>
    h("a", { class: "button", href: `/api/v1/response/zone/file?${query}&format=${format}`, download: "", "data-file": format }, icon("download", 18), label);
  const geojson = h("button", { class: "button", type: "button", "data-file": "geojson", on: { click: () => save(zone) } }, icon("download", 18), t("GeoJSON"));
  return part(t("Take it along"), "", twin, h("div", { class: "act-row" }, file("xlsx", t("Excel")), file("csv", t("CSV")), geojson));
}

function save(zone: Zone): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(zone)], { type: "application/geo+json" }));
  const link = h("a", { href: address, download: "zone.geojson" });
  link.click();
  URL.revokeObjectURL(address);
}
