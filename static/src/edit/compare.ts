// The tab "Compare": the plan against today's grids or another plan, on the map and in numbers, and what would follow.
import { api, sentenceOf } from "../api.js";
import { byId, debounce, h, replace } from "../dom.js";
import { nameOf, t, tn } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { ghost, part, trouble } from "../panels/parts.js";
import { alike, heirs, movedBlocks, sideOf, todayOf, type Side } from "./answers.js";
import { consequenceList, downloads } from "./consequences.js";
import type { Consequences, GridFate, Moving } from "./consequenceTypes.js";
import type { PlanDoc, PlanHead, PlannedGrid } from "./plan.js";
import { registerTab, type PlanRoom } from "./room.js";
import { scoreTable, type Scores } from "./scores.js";
import { startSwipe } from "./swipe.js";

type View = "plan" | "before" | "swipe";

const NO_SIDE: Side = { of: new Map(), grids: new Map() };
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

registerTab({ id: "compare", icon: "compare", label: () => t("Compare"), order: 3, start: (room) => new CompareTab(room).stop });

class CompareTab {
  private over = false;
  private view: View = "plan";
  /** The other plan; null: today's grids, or what was before a plan that has come into force. */
  private other: PlanDoc | null = null;
  private wanted = "";
  private former: Pick<PlanDoc, "blocks" | "grids"> | null = null;
  /** What is compared with, under the numbers that its grids have here. */
  private before: Side = NO_SIDE;
  private version = -1;
  private moved: number[] = [];
  private found: Consequences | null = null;
  private endSwipe: (() => void) | null = null;
  private readonly hatch: Overlay;
  private readonly choice = h("div", {});
  private readonly views = h("div", {});
  private readonly told = h("p", { class: "quiet", role: "status" });
  private readonly scores = h("div", {});
  private readonly result = h("div", {});
  private readonly files = h("div", {});
  private readonly endings: (() => void)[];

  constructor(private readonly room: PlanRoom) {
    const { map } = room;
    this.hatch = map.addOverlay("plan-moved", NOTHING, [
      { type: "fill", paint: { "fill-pattern": "hatch", "fill-opacity": 0.7 } },
      { type: "line", paint: { "line-color": "#17202d", "line-width": 1.2, "line-opacity": 0.8 }, night: { "line-color": "#ffffff" } },
    ]);
    const changed = debounce(700, () => this.changed());
    this.endings = [
      room.onChange(changed), map.onPress((at) => this.press(at)),
      map.onKey((key) => key === "Enter" && this.press(map.look()), (focused) => (byId("map-cross").hidden = !focused)), () => this.hatch.remove(),
    ];
    replace(room.body, h("div", { class: "stack plan-part" }, this.choice, this.views, this.told, this.scores, this.result, this.files));
    void this.offer();
    void this.choose("");
  }

  readonly stop = (): void => {
    this.over = true;
    this.endSwipe?.();
    for (const end of this.endings) end();
    byId("map-cross").hidden = true;
  };

  /** What it can be compared with: today, or another plan of the same area. */
  private async offer(): Promise<void> {
    const { id, area } = this.room.plan();
    const { plans } = await api.get<{ plans: PlanHead[] }>("/plans").catch(() => ({ plans: [] }));
    if (this.over) return;
    const others = plans.filter((plan) => plan.id !== id && plan.area.id === area.id);
    const select = h("select", { id: "compare-with" }, h("option", { value: "" }, this.past ? t("What was before it") : t("Today's grids")), others.map((plan) => h("option", { value: plan.id }, plan.name)));
    select.addEventListener("change", () => void this.choose(select.value));
    replace(this.choice, h("div", { class: "field" }, h("label", { for: "compare-with" }, t("Compare with")), select));
  }

  private async choose(id: string): Promise<void> {
    this.wanted = id;
    try {
      const other = id ? await api.get<PlanDoc>(`/plans/${id}`) : null;
      if (id !== this.wanted) return; // another was chosen meanwhile
      this.other = other;
      if (this.past) this.former ??= await api.get<Pick<PlanDoc, "blocks" | "grids">>(`/plans/${this.room.plan().id}/before`);
      if (this.over) return;
      this.draw();
      await this.load();
    } catch (error) {
      if (!this.over && id === this.wanted) replace(this.result, trouble(sentenceOf(error), () => void this.choose(id)));
    }
  }

  private side(): Side {
    const other = this.other ?? (this.past ? this.former : null);
    if (other) return sideOf(other);
    const { today } = this.room.ground();
    return { ...sideOf({ blocks: {}, grids: today }), of: todayOf(this.room.ground()) };
  }

  private changed(): void {
    if (this.over) return;
    this.draw();
    if (this.room.plan().version !== this.version) void this.load();
  }

  // The map

  private draw(): void {
    const { room } = this;
    const [before, after] = [this.side(), sideOf(room.plan())];
    const heirOf = heirs(room.ground(), before.of, after.of);
    this.before = alike(before, after, heirOf);
    this.moved = movedBlocks(before.of, after.of, heirOf);
    const moved = new Set(this.moved);
    this.hatch.set({ type: "FeatureCollection", features: room.ground().shapes.features.filter(({ id }) => moved.has(Number(id))) });
    this.tell();
    this.drawViews();
    this.paint();
  }

  /** It has come into force: what was before it is seen beside it. */
  private get past(): boolean {
    return this.room.plan().state === "in_force" && !this.other;
  }

  private tell(): void {
    const { blocks } = this.room.ground();
    const moved = new Set(this.moved);
    const households = blocks.id.reduce((sum, block, at) => sum + (moved.has(block) ? (blocks.households[at] ?? 0) : 0), 0);
    this.told.textContent = moved.size
      ? tn("Hatched: {n} block with {households} is in another grid.", "Hatched: {n} blocks with {households} are in another grid.", moved.size, { households: tn("{n} household", "{n} households", households) })
      : t("Every block is in the same grid.");
  }

  private beforeWord(): string {
    return this.other ? this.other.name : this.past ? t("Before it") : t("Today");
  }

  private drawViews(): void {
    const { room } = this;
    const choice = (view: View, word: string): HTMLElement => {
      const input = h("input", { type: "radio", name: "compare-view", value: view, class: "unseen" });
      input.checked = this.view === view;
      input.addEventListener("change", () => {
        this.view = view;
        room.uncover();
        this.paint();
      });
      return h("label", { class: "segment" }, input, h("span", {}, word));
    };
    const inside = this.views.contains(document.activeElement);
    replace(this.views, h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("What the map shows")),
      choice("before", this.beforeWord()), choice("plan", t("The plan")), choice("swipe", t("Swipe"))));
    if (inside) this.views.querySelector<HTMLElement>("input:checked")?.focus();
  }

  private paint(): void {
    const { room, view } = this;
    this.endSwipe?.();
    this.endSwipe = null;
    if (view === "plan") room.colours(null);
    else if (view === "before") room.colours(this.before.of, this.before.grids);
    else this.endSwipe = startSwipe(room.map, room.halve(this.before.of, this.before.grids), [this.beforeWord(), t("The plan")]);
  }

  /** Say of a block that is pressed where it was and where it would be. */
  private press(at: { lon: number; lat: number }): boolean {
    const { room } = this;
    const place = room.blocks.shapes.at(at.lon, at.lat);
    const block = room.ground().blocks.id[place];
    if (block === undefined) {
      room.highlight([]);
      this.tell();
      return true;
    }
    room.highlight([block]);
    const { blocks, grids } = room.plan();
    const [from, to] = [this.before.grids.get(this.before.of.get(block) ?? -1), grids[blocks[block] ?? -1]];
    const households = room.ground().blocks.households[place] ?? 0;
    const values = { from: nameOr(from), to: nameOr(to) };
    this.told.textContent = this.moved.includes(block)
      ? tn("{n} household here: from {from} to {to}.", "{n} households here: from {from} to {to}.", households, values)
      : tn("{n} household here stays in {to}.", "{n} households here stay in {to}.", households, { to: values.to });
    return true;
  }

  // The consequences

  private async load(): Promise<void> {
    if (!this.found) replace(this.result, ghost());
    await this.room.saved(); // the server reckons with what it has
    const { id, version } = this.room.plan();
    this.version = version;
    const other = this.other?.id ?? null;
    this.result.setAttribute("aria-busy", "true");
    try {
      const [found, mine, theirs] = await Promise.all([
        api.get<Consequences>(`/plans/${id}/consequences${other ? `?against=${other}` : ""}`),
        api.get<{ scores: Scores; today: Scores }>(`/plans/${id}/faults`),
        other ? api.get<{ scores: Scores }>(`/plans/${other}/faults`) : null,
      ]);
      if (this.over || other !== (this.other?.id ?? null) || version !== this.version) return;
      this.found = found;
      const columns = [
        { head: this.beforeWord(), scores: theirs ? theirs.scores : mine.today, compared: true },
        { head: t("The plan"), scores: mine.scores, compared: true },
      ];
      replace(this.scores, this.past ? null : part(t("Scores"), "", scoreTable(t("Scores of both"), columns, { moves: false })));
      replace(this.result, consequenceList(found, { building: (row) => this.lookAtBuilding(row), grid: (grid) => this.lookAtGrid(grid) }));
      replace(this.files, downloads(id, other, this.room.plan().state !== "withdrawn"));
    } catch (error) {
      if (!this.over) replace(this.result, trouble(sentenceOf(error), () => void this.load()));
    } finally {
      this.result.removeAttribute("aria-busy");
    }
  }

  private lookAtGrid({ number, fate, name }: GridFate): void {
    const side = fate === "ended" ? this.side() : sideOf(this.room.plan());
    // Of a plan that came into force the list names the grids as they are kept, not by their numbers in the plan.
    const isIt = (own: number): boolean => {
      if (!this.past) return own === number;
      const grid = side.grids.get(own);
      return fate === "ended" ? grid?.name === name : grid?.grid === number;
    };
    const blocks = [...side.of].filter(([, grid]) => isIt(grid)).map(([block]) => block);
    this.room.highlight(blocks);
    if (blocks.length) this.room.zoomTo(blocks);
  }

  private lookAtBuilding({ lon, lat }: Moving): void {
    if (lon !== undefined && lat !== undefined) this.room.map.flyTo({ lon, lat }, 17);
  }
}

function nameOr(grid: PlannedGrid | undefined): string {
  return grid ? nameOf(grid) || (grid.code ?? "") : t("no grid");
}
