// The tab "Staff": which posts are vacant and what a worker carries, in the plan and today, on the map and as a list.
import { api, sentenceOf } from "../api.js";
import { debounce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { empty, figures, ghost, part, trouble } from "../panels/parts.js";
import { postWord } from "../words.js";
import { numbersOf, sideOf, todayOf } from "./answers.js";
import type { LngLat } from "../types.js";
import { NO_GRID } from "./plan.js";
import { registerTab, type PlanRoom } from "./room.js";
import { BANDS, bandOf, bandWord, STAFF_LAYERS, STRONG, type GridStaff, type Measure } from "./staffBands.js";

interface Staffing {
  readonly grids: readonly GridStaff[];
  readonly people: readonly { holder: string; roles: readonly string[]; grids: readonly number[]; households: number }[];
  readonly released: readonly { holder: string; role: string; grid: string }[];
  readonly worker: number;
  readonly totals: Readonly<Record<"grids" | "households" | "posts" | "vacant" | "workers" | "needed", number>>;
}

type Side = "plan" | "today";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
let measure: Measure = "load";

registerTab({ id: "staff", icon: "people", label: () => t("Staff"), order: 3.5, start: (room) => new StaffTab(room).stop });

class StaffTab {
  private over = false;
  private side: Side = "plan";
  private asked = 0;
  private found: Staffing | null = null;
  private readonly choices = h("div", { class: "stack" });
  private readonly result = h("div", { class: "stack" });
  private readonly overlay: Overlay;
  private readonly endings: (() => void)[];

  constructor(private readonly room: PlanRoom) {
    this.overlay = room.map.addOverlay("plan-staff", NOTHING, STAFF_LAYERS);
    this.endings = [room.onChange(debounce(600, () => void this.load())), room.map.onPress((at) => this.press(at)), () => this.overlay.remove()];
    replace(room.body, h("div", { class: "stack plan-part" }, this.choices, this.result));
    this.choose();
    replace(this.result, ghost());
    void this.load();
  }

  readonly stop = (): void => {
    this.over = true;
    for (const end of this.endings) end();
  };

  private choose(): void {
    const segments = <T extends string>(name: string, legend: string, now: T, words: readonly (readonly [T, string])[], take: (value: T) => void): HTMLElement =>
      h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, legend), words.map(([value, word]) => {
        const input = h("input", { type: "radio", name, value, class: "unseen" });
        input.checked = value === now;
        input.addEventListener("change", () => take(value));
        return h("label", { class: "segment" }, input, h("span", {}, word));
      }));
    replace(
      this.choices,
      segments<Side>("staff-side", t("Which grids"), this.side, [["plan", t("The plan")], ["today", t("Today")]], (side) => {
        this.side = side;
        void this.load();
      }),
      segments<Measure>("staff-measure", t("What the map shows"), measure, [["load", t("Workload")], ["vacant", t("Vacancies")]], (value) => {
        measure = value;
        this.show();
      }),
    );
  }

  private async load(): Promise<void> {
    if (this.over) return;
    const { room, side } = this;
    const asked = ++this.asked;
    this.result.setAttribute("aria-busy", "true");
    try {
      if (side === "plan") await room.saved();
      const { id, area } = room.plan();
      const found = await api.get<Staffing>(side === "plan" ? `/staffing?plan=${id}` : `/staffing?area=${area.id}`);
      if (this.over || asked !== this.asked) return;
      this.found = found;
      this.show();
    } catch (error) {
      if (!this.over && asked === this.asked) replace(this.result, trouble(sentenceOf(error), () => void this.load()));
    } finally {
      if (asked === this.asked) this.result.removeAttribute("aria-busy");
    }
  }

  /** Go to the grid that is pressed in the list, and outline it; the panel of a building would take the place of this one. */
  private press({ lon, lat }: LngLat): boolean {
    const block = this.room.ground().blocks.id[this.room.blocks.shapes.at(lon, lat)] ?? -1;
    const grid = this.numbers().get(block) ?? NO_GRID;
    this.room.highlight(grid === NO_GRID ? [] : this.members([grid]));
    const row = this.result.querySelector<HTMLElement>(`[data-staffed="${grid}"]`);
    row?.scrollIntoView({ block: "nearest" });
    row?.focus({ preventScroll: true });
    return true;
  }

  private members(grids: readonly number[]): number[] {
    const wanted = new Set(grids);
    return [...this.numbers()].filter(([, grid]) => wanted.has(grid)).map(([block]) => block);
  }

  private numbers(): Map<number, number> {
    return this.side === "plan" ? numbersOf(this.room.plan().blocks) : todayOf(this.room.ground());
  }

  private show(): void {
    const { found, room } = this;
    if (!found || this.over) return;
    const of = this.numbers();
    const bands = new Map(found.grids.map((grid) => [grid.grid, bandOf(grid, measure)] as const));
    const strong = new Set([...bands].filter(([, band]) => band >= STRONG).map(([grid]) => grid));
    if (this.side === "plan") room.colours(null, null, strong);
    else room.colours(of, sideOf({ blocks: {}, grids: room.ground().today }).grids, strong);
    const features = room.ground().shapes.features.map((shape) => ({ ...shape, properties: { band: bands.get(of.get(Number(shape.id)) ?? -1) ?? -1 } }));
    this.overlay.set({ type: "FeatureCollection", features });
    if (!found.grids.length) return replace(this.result, empty("people", t("There is no grid yet.")));
    const { totals } = found;
    const focused = document.activeElement?.getAttribute("data-staffed");
    replace(
      this.result,
      h("div", { class: "staff-figures" }, figures([[t("Vacant posts"), totals.vacant], [t("Posts"), totals.posts], [t("Workers"), totals.workers], [t("Workers needed"), totals.needed]])),
      h("p", { class: "quiet" }, t("One worker is meant to look after {households}; a worker of several grids counts for a share in each.", { households: tn("{n} household", "{n} households", found.worker) })),
      this.legend(bands),
      this.leaving(found),
      this.grids(found, bands),
      this.people(found),
    );
    if (focused) this.result.querySelector<HTMLElement>(`[data-staffed="${focused}"]`)?.focus();
  }

  private legend(bands: ReadonlyMap<number, number>): HTMLElement {
    const counts = BANDS.map((band) => [...bands.values()].filter((one) => one === band).length);
    const row = (band: number): HTMLElement =>
      h("li", {}, h("i", { class: `staff-swatch staff-${band}` }), h("span", {}, bandWord(band, measure)), h("b", {}, number(counts[band] ?? 0)));
    return part(measure === "load" ? t("Households to a worker") : t("Vacant posts of a grid"), t("Grids"), h("ul", { class: "staff-legend" }, BANDS.map(row)));
  }

  private grids(found: Staffing, bands: ReadonlyMap<number, number>): HTMLElement {
    const worst = [...found.grids].filter((grid) => grid.posts.length || grid.households).sort((one, other) =>
      (bands.get(other.grid) ?? 0) - (bands.get(one.grid) ?? 0) || other.households - one.households || one.grid - other.grid);
    const row = (grid: GridStaff): HTMLElement => {
      const vacant = grid.posts.filter(({ holder }) => holder === null).map(({ role }) => postWord(role));
      const words = [
        tn("{n} household", "{n} households", grid.households),
        tn("{have} of {n} worker", "{have} of {n} workers", grid.needed, { have: number(grid.workers, Number.isInteger(grid.workers) ? 0 : 1) }),
        vacant.length ? t("vacant: {posts}", { posts: grouped(vacant) }) : "",
      ];
      return h("li", {}, h(
        "button", { class: "row", type: "button", "data-staffed": grid.grid, on: { click: () => this.look([grid.grid]) } },
        h("i", { class: `staff-swatch staff-${bands.get(grid.grid) ?? 0}` }),
        h("span", {}, nameOf(grid) || grid.code || String(grid.grid), h("small", {}, words.filter(Boolean).join(t(", ")))),
        h("span", { class: "more" }, h("b", {}, measure === "load" ? loadWord(grid) : number(grid.vacant))),
      ));
    };
    return part(t("Grids"), t("worst first"), h("ul", { class: "plan-rows" }, worst.map(row)));
  }

  private people(found: Staffing): HTMLElement | null {
    if (!found.people.length) return null;
    return part(t("One person, several grids"), number(found.people.length), h("ul", { class: "plan-rows" }, found.people.map((one) => h("li", {}, h(
      "button", { class: "row", type: "button", on: { click: () => this.look(one.grids) } }, icon("user", 20),
      h("span", {}, one.holder, h("small", {}, one.roles.map(postWord).join(t(", ")))),
      h("span", { class: "more" }, h("b", {}, tn("{n} grid", "{n} grids", one.grids.length)), h("small", {}, tn("{n} household", "{n} households", one.households))),
    )))));
  }

  private leaving(found: Staffing): HTMLElement | null {
    if (!found.released.length) return null;
    const row = ({ holder, role, grid }: Staffing["released"][number]): HTMLElement =>
      h("li", {}, h("div", { class: "row moving-row" }, icon("warning", 20), h("span", {}, holder, h("small", {}, `${postWord(role)} · ${grid}`))));
    return part(t("Without a grid by this plan"), number(found.released.length), h("ul", { class: "plan-rows" }, found.released.map(row)));
  }

  private look(grids: readonly number[]): void {
    const blocks = this.members(grids);
    this.room.highlight(blocks);
    if (blocks.length) this.room.zoomTo(blocks);
  }
}

function loadWord(grid: GridStaff): string {
  if (grid.load !== null) return number(grid.load, 0);
  return grid.households ? t("nobody") : "–";
}

/** The same words once, with how often they come. */
function grouped(words: readonly string[]): string {
  return [...new Set(words)].map((word) => {
    const times = words.filter((other) => other === word).length;
    return times > 1 ? `${word} × ${times}` : word;
  }).join(t(", "));
}
