// A building: its entrances and floors as a section, a door for each dwelling in the colours of its flags.
// Pressing a door shows what acts/registry.ts has for it (registerDwellingEditor).
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t, tn } from "../i18n.js";
import { buildingWord } from "../words.js";
import { dwellingEditor, type DwellingEditorContext } from "../acts/registry.js";
import { climbPart } from "./climb.js";
import { facts, linkTo, part } from "./parts.js";
import type { Session } from "../session.js";
import type { BuildingDetail, Detail, Dwelling, Flag, FlagKind } from "../types.js";

type Entrance = BuildingDetail["entrances"][number];

export interface BuildingPanelOptions {
  /** The door that is open, kept over a reload. */
  opened: { dwelling: number | null };
  reload: () => Promise<void>;
}

export function buildingPanel(session: Session, detail: Detail<BuildingDetail>, options: BuildingPanelOptions): HTMLElement {
  const building = detail.properties;
  const floors = tn("{n} floor", "{n} floors", building.floors);
  const tags = [
    building.floors_assumed ? t("{floors} (assumed)", { floors }) : floors,
    building.has_lift ? t("with a lift") : t("without a lift"),
    tn("{n} household", "{n} households", building.households),
  ];
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "tags" }, tags.map((tag) => h("span", { class: "tag" }, tag))),
    doors(session, detail, options),
    climbPart(session, detail),
    facts([
      [t("Address"), building.name ? building.address : null],
      [t("Kind"), buildingWord(building.kind)],
      [t("Height"), t("{m} m", { m: number(building.height) })],
      [t("Compound"), linkTo(session, "compound", building.compound)],
      [t("Grid"), linkTo(session, "grid", building.grid)],
      [t("Community"), linkTo(session, "area", building.community)],
    ]),
  );
}

function doors(session: Session, detail: Detail<BuildingDetail>, options: BuildingPanelOptions): HTMLElement {
  const { entrances } = detail.properties;
  const full = entrances.filter(({ floors }) => floors.length);
  if (!full.length) return part(t("Dwellings"), "", h("p", { class: "quiet" }, t("Nobody lives in this building.")));
  const place = h("div", { class: "dwelling-place" });
  const buttons = new Map<number, HTMLButtonElement>();
  const open = (dwelling: Dwelling, entrance: Entrance, floor: number): void => {
    options.opened.dwelling = dwelling.id;
    for (const [id, button] of buttons) button.setAttribute("aria-pressed", String(id === dwelling.id));
    const make = dwellingEditor();
    if (make) replace(place, make(dwelling, editorContext(session, detail, entrance, floor, options.reload)));
  };
  const section = h(
    "div",
    { class: "section", role: "group", "aria-label": t("Section of the building"), tabindex: "0" },
    full.map((entrance) => column(session, entrance, buttons, open)),
  );
  if (options.opened.dwelling !== null) openAgain(full, options.opened.dwelling, open);
  const shown = full.some(({ floors }) => floors.some(({ dwellings }) => dwellings.some(({ household }) => household)));
  const hint = shown
    ? t("Press a door to see and set the flags of its household.")
    : t("Your role or your area does not include these households.");
  return part(t("Entrances and floors"), "", section, h("p", { class: "quiet small" }, hint), legend(session, full), place);
}

function openAgain(entrances: readonly Entrance[], id: number, open: (dwelling: Dwelling, entrance: Entrance, floor: number) => void): void {
  for (const entrance of entrances) {
    for (const { floor, dwellings } of entrance.floors) {
      const found = dwellings.find((dwelling) => dwelling.id === id);
      if (found?.household) open(found, entrance, floor);
    }
  }
}

function editorContext(
  session: Session,
  building: Detail<BuildingDetail>,
  entrance: Entrance,
  floor: number,
  reload: () => Promise<void>,
): DwellingEditorContext {
  const { me, map, panel, store, flagKinds, select } = session;
  return { me, map, panel, store, flagKinds, select, building, floor, entrance: entrance.label, reload, end: () => undefined };
}

function column(
  session: Session,
  entrance: Entrance,
  buttons: Map<number, HTMLButtonElement>,
  open: (dwelling: Dwelling, entrance: Entrance, floor: number) => void,
): HTMLElement {
  const floors = [...entrance.floors].sort((one, other) => other.floor - one.floor);
  return h(
    "div",
    { class: "entrance" },
    h("h4", {}, t("Entrance {label}", { label: entrance.label })),
    h("div", { class: "roof" }),
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, t("Entrance {label}", { label: entrance.label })),
      h(
        "tbody",
        {},
        floors.map(({ floor, dwellings }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, h("span", { "aria-label": t("Floor {n}", { n: floor }) }, String(floor))),
            dwellings.map((dwelling) => h("td", {}, door(session, dwelling, buttons, () => open(dwelling, entrance, floor)))),
          ),
        ),
      ),
    ),
  );
}

function door(session: Session, dwelling: Dwelling, buttons: Map<number, HTMLButtonElement>, open: () => void): HTMLElement {
  if (!dwelling.household) return h("span", { class: "dwelling dwelling-closed" }, dwelling.number);
  const kinds = ordered(session.flagKinds, dwelling.household.flags);
  const label = [dwelling.number, dwelling.household.contact.name, ...kinds.map(({ label: text }) => text)].filter(Boolean).join(t(", "));
  const button = h(
    "button",
    {
      class: kinds.length ? "dwelling dwelling-flagged" : "dwelling", type: "button", "aria-pressed": "false", "aria-label": label,
      title: label, "data-dwelling": dwelling.id, on: { click: open },
    },
    dwelling.number,
    kinds.length ? h("span", { class: "dwelling-flags" }, kinds.slice(0, 3).map((kind) => flagMark(kind, 11))) : null,
  );
  if (kinds[0]) button.style.setProperty("--flag", kinds[0].colour);
  buttons.set(dwelling.id, button);
  return button;
}

/** The kinds that a household carries, most pressing first. */
export function ordered(all: readonly FlagKind[], flags: readonly Flag[]): readonly FlagKind[] {
  return all.filter(({ kind }) => flags.some((flag) => flag.kind === kind));
}

/** A flag's disc with its icon. */
export function flagMark({ kind, colour }: FlagKind, size = 14): HTMLElement {
  return h("span", { class: "mark", style: { background: colour } }, icon(kind, size));
}

function legend(session: Session, entrances: readonly Entrance[]): HTMLElement | null {
  const flags = entrances.flatMap(({ floors }) => floors.flatMap(({ dwellings }) => dwellings.flatMap(({ household }) => household?.flags ?? [])));
  const kinds = ordered(session.flagKinds, flags);
  if (!kinds.length) return null;
  return h("ul", { class: "legend legend-row" }, kinds.map((kind) => h("li", {}, flagMark(kind), kind.label)));
}
