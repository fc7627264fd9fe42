// What a tab of the planner's desk gets, and how it registers itself:
//   registerTab({ id: "suggest", icon: "…", label: () => t("Suggest"), order: 2, start: (room) => { …; return stop; } });
// `stop` ends what the tab began: painting, colours and outlines are taken away for it.
// `room.apply(edit, label)` changes the plan here at once, on the server soon after, and can be undone. Blocks are named by
// their ids, grids by their numbers.
import type { ActContext } from "../acts/registry.js";
import type { SheetSize } from "../panels/panel.js";
import type { Blocks, Halves, MapView, Painter, Tool } from "../map/view.js";
import type { Children, Edit, Ground, Plan, PlanDoc, PlannedGrid } from "./plan.js";

export type Stop = () => void;

export interface PlanRoom {
  readonly context: ActContext;
  readonly map: MapView;
  /** Where the tab shows what it has to show. */
  readonly body: HTMLElement;
  /** The plan as it is stored, with one's own edits that are not sent yet. */
  plan(): PlanDoc;
  /** The same as columns over the ground. */
  drawn(): Plan;
  ground(): Ground;
  apply(edit: Edit, label: string): void;
  /** Call `listener` after every change of plan or ground, until the answer is called. */
  onChange(listener: () => void): Stop;
  /** Show another assignment of the blocks, its grids named by `grids`; null: the plan itself. Over those in `strong` names are turned. */
  colours(of: ReadonlyMap<number, number> | null, grids?: ReadonlyMap<number, PlannedGrid> | null, strong?: ReadonlySet<number>): void;
  /** Show another assignment left of a line on the screen, and the plan right of it. */
  halve(of: ReadonlyMap<number, number>, grids: ReadonlyMap<number, PlannedGrid>): Halves;
  /** Outline blocks; none where empty. */
  highlight(blocks: readonly number[]): void;
  zoomTo(blocks: readonly number[]): void;
  /** The colour of a grid on the map, as CSS. */
  colourOf(grid: number): string;
  /** Emphasise a grid on the map. */
  choose(grid: number): void;
  /** Let the pointer paint into a grid; null gives it back to the map. */
  paint(tool: Tool, grid: number, painter: Painter | null): void;
  /** The blocks on the map; another object after the ground has changed. */
  readonly blocks: Blocks;
  /** Undo, or redo. */
  travel(forward: boolean): void;
  /** What that would take back or do again, and why it cannot be done; null where it can. */
  step(forward: boolean): { readonly what: string; readonly whyNot: string | null };
  /** Call `listener` whenever these are others, until the answer is called. */
  onSteps(listener: () => void): Stop;
  /** How much of a phone the panel takes: a strip while the map is painted. */
  resize(size: SheetSize): void;
  /** Let the map be seen where the panel takes all of a phone. */
  uncover(): void;
  /** Resolves with true once every edit is on the server. */
  saved(): Promise<boolean>;
  /** Fetch plan and ground again. `children`: the blocks that stand for those that are gone. */
  reload(children?: Children): Promise<void>;
}

export interface Tab {
  readonly id: string;
  readonly icon: string;
  readonly label: () => string;
  /** Where the tab stands; the smallest first. */
  readonly order: number;
  readonly start: (room: PlanRoom) => Stop | void;
}

const tabs: Tab[] = [];

export function registerTab(tab: Tab): void {
  tabs.push(tab);
}

export function registeredTabs(): readonly Tab[] {
  return [...tabs].sort((one, other) => one.order - other.order);
}
