// The blocks of the chosen grid as a list: each can be chosen, moved into another grid, split, merged with others.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import type { Cutting } from "./cut.js";
import { reasoned } from "./gridCard.js";
import { barred, blocksOf, create, difference, newNumber, NO_GRID, paint, swept, type Plan, type PlannedGrid } from "./plan.js";
import type { PlanRoom } from "./room.js";
import { byName, type Target } from "./targets.js";
import { gridName } from "./words.js";

const NEW = -2; // the choice "a new grid"
const MOST = 200; // rows

interface Hooks {
  fresh(): PlannedGrid;
  choose(grid: number): void;
  say(sentence: string): void;
}

export class BlockList {
  readonly element = h("section", { class: "plan-blocks" });
  private readonly summary = h("summary", {});
  private readonly details = h("details", { class: "plan-more" });
  private readonly list = h("ul", { class: "block-list" });
  private readonly foot = h("div", { class: "block-acts" });
  private readonly marked = new Set<number>();
  private target: Target = { grid: NO_GRID, fresh: null };
  private drawn = "";
  private wanted = NO_GRID;

  constructor(private readonly room: PlanRoom, private readonly cutting: Cutting, private readonly hooks: Hooks) {
    this.details.addEventListener("toggle", () => this.show(this.target));
  }

  /** The ids of the blocks that are chosen. */
  get chosen(): readonly number[] {
    return [...this.marked];
  }

  clear(): void {
    this.marked.clear();
    this.room.highlight([]);
  }

  toggle(block: number): void {
    this.details.open = true;
    if (!this.marked.delete(block)) this.marked.add(block);
    this.drawn = "";
    this.show(this.target);
    this.room.highlight(this.chosen);
    this.list.querySelector(`[data-block="${block}"]`)?.scrollIntoView({ block: "nearest" });
  }

  show(target: Target): void {
    this.target = target;
    const plan = this.room.drawn();
    const { id } = this.room.ground().blocks;
    const blocks = target.fresh ? [] : blocksOf(plan, target.grid);
    const own = new Set(blocks.map((block) => id[block] ?? 0));
    for (const block of this.chosen) if (!own.has(block)) this.marked.delete(block);
    const key = JSON.stringify([this.details.open, target.grid, [...own], this.chosen, [...plan.grids].map(([grid, { name, locked }]) => [grid, name, locked]), this.room.plan().may.edit]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.draw(plan, blocks);
  }

  private draw(plan: Plan, blocks: readonly number[]): void {
    if (!blocks.length) return replace(this.element);
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
    const name = gridName(plan, this.target.grid);
    const rows = this.details.open ? blocks : []; // nobody sees them under a stroke
    replace(this.list, rows.slice(0, MOST).map((block) => h("li", {}, this.row(block))), rows.length > MOST ? h("li", { class: "quiet small" }, t("and {n} more", { n: rows.length - MOST })) : null);
    if (this.details.open) this.drawFoot(plan);
    const chosen = this.marked.size ? t("{n} chosen", { n: String(this.marked.size) }) : tn("{n} block", "{n} blocks", blocks.length);
    replace(this.summary, t("Blocks of {name}", { name }), h("small", {}, chosen));
    replace(this.details, this.summary, this.list, this.foot);
    replace(this.element, this.details);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  private row(place: number): HTMLElement {
    const { id, households, buildings, compound } = this.room.ground().blocks;
    const block = id[place] ?? 0;
    const estate = this.room.ground().compounds.find((one) => one.id === compound[place]);
    const check = h("input", { type: "checkbox", id: `block-${block}`, "data-block": block, checked: this.marked.has(block) });
    check.addEventListener("change", () => this.toggle(block));
    check.addEventListener("focus", () => this.room.highlight([...this.chosen, block]));
    check.addEventListener("blur", () => this.room.highlight(this.chosen));
    const zoom = (): void => {
      this.room.zoomTo([block]);
      this.room.highlight([...this.chosen, block]);
    };
    const label = t("Block {id}", { id: String(block) });
    return h(
      "div",
      { class: "block-row" },
      h("label", { class: "check", for: check.id }, check, h("span", {}, estate ? nameOf(estate) : label, h("small", {}, [estate ? label : "", tn("{n} household", "{n} households", households[place] ?? 0), tn("{n} building", "{n} buildings", buildings[place] ?? 0)].filter(Boolean).join(" · ")))),
      h("button", { class: "icon-button", type: "button", "aria-label": t("Show {name}", { name: label }), title: t("Show {name}", { name: label }), on: { click: zoom } }, icon("locate", 18)),
    );
  }

  private drawFoot(plan: Plan): void {
    const may = this.room.plan().may.edit;
    const places = this.chosen.flatMap((block) => this.room.ground().place.get(block) ?? []);
    const none = places.length ? null : t("Choose blocks in the list or on the map first.");
    const community = this.room.ground().blocks.community[places[0] ?? 0] ?? 0;
    const whyNot = may !== true ? may : (none ?? places.map((place) => barred(plan, place, NO_GRID)).find((one) => one !== null) ?? true);
    const options = byName(plan, community).filter(([grid, { locked }]) => grid !== this.target.grid && !locked);
    const into = h("select", { id: "block-into", disabled: whyNot !== true, "aria-label": t("Move into") }, [
      ...options.map(([grid, names]) => h("option", { value: grid, selected: grid === this.wanted }, nameOf(names))),
      h("option", { value: NEW, selected: this.wanted === NEW }, t("A new grid")),
      this.target.grid === NO_GRID ? null : h("option", { value: NO_GRID }, t("No grid")),
    ].filter((one) => one !== null));
    into.addEventListener("change", () => (this.wanted = Number(into.value)));
    const move = reasoned("right", t("Move"), whyNot, () => this.move(Number(into.value), Number(into.value) === NEW));
    const split = reasoned("scissors", t("Split"), this.cutting.maySplit(places), () => void this.cutting.split(places[0] ?? 0));
    const join = reasoned("join", t("Merge into one block"), this.cutting.mayMerge(places), () => void this.cutting.merge(places));
    join.button.dataset["gridAct"] = "join-blocks";
    replace(this.foot, h("div", { class: "plan-join" }, h("span", {}, t("Move into")), into, move.button), h("div", { class: "button-row" }, split.button, join.button), none && may === true ? h("p", { class: "plan-reason" }, icon("info", 16), none) : [move.reason, split.reason, join.reason]);
  }

  /** Put the chosen blocks into a grid, or begin one with them. */
  move(grid: number, begins: boolean): void {
    const places = this.chosen.flatMap((block) => this.room.ground().place.get(block) ?? []);
    const before = this.room.drawn();
    const into = begins ? newNumber() : grid;
    const begun = begins ? create(before, into, { ...this.hooks.fresh(), community: before.ground.blocks.community[places[0] ?? 0] ?? 0 }) : before;
    const after = paint(begun, places, into);
    if (after === begun) return this.hooks.say(places.map((place) => barred(before, place, into)).find((one) => one !== null) ?? "");
    const edit = difference(before, swept(after));
    const count = Object.keys(edit.blocks).length;
    const name = gridName(after, into);
    this.clear();
    this.room.apply(edit, tn("{n} block into {name}", "{n} blocks into {name}", count, { name }));
    this.hooks.say(tn("{n} block into {name}", "{n} blocks into {name}", count, { name }));
    if (begins) this.hooks.choose(into);
  }
}
