// What the panel of a scenario shows: the numbers before and after, what was changed, and the scenarios there are.
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, number, t } from "../i18n.js";
import { empty, part } from "../panels/parts.js";
import { stationWord } from "../words.js";
import type { Named } from "../types.js";
import type { Content } from "./whatifContent.js";
import type { Cover, Picture } from "./whatifLive.js";
import type { Known } from "./whatifMap.js";
import { MINUTES } from "./zoneQuestion.js";
import { tintOf } from "./zoneStyle.js";

export interface Scenario {
  id: string;
  name: string;
  area: Named;
  version: number; // 0: not saved yet
  content: Content;
  owner: string;
  changed_by: string;
  changed_at: string;
}

export function button(kind: string, symbol: string, label: string, act: () => void, more: Record<string, unknown> = {}): HTMLButtonElement {
  return h("button", { class: `button ${kind}`, type: "button", on: { click: act }, ...more }, icon(symbol), label);
}

/** The scenarios to go on with, or what this is about where there is none. */
export function scenarioList(scenarios: readonly Scenario[], begin: () => void, open: (scenario: Scenario) => void): HTMLElement {
  const row = (one: Scenario): HTMLElement =>
    h(
      "li",
      {},
      h(
        "button",
        { class: "row scenario", type: "button", on: { click: () => open(one) } },
        icon("whatif"),
        h("span", {}, one.name, h("small", {}, nameOf(one.area))),
        h("span", { class: "more" }, one.changed_by, h("br"), moment(one.changed_at)),
      ),
    );
  return h(
    "div",
    { class: "stack" },
    scenarios.length
      ? h("ul", { class: "incident-list" }, scenarios.map(row))
      : empty("whatif", t("Drag a station, close a road, draw a flood: the zone and the households covered follow at once. Nothing of it changes the register.")),
    button("button-main button-wide", "plus", t("New scenario"), begin),
  );
}

/** The households inside by minute and the cover of a kind of station; `show` changes the figures in place. */
export class Numbers {
  private readonly cells = new Map(MINUTES.map((minutes) => [minutes, [1, 2, 3].map(() => h("td", { class: "zone-count" }))] as const));
  private readonly zone: HTMLElement;
  private readonly cover = h("div", { class: "cover", "aria-live": "polite" });
  private readonly note = h("p", { class: "scenario-note", role: "status" });
  readonly element: HTMLElement;
  /** The same in short, to stand first: what is inside and covered in the scenario, and the change. */
  readonly short = h("div", { class: "scenario-short", role: "status" });

  constructor() {
    const head = [t("Within"), t("Today"), t("Scenario"), t("Change")].map((name) => h("th", { scope: "col" }, name));
    const rows = [...this.cells].map(([minutes, cells]) =>
      h("tr", { "data-minutes": minutes }, h("th", { scope: "row", style: tintOf(minutes) }, h("i", { class: "swatch" }), t("{n} min", { n: minutes })), cells),
    );
    this.zone = part(t("Households inside"), t("incl. the climb to the floor"), h("table", { class: "zone-table scenario-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
    this.element = h("div", { class: "stack" }, this.note, this.zone, this.cover);
  }

  show(picture: Picture, before: Picture["households"] | null): void {
    this.note.textContent = picture.note ?? "";
    this.note.hidden = !picture.note;
    this.zone.hidden = !picture.households.length;
    for (const [minutes, [today, scenario, change]] of this.cells) {
      const after = picture.households.find(([of]) => of === minutes)?.[1];
      const was = before?.find(([of]) => of === minutes)?.[1];
      if (today) today.textContent = was === undefined ? "…" : number(was);
      if (scenario) scenario.textContent = after === undefined ? "–" : number(after);
      if (change) difference(change, after === undefined || was === undefined ? null : after - was);
    }
    replace(this.cover, picture.cover ? cover(picture.cover) : null);
    replace(this.short, picture.households.length ? chips(picture.households, before) : null, picture.cover ? covered(picture.cover) : null);
  }
}

function chips(after: Picture["households"], before: Picture["households"] | null): HTMLElement {
  const chip = ([minutes, count]: Picture["households"][number]): HTMLElement => {
    const was = before?.find(([of]) => of === minutes)?.[1];
    const change = h("small", { class: "chip-change" });
    difference(change, was === undefined ? null : count - was);
    const time = h("span", { class: "chip-time" }, h("i", { class: "swatch" }), t("{n} min", { n: minutes }));
    return h("li", { class: "chip", style: tintOf(minutes) }, time, h("b", { class: "chip-count" }, number(count)), change);
  };
  return h("ul", { class: "chips-all", "aria-label": t("Households within so many minutes") }, after.map(chip));
}

/** The share covered today and in the scenario, in a line. */
function covered({ kind, minutes, households, before, after }: Cover): HTMLElement {
  const share = (count: number): string => t("{n}%", { n: households ? (100 * count) / households : 0 });
  const change = h("span", {});
  difference(change, after - before || null);
  return h("p", {}, t("Covered by {kind}", { kind: stationWord(kind) }), " ", t("within {n} min", { n: minutes }), h("b", {}, share(before), " → ", share(after), " ", change));
}

function difference(cell: HTMLElement, value: number | null): void {
  cell.textContent = value === null ? "" : signed(value);
  cell.dataset["sign"] = String(Math.sign(value ?? 0));
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : value < 0 ? `−${number(-value)}` : "0";
}

function cover({ kind, minutes, households, before, after, gained, lost }: Cover): HTMLElement {
  const share = (count: number): string => t("{n}%", { n: households ? (100 * count) / households : 0 });
  const figure = (name: string, count: Child, more: Child, sign = 0): HTMLElement =>
    h("div", { class: "figure", "data-sign": sign }, h("b", {}, count), h("span", {}, name, " ", more));
  return part(
    t("Covered by {kind}", { kind: stationWord(kind) }),
    t("within {n} min", { n: minutes }),
    h(
      "div",
      { class: "figures cover-figures" },
      figure(t("today"), number(before), share(before)),
      figure(t("in the scenario"), number(after), share(after), Math.sign(after - before)),
      figure(t("newly covered"), `+${number(gained)}`, "", gained ? 1 : 0),
      figure(t("lose cover"), lost ? `−${number(lost)}` : "0", "", lost ? -1 : 0),
    ),
  );
}

export interface Undoing {
  station(id: number): void;
  closure(index: number): void;
  incident(): void;
  note(index: number, text: string): void;
}

/** What was changed, each with a way back. */
export function changeList(content: Content, stations: ReadonlyMap<number, Known>, undo: Undoing): HTMLElement {
  const called = (id: number): string => stations.get(id)?.name || t("Station {id}", { id: String(id) });
  const shapes = { barrier: () => t("Barrier"), flood: () => t("Flooded area"), road: () => t("Closed piece of road") };
  const rows = [
    ...content.added.map(({ id, kind, name }) => row(kind, name, t("new station"), () => undo.station(id))),
    ...content.moved.map(({ id }) => row(stations.get(id)?.kind ?? "other", called(id), t("moved"), () => undo.station(id))),
    ...content.shut.map((id) => row(stations.get(id)?.kind ?? "other", called(id), t("closed"), () => undo.station(id))),
    ...content.closures.map(({ shape, note }, at) => row(shape, shapes[shape](), noteField(note, (text) => undo.note(at, text)), () => undo.closure(at))),
    ...(content.incident ? [row("alert", t("Place of the incident"), "", () => undo.incident())] : []),
  ];
  if (!rows.length) return h("p", { class: "quiet" }, t("Nothing is changed yet. Drag a station on the map, or choose above."));
  return h("ul", { class: "change-list" }, rows);
}

function noteField(note: string, change: (text: string) => void): HTMLElement {
  const input = h("input", { type: "text", maxlength: 200, value: note, placeholder: t("Note"), "aria-label": t("Note"), autocomplete: "off" });
  input.addEventListener("input", () => change(input.value.trim()));
  return input;
}

function row(symbol: string, name: string, more: Child, remove: () => void): HTMLElement {
  const label = t("Undo: {name}", { name });
  return h("li", {}, icon(symbol, 22), h("div", {}, h("span", {}, name), more ? h("small", {}, more) : null),
    h("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click: remove } }, icon("close", 18)));
}
