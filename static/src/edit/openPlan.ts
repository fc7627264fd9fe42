// A plan that is open: its blocks on the map, its edits on their way to the server, undo and redo, the tabs.
import { api, logInAgain, sentenceOf } from "../api.js";
import { byId, debounce, h, onPhone, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import { toast } from "../toasts.js";
import type { ActContext } from "../acts/registry.js";
import { newId } from "../acts/newId.js";
import type { SheetSize } from "../panels/panel.js";
import type { Blocks, Halves, Painter, Tool } from "../map/view.js";
import { SLOTS } from "../map/blockStyle.js";
import { askWhose } from "./clash.js";
import { headActs, type HeadHooks } from "./headActs.js";
import { slotsOf } from "./colours.js";
import { History } from "./history.js";
import { labelsOf } from "./labels.js";
import type { Bounds } from "../types.js";
import { difference, fitting, groundOf, inverse, isNothing, NO_GRID, planOf, renumbered, swept, type Children, type Edit, type Ground, type GroundAnswer, type Plan, type PlanDoc, type PlanHead, type PlannedGrid } from "./plan.js";
import type { PlanRoom, Stop } from "./room.js";
import { stepButtons } from "./steps.js";
import { fetchEdits, Sync, syncWords, type SyncState, type TheirEdit } from "./sync.js";
import { Tabs } from "./tabList.js";
import { editWord } from "./words.js";
import "./tabs.js";

const NO_PAINTER: Painter = { over: () => [], end: () => undefined };

export async function fetchPlan(id: string): Promise<[PlanDoc, GroundAnswer]> {
  return Promise.all([api.get<PlanDoc>(`/plans/${id}`), api.get<GroundAnswer>(`/plans/${id}/ground`)]);
}

export class OpenPlan implements PlanRoom {
  readonly map;
  readonly body = h("div", { class: "stack plan-body", role: "tabpanel", id: "plan-body", tabindex: "-1" });
  readonly element: HTMLElement;
  private held: { ground: Ground; sync: Sync; blocks: Blocks };
  private head: PlanHead;
  /** This desk among all that the person has open; those opened first come first. */
  private readonly page = `${Date.now()}-${newId()}`;
  private readonly history = new History();
  private listeners: (() => void)[] = [];
  private readonly watchers = new Set<() => void>();
  private slots: ReadonlyMap<number, number> = new Map();
  private other: ReadonlyMap<number, number> | null = null;
  private names: ReadonlyMap<number, PlannedGrid> | null = null;
  private strong: ReadonlySet<number> | null = null;
  /** The plan that the map shows; null while it shows something else. */
  private seen: Plan | null = null;
  private chosen = NO_GRID;
  private painting: { tool: Tool; grid: number; painter: Painter } = { tool: null, grid: NO_GRID, painter: NO_PAINTER };
  private document: PlanDoc | null = null;
  private labelling = 0;
  private halved = false;
  private readonly acts = h("div", { class: "plan-acts" });
  private readonly state = h("p", { class: "plan-sync", role: "status" });
  private readonly tabs: Tabs;
  private over = false;
  private readonly recalled: Promise<void>;

  constructor(readonly context: ActContext, doc: PlanDoc, answer: GroundAnswer, private readonly desk: HeadHooks) {
    this.map = context.map;
    this.head = doc;
    this.held = this.hold(doc, groundOf(answer));
    this.tabs = new Tabs(this);
    this.element = h("div", { class: "stack plan" }, h("div", { class: "plan-head" }, this.acts, stepButtons(this, "data-step").element, this.state), this.tabs.element, this.body);
    this.told({ kind: "stored" });
    document.addEventListener("keydown", this.onKey);
    this.drawSteps();
    this.drawHead();
    this.show();
    this.fit();
    this.recalled = this.recall();
    this.tabs.start();
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    this.tabs.stop();
    window.clearTimeout(this.labelling);
    document.removeEventListener("keydown", this.onKey);
    this.held.sync.stop();
    this.held.blocks.remove();
    const { unsent: { length: count }, safe } = this.held.sync;
    if (!count) return;
    toast(
      safe
        ? tn("{n} edit is not sent yet. It waits in this browser until you open the plan again.", "{n} edits are not sent yet. They wait in this browser until you open the plan again.", count)
        : tn("{n} edit is not sent yet. It waits on this page until you open the plan again: do not close the page.", "{n} edits are not sent yet. They wait on this page until you open the plan again: do not close the page.", count),
      { kind: "info" },
    );
  }

  // What the tabs ask

  get blocks(): Blocks {
    return this.held.blocks;
  }

  ground(): Ground {
    return this.held.ground;
  }

  drawn(): Plan {
    return this.held.sync.plan;
  }

  plan(): PlanDoc {
    if (this.document) return this.document;
    const { ground, of, grids } = this.drawn();
    const blocks = Object.fromEntries(ground.blocks.id.map((id, place) => [id, of[place] ?? NO_GRID]));
    this.document = { ...this.head, version: this.held.sync.at, blocks, grids: Object.fromEntries(grids) };
    return this.document;
  }

  apply(edit: Edit, label: string): void {
    if (isNothing(edit)) return;
    this.history.did({ edit, label });
    this.held.sync.add(edit);
  }

  onChange(listener: () => void): Stop {
    this.listeners.push(listener);
    return () => void (this.listeners = this.listeners.filter((one) => one !== listener));
  }

  colours(of: ReadonlyMap<number, number> | null, grids: ReadonlyMap<number, PlannedGrid> | null = null, strong: ReadonlySet<number> | null = null): void {
    if (strong !== this.strong) this.seen = null;
    [this.other, this.names, this.strong] = [of, grids, strong];
    this.show();
  }

  halve(of: ReadonlyMap<number, number>, grids: ReadonlyMap<number, PlannedGrid>): Halves {
    this.colours(null);
    const { blocks } = this;
    const left = this.columns(of);
    const slots = slotsOf(blocks.borders, left, SLOTS, this.slots);
    const labels = [labelsOf(this.ground(), left, grids, blocks.shapes.middles), labelsOf(this.ground(), this.drawn().of, this.drawn().grids, blocks.shapes.middles)] as const;
    const halves = blocks.halve(left, left.map((grid) => slots.get(grid) ?? NO_GRID));
    const label = debounce(150, (x: number) => void (this.halved && blocks.label(labels.flatMap((side, right) => side.filter(({ block }) => blocks.isLeft(block, x) !== Boolean(right))))));
    this.halved = true;
    return {
      cut: (x) => (halves.cut(x), label(x)),
      remove: () => {
        this.halved = false;
        halves.remove();
        this.label(this.drawn().of, this.drawn().grids);
      },
    };
  }

  highlight(blocks: readonly number[]): void {
    this.blocks.light(this.places(blocks));
  }

  zoomTo(blocks: readonly number[]): void {
    const box = this.blocks.bounds(this.places(blocks));
    this.uncover();
    if (box) this.map.fitBounds(box, { maxZoom: 17 });
  }

  colourOf(grid: number): string {
    return this.blocks.colour(this.slots.get(grid) ?? NO_GRID);
  }

  choose(grid: number): void {
    this.chosen = grid;
    this.blocks.choose(grid);
  }

  paint(tool: Tool, grid: number, painter: Painter | null): void {
    this.painting = { tool: painter ? tool : null, grid, painter: painter ?? NO_PAINTER };
    this.blocks.use(this.painting.tool, this.slots.get(grid) ?? this.freeSlot(grid));
  }

  resize(size: SheetSize): void {
    const box = this.box();
    const whole = box && this.map.holds(box);
    this.desk.resize(size);
    if (whole) this.fit(); // into what there is now
  }

  uncover(): void {
    if (onPhone() && byId("panel").dataset["size"] === "full") this.desk.resize("half");
  }

  saved(): Promise<boolean> {
    return this.held.sync.settled();
  }

  async reload(children: Children = new Map()): Promise<void> {
    await this.recalled; // else what it finds would not be renumbered
    return this.renew((_doc, _ground, unsent) => {
      this.history.renumber(children);
      return unsent.map((edit) => renumbered(edit, children));
    });
  }

  /** Begin anew with what the server has; `unsentOf` says what is to be sent on top of it. */
  private async renew(unsentOf: (doc: PlanDoc, ground: Ground, unsent: readonly Edit[]) => readonly Edit[]): Promise<void> {
    const [doc, answer] = await fetchPlan(this.head.id);
    if (this.over) return;
    this.head = doc;
    const before = this.held;
    const ground = answer.stamp === before.ground.stamp ? before.ground : groundOf(answer);
    const unsent = unsentOf(doc, ground, before.sync.handOver());
    before.blocks.remove();
    this.held = this.hold(doc, ground, unsent);
    if (!unsent.length) this.told({ kind: "stored" });
    if (doc.version < before.sync.at) void this.held.sync.look(); // something was stored while this was fetched
    this.drawHead();
    this.blocks.choose(this.chosen);
    this.blocks.use(this.painting.tool, this.slots.get(this.painting.grid) ?? 0);
    this.changed();
  }

  // Within

  /** The server has another state of the plan: put what is shown over it, or lay that aside to be done again. */
  private async meet(mine: boolean): Promise<void> {
    await this.renew((doc, ground) => {
      const shown = this.plan();
      const edit = difference(planOf(ground, doc), swept(planOf(ground, { blocks: { ...doc.blocks, ...shown.blocks }, grids: { ...doc.grids, ...shown.grids } })));
      if (mine || isNothing(edit)) return isNothing(edit) ? [] : [edit];
      this.history.laidAside({ edit, label: editWord(edit) });
      return [];
    }).catch((error: unknown) => toast(sentenceOf(error), { kind: "error" }));
  }

  private box(): Bounds | null {
    return this.blocks.bounds(this.ground().blocks.id.map((_, place) => place));
  }

  /** Show the whole plan. */
  private fit(): void {
    const box = this.box();
    if (box) this.map.fitBounds(box, { duration: 0 });
  }

  private hold(doc: PlanDoc, ground: Ground, unsent: readonly Edit[] = []): { ground: Ground; sync: Sync; blocks: Blocks } {
    const sync: Sync = new Sync(doc.id, doc.version, planOf(ground, doc), { user: this.context.me.id, page: this.page, unsent }, {
      changed: () => this.held.sync === sync && this.changed(),
      told: (state) => this.told(state),
      choose: (clash) => askWhose(clash, this.drawn()),
      gaveWay: (edit) => this.history.laidAside({ edit, label: editWord(edit) }),
      others: (edits) => this.tellOfOthers(edits),
      head: () => void this.refresh(),
      stale: (children) => this.reload(children),
    });
    const shapes = new Map(ground.shapes.features.map(({ id, geometry }) => [Number(id), geometry] as const));
    const geometries = ground.blocks.id.map((id): GeoJSON.Geometry => shapes.get(id) ?? { type: "Polygon", coordinates: [] });
    const painter: Painter = { over: (blocks) => this.painting.painter.over(blocks), end: (kept) => this.painting.painter.end(kept) };
    return { ground, sync, blocks: this.map.addBlocks(geometries, painter) };
  }

  /** Others have renamed, submitted or sent back the plan. */
  private async refresh(): Promise<void> {
    const doc = await api.get<PlanDoc>(`/plans/${this.head.id}`).catch(() => null);
    if (this.over || !doc) return;
    this.head = doc;
    this.drawHead();
    this.changed();
  }

  private changed(): void {
    if (this.over) return;
    this.document = null;
    this.show();
    this.drawSteps();
    for (const listener of [...this.listeners]) listener();
  }

  /** Show the plan, or what a tab shows in its place. */
  private show(): void {
    const plan = this.drawn();
    if (!this.other && plan === this.seen) return;
    this.seen = this.other ? null : plan;
    const of = this.other ? this.columns(this.other) : plan.of;
    this.slots = slotsOf(this.blocks.borders, of, SLOTS, this.slots);
    this.blocks.show(of, Int32Array.from(of, (grid) => this.slots.get(grid) ?? NO_GRID));
    this.label(of, this.other && this.names ? this.names : plan.grids);
  }

  /** Name the grids once nothing has changed for a moment. */
  private label(of: Int32Array, grids: ReadonlyMap<number, PlannedGrid>): void {
    window.clearTimeout(this.labelling);
    this.labelling = window.setTimeout(() => !this.halved && this.blocks.label(labelsOf(this.ground(), of, grids, this.blocks.shapes.middles, this.strong)), 120);
  }

  /** The grid of each block of the ground, by its place. */
  private columns(of: ReadonlyMap<number, number>): Int32Array {
    return Int32Array.from(this.ground().blocks.id, (id) => of.get(id) ?? NO_GRID);
  }

  private freeSlot(grid: number): number {
    return grid === NO_GRID ? NO_GRID : grid % SLOTS;
  }

  private places(blocks: readonly number[]): number[] {
    return blocks.flatMap((id) => this.held.ground.place.get(id) ?? []);
  }

  /** What was done in earlier sessions can be undone too. */
  private async recall(): Promise<void> {
    const { id: me } = this.context.me;
    const { sync } = this.held;
    const opened = sync.at; // what is done from now on is in the history by itself
    const edits = (await fetchEdits(this.head.id, 0).catch(() => [])).filter(({ version }) => version <= opened);
    const left = await sync.left;
    if (this.over) return;
    this.history.recall([...edits.map(({ changes }) => changes), ...left], (index) => index >= edits.length || edits[index]?.by.id === me, editWord);
    this.drawSteps();
  }

  private tellOfOthers(edits: readonly TheirEdit[]): void {
    const { id: me } = this.context.me;
    const names = [...new Set(edits.map(({ by }) => (by.id === me ? t("You yourself, elsewhere") : by.name)))].join(t(", "));
    const count = new Set(edits.flatMap(({ changes }) => Object.keys(changes.blocks))).size;
    toast(tn("{names} has changed this plan: {n} block. It is taken in here.", "{names} has changed this plan: {n} blocks. It is taken in here.", count, { names }), { kind: "info" });
  }

  private told(state: SyncState): void {
    this.state.dataset["sync"] = state.kind;
    const symbol = { stored: "check", sending: "refresh", offline: "warning", loggedOut: "warning", refused: "warning", apart: "warning" }[state.kind];
    const drop = (): void => {
      const dropped = this.held.sync.drop();
      for (const edit of [...dropped].reverse()) this.history.laidAside({ edit, label: editWord(edit) });
    };
    const way = (id: string, label: string, click: () => void): HTMLElement => h("button", { class: "linky", type: "button", "data-sync-act": id, on: { click } }, label);
    const ways = {
      refused: [way("stored", t("Show the plan as it is stored"), drop)],
      apart: [way("stored", t("Show the plan as it is stored"), () => void this.meet(false)), way("mine", t("Put what is shown here over it"), () => void this.meet(true))],
      loggedOut: "kept" in state && state.kept ? [way("login", t("Log in again"), logInAgain)] : [],
      stored: [], sending: [], offline: [],
    }[state.kind];
    replace(this.state, icon(symbol, 16), h("span", {}, syncWords(state)), ways);
  }

  private drawHead(): void {
    this.desk.named(this.head);
    replace(this.acts, headActs(this.head, { ...this.desk, named: (head) => ((this.head = head), (this.document = null), this.drawHead()), saved: () => this.saved(), leaveTo: (copy) => this.held.sync.leaveTo(copy) }));
  }

  // Undo and redo

  private readonly onKey = (event: KeyboardEvent): void => {
    const typing = (event.target as Element).closest?.("input:not([type=checkbox], [type=radio]), textarea, dialog");
    const key = event.key.toLowerCase();
    if (typing || !(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    this.travel(event.shiftKey || key === "y");
  };

  travel(forward: boolean): void {
    if (this.head.may.edit !== true) return;
    this.blocks.dropStroke(); // it began from what is taken back
    const step = forward ? this.history.redo() : this.history.undo();
    if (!step) return;
    const wanted = forward ? step.edit : inverse(step.edit);
    const edit = fitting(this.drawn(), wanted);
    if (isNothing(edit)) toast(t("“{what}”: somebody has changed all of this since. Nothing is left to do.", { what: step.label }), { kind: "info" });
    else this.held.sync.add(edit);
    this.drawSteps();
  }

  step(forward: boolean): { what: string; whyNot: string | null } {
    const { may } = this.head;
    const next = forward ? this.history.next.redo : this.history.next.undo;
    const none = forward ? t("Nothing is undone that could be done again.") : t("Nothing is done yet that could be undone.");
    return { what: next?.label ?? "", whyNot: may.edit !== true ? may.edit : next ? null : none };
  }

  onSteps(listener: () => void): Stop {
    this.watchers.add(listener);
    return () => void this.watchers.delete(listener);
  }

  private drawSteps(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
