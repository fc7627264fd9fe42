// Acts: what a person can do on the map. An act registers itself when its module is imported by acts/index.ts:
//   registerAct({ id: "incident", icon: "alert", label: () => t("Report an incident"), available: (me) => me.can.includes("incident.report")
//     || t("Your role may not report incidents."), place: true, start: (context) => { …; return stop; } });
// It shows as a button of the toolbar (left rail on a desktop, bar at the bottom of a phone), in the menu of a long press
// or right click where `place` is set, and in the panel of every subject kind listed in `subjects`.
// One act runs at a time: starting another, or Escape, calls what `start` returned, then nothing of it may be left behind.
// The editor of a household is no button: registerDwellingEditor() gives it a place inside the building panel.
import type { Store } from "../state.js";
import type { MapView } from "../map/view.js";
import type { PanelFrame } from "../panels/panel.js";
import type { BuildingDetail, Detail, Dwelling, FlagKind, LngLat, Me, Subject, SubjectKind } from "../types.js";

export interface ActContext {
  readonly me: Me;
  readonly map: MapView;
  readonly panel: PanelFrame;
  readonly store: Store;
  readonly flagKinds: readonly FlagKind[];
  /** Where the act was asked for: a press on the map, the place of a station … */
  readonly place?: LngLat | undefined;
  /** What the act was asked for: the grid, building or station whose panel was open. */
  readonly subject?: (Subject & { name: string }) | undefined;
  /** Say that the act is over: the button is released and what `start` returned is called. */
  readonly end: () => void;
  /** Show the panel of a subject, as a press on it would. */
  readonly select: (subject: Subject | null) => void;
}

type Stop = () => void;

export interface Act {
  readonly id: string;
  /** The word of an address, "#word=…", that starts it; its id where absent. */
  readonly address?: string;
  readonly icon: string;
  readonly label: () => string;
  /** A few words for the narrow toolbar; the label where absent. */
  readonly short?: () => string;
  /** One line on what it does, shown as a tooltip. */
  readonly hint?: () => string;
  /** True, or the sentence that says why not. */
  readonly available: (me: Me) => true | string;
  /** Offered where the map is pressed long or right-clicked. */
  readonly place?: boolean;
  /** Offered in the panels of these. */
  readonly subjects?: readonly SubjectKind[];
  /** Left out of the toolbar: only offered for a place or a subject. */
  readonly hidden?: boolean;
  /** What it draws is seen first: grids step back while it runs. */
  readonly quiet?: boolean;
  readonly start: (context: ActContext) => Stop | void;
}

export interface DwellingEditorContext extends ActContext {
  readonly building: Detail<BuildingDetail>;
  readonly floor: number;
  readonly entrance: string;
  /** Load the building again and show its panel anew. */
  readonly reload: () => Promise<void>;
}

/** An element that shows and edits a dwelling's household; it stands below the section of the building. */
export type DwellingEditor = (dwelling: Dwelling, context: DwellingEditorContext) => HTMLElement;

const acts: Act[] = [];
let editor: DwellingEditor | null = null;

export function registerAct(act: Act): void {
  acts.push(act);
}

export function registeredActs(): readonly Act[] {
  return acts;
}

export function registerDwellingEditor(made: DwellingEditor): void {
  editor = made;
}

export function dwellingEditor(): DwellingEditor | null {
  return editor;
}
