// The chosen grid: its numbers against what they should be, its name, kind and lock, and what can be done with it as a whole.
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import { change, difference, dissolvable, dissolve, merge, neighbours, NO_GRID, type Plan, type PlannedGrid } from "./plan.js";
import type { PlanRoom } from "./room.js";
import type { Tally } from "./tally.js";
import type { Target } from "./targets.js";
import { gridName } from "./words.js";

interface Hooks {
  choose(grid: number): void;
  begin(): void;
  zoom(grid: number): void;
  say(sentence: string): void;
}

type Counted = ReadonlyMap<number, Tally>;

export class GridCard {
  readonly element = h("section", { class: "plan-card", "aria-labelledby": "plan-card-name" });
  private readonly figures = h("div", { class: "plan-figures" });
  private drawn = "";

  constructor(private readonly room: PlanRoom, private readonly hooks: Hooks) {}

  /** Show the grid in `plan`, which may be under a stroke: then only its numbers change. */
  show(plan: Plan, counted: Counted, target: Target): void {
    const grid = target.fresh ?? plan.grids.get(target.grid) ?? null;
    const beside = plan === this.room.drawn() ? partners(plan, target.grid) : null;
    const key = beside && JSON.stringify([target.grid, grid, target.fresh === null, beside, this.room.plan().may.edit, dissolvable(plan, target.grid)]);
    if (key !== null && key !== this.drawn) {
      this.drawn = key;
      this.draw(plan, target, grid, beside ?? []);
    }
    this.count(plan, counted.get(target.grid), grid);
  }

  private count(plan: Plan, tally: Tally | undefined, grid: PlannedGrid | null): void {
    if (!grid) return replace(this.figures);
    const { low, high } = plan.ground.size;
    const { households = 0, blocks = 0, parts = 0, forced = 0, workers = 0 } = tally ?? {};
    const base = grid.kind === "base";
    const fits = !base || (households >= low && households <= high);
    const torn = parts > Math.max(forced, 1);
    const figure = (name: string, value: Child, wrong: boolean): HTMLElement => h("div", { class: "figure", "data-wrong": String(wrong) }, h("b", {}, value), h("span", {}, name));
    replace(
      this.figures,
      h(
        "div",
        { class: "figures plan-numbers" },
        figure(base ? tn("household of {low}–{high}", "households of {low}–{high}", households, { low: String(low), high: String(high) }) : tn("household", "households", households), number(households), !fits),
        figure([tn("block", "blocks", blocks), tn("{n} piece", "{n} pieces", parts)].join(t(", ")), number(blocks), torn),
        figure(tn("worker at {each} each", "workers at {each} each", workers, { each: String(plan.ground.worker) }), number(workers), false),
      ),
      base ? gauge(households, low, high) : null,
    );
  }

  private draw(plan: Plan, { grid: number, fresh }: Target, grid: PlannedGrid | null, beside: readonly number[]): void {
    const may = this.room.plan().may.edit;
    const begin = h("button", { class: "button", type: "button", "data-grid-act": "new", disabled: may !== true, title: may === true ? null : may, on: { click: () => this.hooks.begin() } }, icon("plus", 18), t("New grid"));
    const title = h("h3", { id: "plan-card-name" }, h("i", { class: "plan-swatch", style: { background: this.room.colourOf(number) } }), fresh ? nameOf(fresh) : number === NO_GRID ? t("No grid is chosen") : gridName(plan, number), grid?.locked ? icon("lock", 16, t("Locked")) : null);
    if (!grid || fresh) {
      const told = fresh ? t("It begins with the first block that you paint.") : t("Choose one on the map or in the list. With brush or lasso, blocks are then taken out of their grids.");
      return replace(this.element, title, h("p", { class: "quiet small" }, told), this.figures, h("div", { class: "button-row" }, begin));
    }
    const open = this.element.querySelector("details")?.open ?? false;
    const more = h("details", { class: "plan-more", open }, h("summary", {}, t("Name, kind, lock, merge, dissolve")), this.fields(number, grid, may), this.acts(plan, number, grid, beside, may));
    const zoom = h("button", { class: "button", type: "button", "data-grid-act": "zoom", on: { click: () => this.hooks.zoom(number) } }, icon("search", 18), t("Show"));
    replace(this.element, title, this.figures, h("div", { class: "button-row" }, zoom, begin), more);
  }

  private fields(number: number, grid: PlannedGrid, may: true | string): HTMLElement {
    const name = h("input", { type: "text", id: "grid-name", maxlength: 100, required: true, value: grid.name, autocomplete: "off", disabled: may !== true });
    name.addEventListener("change", () => (name.value.trim() ? this.change(number, { name: name.value.trim() }, t("Name {name}", { name: name.value.trim() })) : (name.value = grid.name)));
    const english = h("input", { type: "text", id: "grid-name-en", maxlength: 100, value: grid.name_en, autocomplete: "off", disabled: may !== true });
    english.addEventListener("change", () => this.change(number, { name_en: english.value.trim() }, t("Name {name}", { name: english.value.trim() })));
    const kind = h("select", { id: "grid-kind", disabled: may !== true }, [["base", t("Base grid")], ["dedicated", t("Dedicated grid")]].map(([value, label]) => h("option", { value, selected: value === grid.kind }, label)));
    kind.addEventListener("change", () => this.change(number, { kind: kind.value as PlannedGrid["kind"] }, t("Kind of {name}", { name: nameOf(grid) })));
    const lock = h("input", { type: "checkbox", class: "switch", id: "grid-lock", checked: grid.locked, disabled: may !== true });
    lock.addEventListener("change", () => this.change(number, { locked: lock.checked }, lock.checked ? t("Lock {name}", { name: nameOf(grid) }) : t("Unlock {name}", { name: nameOf(grid) })));
    return h(
      "div",
      { class: "plan-fields" },
      h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the grid")), name),
      h("div", { class: "field" }, h("label", { for: english.id }, t("English name")), english),
      h("div", { class: "field" }, h("label", { for: kind.id }, t("Kind")), kind),
      h("label", { class: "check plan-lock" }, lock, t("Locked: it stays as it is")),
    );
  }

  private acts(plan: Plan, number: number, grid: PlannedGrid, beside: readonly number[], may: true | string): HTMLElement {
    const whyNoMerge = may !== true ? may : grid.locked ? t("This grid is locked.") : beside.length ? true : t("No other grid of this community that is not locked lies beside it.");
    const whyNoEnd = may !== true ? may : grid.locked ? t("This grid is locked.") : dissolvable(plan, number) ? true : t("Not all of its blocks have a base grid beside them that is not locked.");
    const partner = h("select", { id: "grid-partner", disabled: whyNoMerge !== true, "aria-label": t("Merge with") }, beside.map((other) => h("option", { value: other }, gridName(plan, other))));
    const join = reasoned("join", t("Merge"), whyNoMerge, () => this.merge(number, Number(partner.value)));
    const end = reasoned("trash", t("Dissolve"), whyNoEnd, () => this.dissolve(number));
    return h("div", { class: "plan-grid-acts" }, h("div", { class: "plan-join" }, h("span", {}, t("With")), partner, join.button), join.reason, h("div", { class: "button-row" }, end.button), end.reason);
  }

  private change(number: number, patch: Partial<PlannedGrid>, label: string): void {
    const plan = this.room.drawn();
    this.room.apply(difference(plan, change(plan, number, patch)), label);
  }

  private merge(into: number, other: number): void {
    const plan = this.room.drawn();
    const [name, gone] = [gridName(plan, into), gridName(plan, other)];
    this.room.apply(difference(plan, merge(plan, into, [other])), t("{other} merged into {name}", { other: gone, name }));
    this.hooks.say(t("{other} merged into {name}", { other: gone, name }));
  }

  private dissolve(number: number): void {
    const plan = this.room.drawn();
    const name = gridName(plan, number);
    this.room.apply(difference(plan, dissolve(plan, number)), t("{name} dissolved", { name }));
    this.hooks.say(t("{name} is dissolved: its blocks are with its neighbours.", { name }));
  }
}

/** A button with the reason below it where it cannot be pressed. */
export function reasoned(symbol: string, label: string, may: true | string, act: () => void, kind = ""): { button: HTMLButtonElement; reason: HTMLElement | null } {
  const id = `why-${symbol}`;
  const reason = may === true ? null : h("p", { class: "plan-reason", id }, icon("info", 16), h("span", {}, `${label}${t(": ")}${may}`));
  const button = h("button", { class: `button ${kind}`, type: "button", "data-grid-act": symbol, disabled: may !== true, "aria-describedby": reason && id, on: { click: act } }, icon(symbol, 18), label);
  return { button, reason };
}

/** Households on a scale on which the range is marked. */
function gauge(households: number, low: number, high: number): HTMLElement {
  const most = Math.max(high * 1.6, households);
  const share = (value: number): string => `${((100 * value) / most).toFixed(1)}%`;
  return h(
    "div",
    { class: "gauge", "aria-hidden": "true" },
    h("i", { class: "gauge-band", style: { left: share(low), width: share(high - low) } }),
    h("i", { class: "gauge-value", style: { width: share(households) } }),
  );
}

function partners(plan: Plan, number: number): number[] {
  const own = plan.grids.get(number);
  return neighbours(plan, number).filter((other) => plan.grids.get(other)?.community === own?.community && !plan.grids.get(other)?.locked);
}
