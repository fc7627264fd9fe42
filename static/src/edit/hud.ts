// The chosen grid's numbers at the head of the map while one paints: the eye stays where the hand is.
import { byId, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import { NO_GRID, type Plan } from "./plan.js";
import type { PlanRoom } from "./room.js";
import type { Tally } from "./tally.js";
import type { Target } from "./targets.js";
import { gridName } from "./words.js";

export class Hud {
  private readonly told = h("span", { "aria-hidden": "true" });
  private readonly element: HTMLElement;

  constructor(private readonly room: PlanRoom) {
    const step = (symbol: string, label: string, forward: boolean): HTMLElement =>
      h("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click: () => room.travel(forward) } }, icon(symbol));
    this.element = h("div", { class: "plan-hud", role: "group", "aria-label": t("While you paint"), hidden: true }, this.told, step("undo", t("Undo"), false), step("redo", t("Redo"), true));
    byId("stage").append(this.element);
  }

  show(plan: Plan, counted: ReadonlyMap<number, Tally>, { grid, fresh }: Target, painting: boolean): void {
    this.element.hidden = !painting;
    if (!painting) return;
    const { low, high } = plan.ground.size;
    const { households = 0, parts = 1, forced = 1 } = counted.get(grid) ?? {};
    const base = (fresh ?? plan.grids.get(grid))?.kind === "base";
    const wrong = (base && (households < low || households > high)) || parts > Math.max(forced, 1);
    const pieces = parts > Math.max(forced, 1) ? t("in {n} pieces", { n: String(parts) }) : null;
    this.told.dataset["wrong"] = String(wrong && grid !== NO_GRID);
    replace(
      this.told,
      h("i", { class: "plan-swatch", style: { background: this.room.colourOf(grid) } }),
      h(
        "span",
        { class: "hud-text" },
        h("span", { class: "hud-name" }, fresh && !plan.grids.has(grid) ? nameOf(fresh) : gridName(plan, grid)),
        grid === NO_GRID ? null : h("b", {}, [tn("{n} household", "{n} households", households), pieces].filter(Boolean).join(" · ")),
      ),
    );
  }

  stop(): void {
    this.element.remove();
  }
}
