// The tab "Levels": grids in groups, and these in groups (三级网格). The server forms them and keeps them with the plan; lines of
// two widths draw them over it, and a table names them.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { part } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { groupsOf, linesOf, staleOf, suggestedCounts, type Group } from "./nesting.js";
import { actButton } from "./parts.js";
import { NO_GRID, type Levels, type PlanDoc, type PlannedGrid } from "./plan.js";
import { registerTab, type PlanRoom } from "./room.js";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const INK = { day: "#17202d", night: "#ffffff" };

type Depth = 1 | 2;

registerTab({ id: "levels", icon: "area", label: () => t("Levels"), order: 2.7, start: (room) => new LevelsTab(room).stop });

class LevelsTab {
  private over = false;
  private busy = false;
  private levels: Levels | null = null;
  /** As the plan had them when it was last read. */
  private told: Levels | null | undefined;
  /** The level in whose colours the map is. */
  private depth: Depth = 1;
  private readonly lines: Overlay;
  private readonly question = h("div", {});
  private readonly result = h("div", { class: "stack" });
  private readonly endings: (() => void)[];

  constructor(private readonly room: PlanRoom) {
    const line = (level: Depth, width: number): { type: "line"; filter: unknown[]; layout: Record<string, unknown>; paint: Record<string, unknown>; night: Record<string, unknown> } => ({
      type: "line", filter: ["==", ["get", "level"], level], layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": INK.day, "line-width": ["interpolate", ["linear"], ["zoom"], 11, width * 0.2, 14, width * 0.65, 16, width, 18, width * 1.4] }, night: { "line-color": INK.night },
    });
    this.lines = room.map.addOverlay("plan-levels", NOTHING, [line(2, 3.2), line(1, 6.5)]);
    this.endings = [room.onChange(() => this.changed()), () => this.lines.remove()];
    this.told = room.plan().levels;
    replace(room.body, h("div", { class: "stack plan-part" }, this.question, this.result));
    void this.load();
  }

  readonly stop = (): void => {
    this.over = true;
    for (const end of this.endings) end();
  };

  private async load(): Promise<void> {
    const found = await api.get<PlanDoc>(`/plans/${this.room.plan().id}`).catch(() => null);
    if (this.over) return;
    this.levels = found?.levels ?? null;
    this.draw();
  }

  /** Another planner has formed the levels anew, or let them go. */
  private changed(): void {
    const { levels } = this.room.plan();
    if (levels !== undefined && levels !== this.told) this.levels = levels;
    this.told = levels;
    this.draw();
  }

  private draw(): void {
    if (this.over) return;
    const { levels, room } = this;
    this.ask();
    const groups = levels ? groupsOf(room.ground(), room.plan(), levels) : null;
    this.lines.set(levels ? linesOf(room.blocks.borders, room.ground(), room.plan(), levels) : NOTHING);
    if (!levels || !groups) {
      room.colours(null);
      return replace(this.result);
    }
    this.colour(levels, groups[this.depth]);
    replace(this.result, this.stale(levels), this.legend(groups), this.table(groups), this.files());
  }

  // The question

  private ask(): void {
    const { levels, room } = this;
    const counts = levels ?? suggestedCounts(room.ground(), room.plan());
    const may = room.plan().may.edit;
    const field = (name: "upper" | "middle", label: string): HTMLElement => {
      const known = this.question.querySelector<HTMLInputElement>(`#levels-${name}`);
      const input = h("input", { type: "number", id: `levels-${name}`, min: 1, max: 3000, step: 1, required: true, inputmode: "numeric", value: known?.value ?? String(counts[name]), disabled: may !== true });
      return h("div", { class: "field" }, h("label", { for: input.id }, label), input);
    };
    const grids = new Set(Object.values(room.plan().blocks).filter((grid) => grid !== NO_GRID)).size;
    const focused = this.question.contains(document.activeElement) ? document.activeElement?.id : "";
    replace(
      this.question,
      part(t("Levels"), t("each made of whole grids of the one below"),
        h("div", { class: "level-counts" }, field("upper", t("Upper level")), field("middle", t("Middle level")), h("div", { class: "field" }, h("span", {}, t("Grids")), h("b", {}, number(grids)))),
        h("div", { class: "button-row level-acts" },
          actButton({ icon: "refresh", label: levels ? t("Form anew") : t("Form levels"), may: this.busy ? t("The levels are being formed…") : may, click: () => void this.form(), main: !levels, id: "form-levels" }),
          levels && may === true ? h("button", { class: "linky", type: "button", "data-plan-act": "drop-levels", on: { click: () => void this.drop() } }, t("Do without levels")) : null)),
    );
    if (focused) this.question.querySelector<HTMLElement>(`#${focused}`)?.focus();
  }

  private async form(): Promise<void> {
    const value = (name: string): number => Number(this.question.querySelector<HTMLInputElement>(`#levels-${name}`)?.value);
    const body = { middle: value("middle"), upper: value("upper") };
    await this.work(async (plan) => {
      if (!(await this.room.saved())) return; // the desk says why
      this.levels = (await api.put<PlanDoc>(`/plans/${plan}/levels`, body)).levels ?? null;
    });
  }

  private async drop(): Promise<void> {
    await this.work(async (plan) => {
      await api.delete(`/plans/${plan}/levels`);
      this.levels = null;
    });
  }

  /** Do something about which the server has to be asked. */
  private async work(act: (plan: string) => Promise<void>): Promise<void> {
    this.busy = true;
    this.ask();
    try {
      await act(this.room.plan().id);
    } catch (error) {
      if (!this.over) toast(sentenceOf(error), { kind: "error" });
    } finally {
      this.busy = false;
      this.draw();
    }
  }

  // The answer

  /** Say that grids have changed since the levels were formed. */
  private stale(levels: Levels): HTMLElement | null {
    const { outside, torn } = staleOf(this.room.drawn(), levels);
    if (!outside && !torn) return null;
    const told = [outside ? tn("{n} grid stands in no level yet.", "{n} grids stand in no level yet.", outside) : "", torn ? tn("{n} grid of the middle level is in pieces.", "{n} grids of the middle level are in pieces.", torn) : ""].filter(Boolean).join(" ");
    return h("p", { class: "level-stale", role: "status", "data-stale": "" }, icon("warning", 18), h("span", {}, t("The grids have changed since the levels were formed."), " ", told));
  }

  private colour(levels: Levels, groups: readonly Group[]): void {
    const { room, depth } = this;
    const named = new Map<number, PlannedGrid>(groups.map((group, at) => [at, { name: group.number, name_en: group.number, kind: "dedicated", locked: false, community: 0, grid: null, code: null }]));
    const place = new Map(groups.map((group, at) => [group.number, at]));
    const of = new Map(Object.entries(room.plan().blocks).map(([block, grid]) => [Number(block), place.get(levels.grids[grid]?.slice(0, depth).join("-") ?? "") ?? NO_GRID]));
    room.colours(of, named);
  }

  private legend(groups: Record<Depth, readonly Group[]>): HTMLElement {
    const choice = (depth: Depth, word: string): HTMLElement => {
      const input = h("input", { type: "radio", name: "level-shown", value: depth, class: "unseen" });
      input.checked = this.depth === depth;
      input.addEventListener("change", () => {
        this.depth = depth;
        this.draw();
        this.result.querySelector<HTMLElement>(`[name=level-shown][value="${depth}"]`)?.focus();
      });
      return h("label", { class: "suggest-way level-way" }, input, h("i", { class: "level-line", "data-level": depth }), h("span", {}, word, h("small", {}, tn("{n} grid, in colours", "{n} grids, in colours", groups[depth].length))));
    };
    return h("fieldset", { class: "suggest-ways" }, h("legend", {}, t("What the map shows")), choice(1, t("Upper level")), choice(2, t("Middle level")));
  }

  private table(groups: Record<Depth, readonly Group[]>): HTMLElement {
    const whole = Math.max(1, groups[1].reduce((sum, { households }) => sum + households, 0));
    const row = (group: Group, depth: Depth): HTMLElement => {
      const look = (): void => (this.room.highlight(group.blocks), this.room.zoomTo(group.blocks));
      return h("tr", { "data-depth": depth },
        h("th", { scope: "row" }, h("span", { class: "level-name" }, h("button", { class: "linky", type: "button", "data-group": group.number, on: { click: look } }, group.number), depth === 1 ? h("small", {}, this.placeOf(group)) : null)),
        h("td", {}, number(group.grids)), h("td", {}, number(group.households)), h("td", {}, t("{n}%", { n: number((100 * group.households) / whole) })));
    };
    const rows = groups[1].flatMap((upper) => [row(upper, 1), ...groups[2].filter(({ number: own }) => own.startsWith(`${upper.number}-`)).map((middle) => row(middle, 2))]);
    const head = h("tr", {}, [t("Number"), t("Grids"), t("Households"), t("Share")].map((word) => h("th", { scope: "col" }, word)));
    return part(t("Grids of the levels"), t("press a number to go there"), h("div", { class: "zone-scroll" }, h("table", { class: "score-table level-table" }, h("thead", {}, head), h("tbody", {}, rows))));
  }

  /** The community of a group, where there are several. */
  private placeOf({ community }: Group): string {
    const { communities } = this.room.ground();
    return communities.length > 1 ? nameOf(communities.find(({ id }) => id === community) ?? {}) : "";
  }

  private files(): HTMLElement {
    const file = (format: string, word: string): HTMLElement =>
      h("a", { class: "button", href: `/api/v1/plans/${this.room.plan().id}/levels/file?format=${format}`, download: "", "data-file": format }, icon("download", 18), word);
    return part(t("Take along"), "", h("div", { class: "act-row" }, file("xlsx", "XLSX"), file("geojson", "GeoJSON"), file("gpkg", "GeoPackage")));
  }
}
