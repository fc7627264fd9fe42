// The tab "Draw": blocks go into a grid by brush, lasso, press and list; what it does is counted with every stroke.
import { byId, h, onPhone, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import type { Painter, Tool } from "../map/view.js";
import { BlockList } from "./blockList.js";
import { CheckList } from "./checks.js";
import { Cutting } from "./cut.js";
import { GridCard } from "./gridCard.js";
import { Hud } from "./hud.js";
import { GridList } from "./gridList.js";
import { barred, blocksOf, create, difference, newNumber, NO_GRID, paint, swept, type Plan, type PlannedGrid } from "./plan.js";
import { registerTab, type PlanRoom } from "./room.js";
import { toast } from "../toasts.js";
import { tallies, type Tally } from "./tally.js";
import type { Target } from "./targets.js";
import { gridName } from "./words.js";

const TABS = 52; // pixels that they take of the panel

type ToolName = "choose" | "brush" | "lasso";

const WIDTHS: readonly { reach: number; label: () => string }[] = [
  { reach: 0, label: () => t("One block") },
  { reach: 28, label: () => t("Wide") },
  { reach: 64, label: () => t("Very wide") },
];

registerTab({ id: "draw", icon: "brush", label: () => t("Draw"), order: 1, start: (room) => new Draw(room).stop });

class Draw {
  private tool: ToolName = "choose";
  private reach = 0;
  private target: Target = { grid: NO_GRID, fresh: null };
  private chose = false;
  /** The next press chooses the grid that is painted into. */
  private picking = false;
  private may = "";
  /** The plan under a stroke that is not over, and the one before it. */
  private working: Plan | null = null;
  private before: Plan | null = null;
  private counted: ReadonlyMap<number, Tally> = new Map();
  private readonly stops: (() => void)[] = [];
  private readonly note = h("p", { class: "plan-note", role: "status" });
  private readonly bar = h("div", { class: "plan-tools" });
  private readonly card: GridCard;
  private readonly checks: CheckList;
  private readonly grids: GridList;
  private readonly list: BlockList;
  private readonly cutting: Cutting;
  private readonly hud: Hud;

  constructor(private readonly room: PlanRoom) {
    this.cutting = new Cutting(room, (sentence, shown) => this.say(sentence, shown), (paused) => this.aimTool(paused));
    this.card = new GridCard(room, { choose: (grid) => this.choose(grid), begin: () => this.begin(), zoom: (grid) => this.zoom(grid), say: (sentence) => this.say(sentence) });
    this.hud = new Hud(room, { pick: () => this.pickNext(), done: () => this.take("choose") });
    this.checks = new CheckList(room, (grid) => this.choose(grid));
    this.grids = new GridList(room, (grid) => this.choose(grid));
    this.list = new BlockList(room, this.cutting, { fresh: () => this.fresh(), choose: (grid) => this.choose(grid), say: (sentence) => this.say(sentence) });
    replace(room.body, this.bar, this.note, this.card.element, this.list.element, this.checks.element, this.grids.element);
    this.stops.push(room.onChange(() => this.changed()), room.map.onPress(({ lon, lat }) => this.press(lon, lat)), room.map.onMenu(({ lon, lat }) => this.pick(lon, lat)), room.map.onKey((key) => this.key(key), (focused) => this.aim(focused)));
    this.drawBar();
    this.changed();
  }

  readonly stop = (): void => {
    for (const stop of this.stops.splice(0)) stop();
    this.cutting.stop();
    this.hud.stop();
    this.room.paint(null, NO_GRID, null);
    this.room.choose(NO_GRID);
    byId("map-cross").hidden = true;
  };

  // Choosing

  private choose(grid: number): void {
    this.chose = true;
    this.picking = false;
    this.target = { grid, fresh: null };
    this.list.clear();
    this.aimTool();
    this.changed();
  }

  /** Begin a grid: of the blocks that are chosen, else with the first that is painted. */
  private begin(): void {
    const chosen = this.list.chosen;
    if (chosen.length) return this.list.move(NO_GRID, true);
    this.chose = true;
    this.picking = false;
    this.target = { grid: newNumber(), fresh: this.fresh() };
    if (this.tool === "choose") this.tool = "brush";
    this.drawBar();
    this.aimTool();
    this.changed();
    if (onPhone()) this.room.resize("strip");
    this.say(t("Paint the blocks of the new grid."));
  }

  /** A new grid of the community that one is at; its name is one that no other has. */
  private fresh(): PlannedGrid {
    const plan = this.room.drawn();
    const { communities } = this.room.ground();
    const community = plan.grids.get(this.target.grid)?.community ?? communities[0]?.id ?? 0;
    const names = new Set([...plan.grids.values()].map(({ name }) => name));
    let count = 1;
    while (names.has(t("New grid {n}", { n: String(count) }))) count += 1;
    return { name: t("New grid {n}", { n: String(count) }), name_en: "", kind: "base", locked: false, community, grid: null, code: null };
  }

  private press(lon: number, lat: number): boolean {
    const block = this.room.blocks.shapes.at(lon, lat);
    if (this.picking) {
      this.choose(block < 0 ? this.target.grid : (this.room.drawn().of[block] ?? NO_GRID));
      return true;
    }
    if (this.tool !== "choose") return true; // the brush has dealt with it
    if (block < 0) return true;
    const grid = this.room.drawn().of[block] ?? NO_GRID;
    if (grid !== this.target.grid || this.target.fresh) this.choose(grid);
    else this.list.toggle(this.room.ground().blocks.id[block] ?? 0);
    return true;
  }

  /** A long press or right click while one paints: go on with the grid that is there. */
  private pick(lon: number, lat: number): boolean {
    if (this.tool === "choose") return false;
    this.room.blocks.dropStroke();
    const block = this.room.blocks.shapes.at(lon, lat);
    if (block >= 0) this.choose(this.room.drawn().of[block] ?? NO_GRID);
    return true;
  }

  private pickNext(): void {
    this.picking = !this.picking;
    this.aimTool();
    this.count(this.room.drawn());
  }

  private zoom(grid: number): void {
    const { id } = this.room.ground().blocks;
    this.room.zoomTo(blocksOf(this.room.drawn(), grid).map((block) => id[block] ?? 0));
  }

  // Painting

  private readonly painter: Painter = {
    over: (blocks) => this.over(blocks),
    end: (kept) => this.end(kept),
  };

  private over(blocks: readonly number[]): readonly number[] {
    const before = this.working ?? this.room.drawn();
    this.before ??= before;
    this.working = this.paint(before, blocks);
    if (this.working === before) return [];
    const after = this.working;
    this.count(after);
    return blocks.filter((block) => before.of[block] !== after.of[block]);
  }

  /** The plan with these blocks in the grid that is chosen, and the reason of those that stay told. */
  private paint(plan: Plan, blocks: readonly number[]): Plan {
    const { grid, fresh } = this.target;
    let begun = plan;
    if (fresh && !plan.grids.has(grid)) {
      const first = blocks.find((block) => barred(plan, block, NO_GRID) === null);
      if (first === undefined) return this.refuse(plan, blocks);
      begun = create(plan, grid, { ...fresh, community: plan.ground.blocks.community[first] ?? 0 });
    }
    const painted = paint(begun, blocks, grid);
    if (painted === begun) return this.refuse(plan, blocks);
    return painted;
  }

  private refuse(plan: Plan, blocks: readonly number[]): Plan {
    if (!blocks.length && this.tool === "lasso") this.say(t("No block has its middle in this loop."));
    const reason = blocks.map((block) => barred(plan, block, this.target.grid)).find((one) => one !== null);
    if (reason) this.say(reason);
    return plan;
  }

  private end(kept: boolean): void {
    const { working, before } = this;
    this.working = this.before = null;
    if (working && before && kept && working !== before) this.commit(before, working);
    else this.count(this.room.drawn());
  }

  private commit(before: Plan, plan: Plan): void {
    const { grid, fresh } = this.target;
    const edit = difference(before, swept(plan));
    const count = Object.keys(edit.blocks).length;
    const name = gridName(plan, grid);
    if (fresh && plan.grids.has(grid)) this.target = { grid, fresh: null };
    this.room.apply(edit, tn("{n} block into {name}", "{n} blocks into {name}", count, { name }));
    this.say(tn("{n} block into {name}: {households}", "{n} blocks into {name}: {households}", count, { name, households: tn("{n} household", "{n} households", this.counted.get(grid)?.households ?? 0) }));
  }

  // Keyboard on the map

  private key(key: string): boolean {
    if (this.tool === "choose" || this.picking || (key !== "Enter" && key !== " ")) {
      if (key !== "Enter") return false;
      const { lon, lat } = this.room.map.look();
      return this.press(lon, lat);
    }
    const block = this.room.blocks.middle();
    if (block < 0 || this.room.plan().may.edit !== true) return true;
    this.over([block]);
    this.end(true);
    return true;
  }

  /** While the keyboard moves the map, its middle is what is meant. */
  private aim(focused: boolean): void {
    byId("map-cross").hidden = !focused;
  }

  // Showing

  private changed(): void {
    const { grid, fresh } = this.target;
    const plan = this.room.drawn();
    if (String(this.room.plan().may.edit) !== this.may) this.mayChanged();
    if (grid !== NO_GRID && !fresh && !plan.grids.has(grid)) this.target = { grid: NO_GRID, fresh: null };
    this.room.choose(this.target.grid);
    this.list.show(this.target);
    this.count(plan);
  }

  /** It was handed in, or sent back: nobody goes on painting what cannot be kept. */
  private mayChanged(): void {
    if (this.room.plan().may.edit !== true) this.tool = "choose";
    this.picking = false;
    this.drawBar();
    this.aimTool();
  }

  /** Count a plan, also one under a stroke. */
  private count(plan: Plan): void {
    const counted = (this.counted = tallies(plan));
    this.card.show(plan, counted, this.target);
    this.grids.show(plan, counted, this.target.grid);
    this.checks.show(plan, counted);
    this.hud.show(plan, counted, this.target, this.tool !== "choose", this.picking);
  }

  /** Say it, also where the note is out of sight, unless it is shown elsewhere. */
  private say(sentence: string, shown = false): void {
    this.note.textContent = sentence;
    this.hud.say(sentence);
    if (!shown && this.tool === "choose" && !this.noteSeen()) toast(sentence, { kind: "info" });
  }

  /** Whether the note is not scrolled out of the panel. */
  private noteSeen(): boolean {
    const [note, frame] = [this.note.getBoundingClientRect(), this.room.body.closest(".panel-body")?.getBoundingClientRect()];
    return !frame || (note.bottom > frame.top + TABS && note.top < frame.bottom);
  }

  private drawBar(): void {
    const may = this.room.plan().may.edit;
    this.may = String(may);
    const tools: [ToolName, string, string][] = [["choose", "pointer", t("Choose")], ["brush", "brush", t("Brush")], ["lasso", "lasso", t("Lasso")]];
    const segment = (group: string, value: string, on: boolean, inner: (Node | string)[], choose: () => void, disabled = false): HTMLElement =>
      h("label", { class: "segment", "data-tool": value }, h("input", { class: "unseen", type: "radio", name: group, value, checked: on, disabled, on: { change: choose } }), inner);
    replace(
      this.bar,
      h("fieldset", {}, h("legend", { class: "unseen" }, t("Tool")), h("div", { class: "segments" }, tools.map(([tool, symbol, label]) => segment("plan-tool", tool, this.tool === tool, [icon(symbol, 20), label], () => this.take(tool), tool !== "choose" && may !== true)))),
      this.tool === "brush"
        ? h("fieldset", {}, h("legend", { class: "unseen" }, t("Width of the brush")), h("div", { class: "segments segments-low" }, WIDTHS.map(({ reach, label }) => segment("plan-reach", String(reach), this.reach === reach, [label()], () => ((this.reach = reach), this.aimTool())))))
        : null,
      may === true ? h("p", { class: "quiet small" }, this.hint()) : h("p", { class: "plan-reason" }, icon("info", 16), h("span", {}, may)),
    );
  }

  private hint(): string {
    return {
      choose: () => t("Press a grid on the map or below to choose it; press its blocks to choose them."),
      brush: () => t("Drag over blocks: they go into the chosen grid. A right click or long press chooses the grid there; two fingers move the map."),
      lasso: () => t("Draw a loop around blocks: they go into the chosen grid. A right click or long press chooses the grid there."),
    }[this.tool]();
  }

  private take(tool: ToolName): void {
    this.tool = tool;
    this.picking = false;
    if (tool !== "choose" && !this.chose) this.chooseNearest();
    this.drawBar();
    this.bar.querySelector<HTMLElement>("input:checked")?.focus();
    this.aimTool();
    this.changed();
    if (onPhone()) this.room.resize(tool === "choose" ? "half" : "strip");
  }

  /** Paint into the grid in the middle of what is seen where none is chosen. */
  private chooseNearest(): void {
    const block = this.room.blocks.nearest(this.room.map.seen());
    const grid = block < 0 ? NO_GRID : (this.room.drawn().of[block] ?? NO_GRID);
    if (grid !== NO_GRID) this.target = { grid, fresh: null };
    this.list.clear();
  }

  /** Let the pointer do what the tool says; nothing while something else is drawn on the map. */
  private aimTool(paused = false): void {
    const tools: Record<ToolName, Tool> = { choose: null, brush: { kind: "brush", reach: this.reach }, lasso: { kind: "lasso" } };
    const free = this.room.plan().may.edit === true && this.tool !== "choose" && !this.picking && !paused;
    this.room.paint(free ? tools[this.tool] : null, this.target.grid, free ? this.painter : null);
  }
}
