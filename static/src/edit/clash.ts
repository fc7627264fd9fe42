// Others have changed the same blocks: the person chooses whose stand. The other choice is never lost: undo and redo have it.
import { showDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import { NO_GRID, type Plan } from "./plan.js";
import type { Clash } from "./sync.js";

const SHOWN = 6; // rows

/** True where one's own edit is to stand. */
export function askWhose({ mine, by }: Clash, plan: Plan): Promise<boolean> {
  return new Promise((resolve) => {
    let over = false;
    const choice = (label: string, kind: string, value: boolean): HTMLElement =>
      h("button", { class: `button ${kind}`, type: "button", "data-clash": value ? "mine" : "theirs", on: { click: () => ((over = value), close()) } }, icon("check", 18), label);
    const rows = whatDiffers(mine, plan);
    const names = by.join(t(", ")) || t("Somebody else");
    const close = showDialog(
      t("Both of you have changed the same"),
      h(
        "div",
        { class: "stack" },
        h("p", {}, t("{names} was faster. What you both changed:", { names })),
        h("ul", { class: "clash-list" }, rows.slice(0, SHOWN).map((row) => h("li", {}, row)), rows.length > SHOWN ? h("li", {}, t("and {n} more", { n: rows.length - SHOWN })) : null),
        h("p", { class: "quiet" }, t("Everything else of both of you is kept. What gives way here can be had back by redo.")),
        h("div", { class: "button-row" }, choice(t("Leave theirs"), "button-main", false), choice(t("Put mine over it"), "", true)),
      ),
      () => resolve(over),
    );
  });
}

function whatDiffers({ blocks, grids }: Clash["mine"], plan: Plan): string[] {
  const name = (number: number): string => (number === NO_GRID ? t("no grid") : (plan.grids.get(number)?.name ?? grids[number]?.[1]?.name ?? t("a grid that is gone")));
  const pairs = new Map<string, [number, number, number]>();
  for (const [theirs, mine] of Object.values(blocks)) {
    const entry = pairs.get(`${theirs} ${mine}`) ?? [theirs, mine, 0];
    entry[2] += 1;
    pairs.set(`${theirs} ${mine}`, entry);
  }
  return [
    ...[...pairs.values()].map(([theirs, mine, count]) => tn("{n} block: theirs {theirs}, yours {mine}", "{n} blocks: theirs {theirs}, yours {mine}", count, { theirs: name(theirs), mine: name(mine) })),
    ...Object.values(grids).map(([theirs, mine]) => t("The grid {name}: its name, kind or lock", { name: theirs?.name ?? mine?.name ?? "" })),
  ];
}
