// What coverage says in numbers and words: the share in time, households by band, tables by community and grid.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { duration, nameOf, number, t, tn } from "../i18n.js";
import { flagMark } from "../panels/building.js";
import { empty, part } from "../panels/parts.js";
import { stationWord } from "../words.js";
import { percent, SHARE_STEPS } from "./coverageStyle.js";
import type { FlagKind } from "../types.js";
import type { Counts, Coverage, Question, Row, Views } from "./coverageTypes.js";

const FIRST_ROWS = 8;

export interface Deeds {
  ask: (part: Partial<Question>) => void;
  look: (row: Row, zoom: number) => void;
  /** A button that puts the panel on paper. */
  print: () => HTMLElement;
  /** Show the doors outside one by one; absent where the answer is not of this hour. */
  list?: () => void;
}

export function coverageResult(coverage: Coverage, views: Views, kinds: readonly FlagKind[], deeds: Deeds): HTMLElement {
  const { totals } = coverage;
  if (!totals.households) return h("div", { class: "stack" }, empty("home", t("Nobody lives in this area, as far as the register knows.")));
  if (!coverage.stations.length) return h("div", { class: "stack" }, nobody(coverage, views, deeds), assumptions(coverage));
  return h(
    "div",
    { class: "stack" },
    bands(coverage),
    outside(totals, kinds, deeds),
    tables(coverage, deeds),
    assumptions(coverage),
    h("div", { class: "act-row" }, deeds.print()),
  );
}

/** No station of the kinds stands in the area: what to do. */
function nobody({ question }: Coverage, { stations }: Views, { ask }: Deeds): HTMLElement {
  const others = Object.keys(stations).filter((kind) => !question.kinds.includes(kind));
  const offer = (kind: string): HTMLElement =>
    h(
      "button",
      { class: "button", type: "button", on: { click: () => ask({ preset: null, kinds: [...question.kinds, kind] }) } },
      icon(kind, 18),
      t("{kind} ({n})", { kind: stationWord(kind), n: stations[kind] ?? 0 }),
    );
  const sentence = question.kinds.length
    ? t("There is no such station here: {kinds}. So nobody is reached.", { kinds: question.kinds.map(stationWord).join(t(", ")) })
    : t("No kind of station is chosen. So nobody is reached.");
  const advice = others.length ? t("Let other stations count that are in the register, or have the missing ones added to it:") : t("The register of this area holds no station yet. Import or add some first.");
  return h("div", { class: "coverage-nobody", role: "status" }, h("p", {}, h("b", {}, sentence)), h("p", {}, advice), h("div", { class: "act-row" }, others.map(offer)));
}

/** The answer in short: the share that is reached in time; null where nobody lives here. */
export function headline({ totals, limit, stations, area }: Coverage, whole = true): HTMLElement | null {
  if (!totals.households) return null;
  // What was reckoned in parts tells of those stations only that come first somewhere.
  const from = whole ? tn("from {n} station, incl. the climb to the floor", "from {n} stations, incl. the climb to the floor", stations.length) : t("incl. the climb to the floor");
  const sentence = tn("{inside} of {n} household in {area} is reached within {time}", "{inside} of {n} households in {area} are reached within {time}", totals.households, {
    inside: totals.inside, area: nameOf(area), time: duration(limit),
  });
  return h(
    "div",
    { class: "coverage-answer", role: "status" },
    h("div", { class: "coverage-head" }, h("b", { class: "coverage-share" }, percent(totals.inside, totals.households)), h("p", {}, sentence, h("small", {}, from))),
    strip(totals),
  );
}

/** The bands in words: "within 30 s", "1–2 min" … */
export function bandWords(ends: readonly number[]): string[] {
  const between = ends.map((end, at) => (at ? t("{from} to {to}", { from: duration(ends[at - 1] ?? 0), to: duration(end) }) : t("within {time}", { time: duration(end) })));
  return [...between, t("later or not at all")];
}

function bands({ totals, bands: ends }: Coverage): HTMLElement {
  const words = bandWords(ends);
  const rows = totals.bands.map((count, band) =>
    h(
      "tr",
      { "data-band": band },
      h("th", { scope: "row" }, h("i", { class: `swatch cov-${band}` }), words[band]),
      h("td", { class: "zone-count" }, number(count)),
      h("td", { class: "coverage-number" }, percent(count, totals.households)),
    ),
  );
  const head = h("thead", { class: "unseen" }, h("tr", {}, [t("Time"), t("Households"), t("Share")].map((name) => h("th", { scope: "col" }, name))));
  return part(t("Households by arrival"), "", h("table", { class: "zone-table coverage-bands" }, h("caption", { class: "unseen" }, t("Households by arrival")), head, h("tbody", {}, rows)), shares());
}

/** What the shades of grids and communities say: the share that is in time. */
function shares(): HTMLElement {
  const step = (from: number, at: number): HTMLElement => {
    const to = SHARE_STEPS[at + 1];
    return h("li", {}, h("i", { class: `share-${at}` }), at ? t("from {n} %", { n: from }) : t("under {n} %", { n: to ?? 0 }));
  };
  return h("div", { class: "coverage-scale" }, h("p", { id: "coverage-scale" }, t("Grids and communities by their share in time")), h("ol", { "aria-labelledby": "coverage-scale" }, SHARE_STEPS.map(step)));
}

function strip({ bands: counts, households }: Counts): HTMLElement {
  const piece = (count: number, band: number): HTMLElement => h("i", { class: `cov-${band}`, style: { width: `${(100 * count) / Math.max(households, 1)}%` } });
  return h("div", { class: "coverage-strip", "aria-hidden": "true" }, counts.map(piece));
}

function outside({ outside: count, flags }: Counts, kinds: readonly FlagKind[], { list }: Deeds): HTMLElement {
  const carried = kinds.filter(({ kind }) => flags?.[kind]);
  const told = (kind: FlagKind): HTMLElement => h("li", {}, flagMark(kind, 14), h("span", {}, kind.label), h("b", {}, number(flags?.[kind.kind] ?? 0)));
  const none = flags === null ? t("Your role does not see which needs they have.") : t("None of them has a flag.");
  const button = h("button", { class: "button", type: "button", disabled: !count, on: { click: () => list?.() } }, icon("list"), t("Their doors, one by one"));
  return part(
    t("Households outside"),
    number(count),
    carried.length ? h("ul", { class: "coverage-flags" }, carried.map(told)) : h("p", { class: "quiet" }, count ? none : t("Every household is reached in time.")),
    list ? h("div", { class: "act-row" }, button) : null,
  );
}

function tables(coverage: Coverage, deeds: Deeds): HTMLElement {
  const whole = h("div", {});
  const show = (what: "communities" | "grids"): void => {
    const tab = (id: "communities" | "grids", name: string): HTMLElement =>
      h("button", { class: "segment", type: "button", "aria-pressed": String(id === what), on: { click: () => show(id) } }, name);
    const zoom = what === "communities" ? 14 : 15.6;
    replace(
      whole,
      h("div", { class: "segments coverage-tabs", role: "group", "aria-label": t("Table by") }, tab("communities", t("Communities")), tab("grids", t("Grids"))),
      table(coverage[what], (row) => deeds.look(row, zoom)),
    );
  };
  show("communities");
  return part(t("Where it is worst"), t("press to go there"), whole);
}

function table(rows: readonly Row[], look: (row: Row) => void): HTMLElement {
  const body = h("tbody", {});
  const more = h("button", { class: "button button-wide", type: "button" }, t("All {n}", { n: rows.length }));
  const fill = (count: number): void => {
    replace(body, rows.slice(0, count).map((row) => line(row, look)));
    more.hidden = count >= rows.length;
  };
  more.addEventListener("click", () => fill(rows.length));
  fill(rows.length <= FIRST_ROWS + 2 ? rows.length : FIRST_ROWS);
  const head = [t("Area"), t("In time"), t("Outside")].map((name) => h("th", { scope: "col" }, name));
  return h("div", {}, h("table", { class: "rows coverage-rows" }, h("thead", {}, h("tr", {}, head)), body), more);
}

function line(row: Row, look: (row: Row) => void): HTMLElement {
  const name = nameOf(row) || row.code || String(row.id);
  return h(
    "tr",
    {},
    h("td", {}, h("button", { class: "row", type: "button", on: { click: () => look(row) } }, h("span", { class: "coverage-name" }, name, strip(row)))),
    h("td", { class: "plain coverage-number" }, h("b", {}, percent(row.inside, row.households))),
    h("td", { class: "plain coverage-number" }, number(row.outside)),
  );
}

function assumptions({ assumptions: all }: Coverage): HTMLElement | null {
  if (!all.length) return null;
  const lines = all.map(({ text, value, unit }) => h("li", {}, text, value === null ? null : h("b", {}, ` ${number(value, 2)} ${unit ?? ""}`)));
  return part(t("What this assumes"), "", h("ul", { class: "assumptions" }, lines));
}
