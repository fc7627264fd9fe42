// All grids as a list: what the map shows, for the keyboard, screen readers and those who like lists. While a stroke goes on
// only the numbers of the rows change.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import { NO_GRID, type Plan } from "./plan.js";
import type { PlanRoom } from "./room.js";
import type { Tally } from "./tally.js";
import { byName } from "./targets.js";

interface Row {
  readonly button: HTMLButtonElement;
  readonly households: HTMLElement;
  readonly wrong: HTMLElement;
  told: string;
}

export class GridList {
  readonly element = h("section", { class: "plan-grids", "aria-labelledby": "plan-grids-title" });
  private readonly list = h("ul", { class: "grid-list" });
  private readonly count = h("small", {});
  private readonly filter = h("select", { id: "plan-community", "aria-label": t("Community") });
  private readonly rows = new Map<number, Row>();
  private drawn = "";
  private community: number | null = null;

  constructor(private readonly room: PlanRoom, private readonly choose: (grid: number) => void) {
    this.filter.addEventListener("change", () => {
      this.community = Number(this.filter.value) || null;
      this.draw(this.room.drawn());
    });
    replace(this.element, h("h3", { id: "plan-grids-title" }, t("Grids"), this.count), this.filter, this.list);
    this.fillFilter();
  }

  show(plan: Plan, counted: ReadonlyMap<number, Tally>, chosen: number): void {
    const key = [...plan.grids].map(([grid, { name, kind, locked, community }]) => `${grid} ${name} ${kind} ${locked} ${community} ${this.room.colourOf(grid)}`).join();
    if (key !== this.drawn) {
      this.drawn = key;
      this.draw(plan);
    }
    let none = 0;
    for (const grid of plan.of) if (grid === NO_GRID) none += 1;
    for (const [grid, row] of this.rows) {
      const pressed = String(grid === chosen);
      if (row.button.getAttribute("aria-pressed") !== pressed) {
        row.button.setAttribute("aria-pressed", pressed);
        if (grid === chosen) this.reveal(row.button);
      }
      this.tell(row, plan, grid, counted.get(grid), none);
    }
  }

  /** Scroll the list, and nothing but the list, to a row. */
  private reveal(row: HTMLElement): void {
    const [list, own] = [this.list.getBoundingClientRect(), row.getBoundingClientRect()];
    if (own.top < list.top || own.bottom > list.bottom) this.list.scrollTop += own.top - list.top - list.height / 2;
  }

  private fillFilter(): void {
    const { communities } = this.room.ground();
    this.filter.hidden = communities.length < 2;
    replace(this.filter, h("option", { value: "0" }, t("All communities")), communities.map((one) => h("option", { value: one.id, selected: one.id === this.community }, nameOf(one))));
  }

  private draw(plan: Plan): void {
    const wanted = byName(plan, this.community);
    this.count.textContent = tn("{n} grid", "{n} grids", wanted.length);
    this.rows.clear();
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["grid"] : undefined;
    replace(
      this.list,
      wanted.map(([grid, { kind, locked, ...names }]) => this.row(grid, nameOf(names), kind === "dedicated", locked)),
      this.row(NO_GRID, t("No grid"), false, false),
    );
    if (focused) this.list.querySelector<HTMLElement>(`[data-grid="${focused}"]`)?.focus();
  }

  private row(grid: number, name: string, dedicated: boolean, locked: boolean): HTMLElement {
    const households = h("b", {});
    const wrong = h("small", { class: "grid-wrong" });
    const on = { click: () => this.choose(grid), keydown: arrows };
    const button = h(
      "button",
      { class: "row grid-row", type: "button", "data-grid": grid, "aria-pressed": "false", on },
      h("i", { class: "plan-swatch", style: { background: this.room.colourOf(grid) } }),
      h("span", { class: "grid-names" }, name, dedicated ? h("small", {}, t("Dedicated grid")) : null, wrong),
      locked ? icon("lock", 16, t("Locked")) : null,
      h("span", { class: "more" }, households),
    );
    this.rows.set(grid, { button, households, wrong, told: "" });
    return h("li", {}, button);
  }

  private tell(row: Row, plan: Plan, grid: number, tally: Tally | undefined, none: number): void {
    const { low, high } = plan.ground.size;
    const base = plan.grids.get(grid)?.kind === "base";
    const { households = 0, parts = 0, forced = 0, blocks = 0 } = tally ?? {};
    const faults = [
      base && households > high ? t("too large") : "",
      base && households < low ? t("too small") : "",
      parts > Math.max(forced, 1) ? t("in {n} pieces", { n: String(parts) }) : "",
    ].filter(Boolean);
    const shown = grid === NO_GRID ? tn("{n} block", "{n} blocks", none) : tn("{n} household", "{n} households", households);
    const told = `${shown} ${faults.join(" ")} ${blocks}`;
    if (told === row.told) return;
    row.told = told;
    row.households.textContent = shown;
    row.wrong.textContent = faults.join(" · ");
  }
}

/** Up and down move between rows. */
function arrows(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...document.querySelectorAll<HTMLElement>(".grid-list .row")];
  all[all.indexOf(event.currentTarget as HTMLElement) + step]?.focus();
  event.preventDefault();
}
