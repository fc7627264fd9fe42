// The chosen grid's numbers on the map while one paints, and what one needs meanwhile: the eye stays where the hand is.
import { byId, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import { NO_GRID, type Plan } from "./plan.js";
import type { PlanRoom } from "./room.js";
import { stepButtons } from "./steps.js";
import type { Tally } from "./tally.js";
import type { Target } from "./targets.js";
import { gridName } from "./words.js";

interface Hooks {
  /** Let the next press choose a grid, or not any more. */
  pick(): void;
  /** Paint no more. */
  done(): void;
}

const STAYS = 6000; // milliseconds that a sentence is read in

export class Hud {
  private readonly told = h("button", { class: "hud-grid", type: "button", "aria-pressed": "false" });
  private readonly said = h("p", { class: "hud-said", "aria-hidden": "true" }); // the note in the panel is read out
  private readonly steps;
  private readonly element: HTMLElement;
  private saying = 0;

  constructor(private readonly room: PlanRoom, hooks: Hooks) {
    this.told.addEventListener("click", () => hooks.pick());
    this.steps = stepButtons(room, "data-map-step");
    const done = h("button", { class: "icon-button hud-done", type: "button", "aria-label": t("Stop painting"), title: t("Stop painting"), on: { click: () => hooks.done() } }, icon("check"));
    this.element = h("div", { class: "plan-hud", role: "group", "aria-label": t("While you paint"), hidden: true }, h("div", { class: "hud-row" }, this.told, this.steps.element, done), this.said);
    byId("stage").append(this.element);
  }

  show(plan: Plan, counted: ReadonlyMap<number, Tally>, { grid, fresh }: Target, painting: boolean, picking: boolean): void {
    this.element.hidden = !painting;
    if (!painting) return;
    this.told.setAttribute("aria-pressed", String(picking));
    const { low, high } = plan.ground.size;
    const { households = 0, parts = 1, forced = 1 } = counted.get(grid) ?? {};
    const base = (fresh ?? plan.grids.get(grid))?.kind === "base";
    const wrong = (base && (households < low || households > high)) || parts > Math.max(forced, 1);
    const pieces = parts > Math.max(forced, 1) ? t("in {n} pieces", { n: String(parts) }) : null;
    const name = fresh && !plan.grids.has(grid) ? nameOf(fresh) : gridName(plan, grid);
    this.told.dataset["wrong"] = String(wrong && grid !== NO_GRID);
    this.told.title = t("Painted into: {name}. Choose another grid on the map", { name });
    if (picking) return replace(this.told, icon("pointer", 18), h("span", { class: "hud-text" }, t("Press the grid to paint into")));
    replace(
      this.told,
      h("i", { class: "plan-swatch", style: { background: this.room.colourOf(grid) } }),
      h(
        "span",
        { class: "hud-text" },
        h("span", { class: "hud-name" }, name),
        grid === NO_GRID ? null : h("b", {}, [tn("{n} household", "{n} households", households), pieces].filter(Boolean).join(" · ")),
      ),
    );
  }

  /** Say what the panel says too, which a phone has moved aside. */
  say(sentence: string): void {
    window.clearTimeout(this.saying);
    this.said.textContent = sentence;
    this.saying = window.setTimeout(() => (this.said.textContent = ""), STAYS);
  }

  stop(): void {
    window.clearTimeout(this.saying);
    this.steps.stop();
    this.element.remove();
  }
}
