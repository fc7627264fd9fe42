// Pieces that the tabs of a plan are made of.
import { h } from "../dom.js";
import { icon } from "../icons.js";

let acts = 0;

interface Act {
  icon: string;
  label: string;
  /** True, or the sentence that says why not: it stands beside the button. */
  may: true | string;
  click: () => void;
  main?: boolean;
  danger?: boolean;
  /** The value of data-act of the button. */
  id: string;
}

/** A button, and beside it why it cannot be pressed. */
export function actButton({ icon: name, label, may, click, main = false, danger = false, id }: Act): HTMLElement {
  const reason = `plan-reason-${++acts}`;
  const kind = main ? "button button-main" : danger ? "button button-danger" : "button";
  const told = may === true ? null : h("p", { class: "plan-reason", id: reason }, icon("info", 16), h("span", {}, may));
  const button = h("button", { class: kind, type: "button", "data-plan-act": id, disabled: may !== true, "aria-describedby": told && reason, on: { click } }, icon(name, 18), label);
  return h("div", { class: "plan-act" }, button, told);
}
