// Undo and redo as buttons, in the panel and over the map: each says what it would take back or do again, or why it cannot.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import { toast } from "../toasts.js";
import type { PlanRoom, Stop } from "./room.js";

/** Both buttons, named by an attribute, kept as the plan's history is until `stop`. */
export function stepButtons(room: Pick<PlanRoom, "step" | "travel" | "onSteps">, attribute: "data-step" | "data-map-step"): { element: HTMLElement; stop: Stop } {
  const element = h("div", { class: "plan-steps" });
  const draw = (): void => {
    const focused = element.contains(document.activeElement) ? document.activeElement?.getAttribute(attribute) : null;
    replace(element, button(room, attribute, "undo", t("Undo"), false), button(room, attribute, "redo", t("Redo"), true));
    if (focused) element.querySelector<HTMLElement>(`[${attribute}=${focused}]`)?.focus();
  };
  draw();
  return { element, stop: room.onSteps(draw) };
}

/** Not disabled for the browser, so that it keeps the focus and a finger is told the reason too. */
function button(room: Pick<PlanRoom, "step" | "travel">, attribute: string, symbol: "undo" | "redo", label: string, forward: boolean): HTMLElement {
  const { what, whyNot } = room.step(forward);
  const told = `${label}${t(": ")}${whyNot ?? what}`;
  const press = (): void => {
    if (whyNot === null) room.travel(forward);
    else toast(whyNot, { kind: "info" });
  };
  return h("button", { class: "icon-button", type: "button", [attribute]: symbol, "aria-label": told, title: whyNot ?? told, "aria-disabled": whyNot === null ? null : "true", on: { click: press } }, icon(symbol));
}
