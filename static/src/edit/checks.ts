// What is wrong with the plan, each with the way to it. It is drawn anew only when something else is wrong.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import { NO_GRID, type Plan } from "./plan.js";
import type { PlanRoom } from "./room.js";
import { faults, type Fault, type FaultKind, type Tally } from "./tally.js";
import { gridName } from "./words.js";

const MOST = 60; // rows

export class CheckList {
  readonly element = h("section", { class: "plan-checks", "aria-labelledby": "plan-checks-title" });
  private readonly list = h("ul", { class: "check-list" });
  private readonly count = h("small", { role: "status" });
  private drawn = "";
  private waiting = 0;
  private latest: [Plan, ReadonlyMap<number, Tally>] | null = null;

  constructor(private readonly room: PlanRoom, private readonly choose: (grid: number) => void) {
    replace(this.element, h("h3", { id: "plan-checks-title" }, t("Checks"), this.count), this.list);
  }

  /** Check a plan with the next frame: a stroke need not wait for it. */
  show(plan: Plan, counted: ReadonlyMap<number, Tally>): void {
    this.latest = [plan, counted];
    this.waiting ||= window.setTimeout(() => {
      this.waiting = 0;
      if (this.latest) this.draw(...this.latest);
    });
  }

  private draw(plan: Plan, counted: ReadonlyMap<number, Tally>): void {
    const found = faults(plan, counted);
    const key = found.map(({ kind, grid, compound, households, blocks }) => `${kind} ${grid} ${compound} ${households} ${blocks.length} ${grid === null ? "" : gridName(plan, grid)}`).join();
    if (key === this.drawn && this.list.childElementCount) return;
    this.drawn = key;
    const grave = found.filter((one) => one.grave).length;
    this.count.textContent = found.length ? tn("{all} to look at, {n} of them bars the way", "{all} to look at, {n} of them bar the way", grave, { all: found.length }) : "";
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["fault"] : undefined;
    replace(
      this.list,
      found.length ? found.slice(0, MOST).map((one) => h("li", {}, this.row(plan, one))) : h("li", { class: "check-fine" }, icon("check", 18), t("Nothing is wrong with this plan.")),
      found.length > MOST ? h("li", { class: "quiet small" }, t("and {n} more", { n: found.length - MOST })) : null,
    );
    if (focused) this.list.querySelector<HTMLElement>(`[data-fault="${focused}"]`)?.focus();
  }

  private row(plan: Plan, fault: Fault): HTMLElement {
    const click = (): void => {
      if (fault.grid !== null && fault.grid !== NO_GRID) this.choose(fault.grid);
      this.room.highlight(fault.blocks);
      this.room.zoomTo(fault.blocks);
    };
    const { name, more } = told(plan, fault);
    const key = `${fault.kind}-${fault.grid ?? fault.compound ?? 0}-${fault.community}`;
    return h("button", { class: "row check", type: "button", "data-fault": key, "data-grave": String(fault.grave), on: { click } }, icon(SYMBOLS[fault.kind], 18), h("span", {}, name, h("small", {}, more)), icon("right", 14));
  }
}

const SYMBOLS: Readonly<Record<FaultKind, string>> = { unassigned: "warning", empty: "warning", parts: "warning", large: "people", small: "people", compound_cut: "compound" };

function told(plan: Plan, { kind, grid, compound, community, blocks, households }: Fault): { name: string; more: string } {
  const { low, high } = plan.ground.size;
  const of = grid === null ? "" : gridName(plan, grid);
  const place = nameOf(plan.ground.communities.find(({ id }) => id === community) ?? {});
  switch (kind) {
    case "unassigned":
      return { name: tn("{n} block is in no grid", "{n} blocks are in no grid", blocks.length), more: tn("{place}: {n} household", "{place}: {n} households", households, { place }) };
    case "empty":
      return { name: t("{grid} has no block", { grid: of }), more: place };
    case "parts":
      return { name: t("{grid} is in pieces", { grid: of }), more: tn("{n} block cannot be walked to from the rest", "{n} blocks cannot be walked to from the rest", blocks.length) };
    case "large":
      return { name: t("{grid} is too large", { grid: of }), more: tn("{n} household, {over} over {high}", "{n} households, {over} over {high}", households, { over: String(households - high), high: String(high) }) };
    case "small":
      return { name: t("{grid} is too small", { grid: of }), more: tn("{n} household, {under} under {low}", "{n} households, {under} under {low}", households, { under: String(low - households), low: String(low) }) };
    case "compound_cut":
      return { name: t("{compound} is cut", { compound: nameOf(plan.ground.compounds.find(({ id }) => id === compound) ?? {}) || t("A compound") }), more: tn("Its {n} household would fit into one grid", "Its {n} households would fit into one grid", households) };
  }
}
