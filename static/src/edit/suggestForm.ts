// The question of a suggestion as a form: how much is redone, what is worth how much, what stays as it is.
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import { actButton } from "./parts.js";
import type { PlanRoom } from "./room.js";
import { seedChoice } from "./seedChoice.js";
import { WEIGHTS, type Question, type Site, type Way, type Weight } from "./suggestTypes.js";

const WAYS: Record<Way, { word: () => string; more: () => string; icon: string }> = {
  new: { word: () => t("The whole area anew"), more: () => t("as if nothing had been drawn"), icon: "grid" },
  least: { word: () => t("Least change"), more: () => t("only what it takes to bring grids into the range"), icon: "edit" },
  chosen: { word: () => t("Chosen grids anew"), more: () => t("the others stay as they are"), icon: "check" },
};

const WEIGHT_WORDS: Record<Weight, () => string> = {
  households: () => t("Households in the range"),
  compact: () => t("Compact grids"),
  roads: () => t("No main road, railway or water inside"),
  compounds: () => t("Compounds whole"),
  moved: () => t("Few households change grid"),
};

/** What can be chosen on the map, one kind at a time. */
export type Picked = "grids" | "stay" | "together" | "dedicated";

export interface FormActs {
  /** Choose on the map; null ends it. */
  pick: (what: Picked | null) => void;
  start: () => void;
  changed: () => void;
  /** Other sizes of what becomes dedicated grids are asked for. */
  sized: () => void;
  look: (blocks: readonly number[]) => void;
  light: (blocks: readonly number[]) => void;
}

export interface GridRow {
  number: number;
  name: string;
  households: number;
  kind: "base" | "dedicated";
  fits: boolean;
}

/** The grids of the plan, those out of the range first. */
export function gridRows(room: PlanRoom): GridRow[] {
  const { blocks, grids } = room.plan();
  const { size, blocks: columns } = room.ground();
  const held = new Map<number, number>();
  for (const [index, block] of columns.id.entries()) {
    const grid = blocks[block] ?? -1;
    held.set(grid, (held.get(grid) ?? 0) + (columns.households[index] ?? 0));
  }
  const rows = Object.entries(grids).map(([key, grid]) => {
    const households = held.get(Number(key)) ?? 0;
    const fits = grid.kind === "dedicated" || (households >= size.low && households <= size.high);
    return { number: Number(key), name: nameOf(grid) || grid.code || key, households, kind: grid.kind, fits };
  });
  return rows.sort((one, other) => Number(one.fits) - Number(other.fits) || one.name.localeCompare(other.name, undefined, { numeric: true }));
}

interface Now {
  /** What is being chosen on the map, and the blocks chosen by now. */
  picking: Picked | null;
  picked: readonly number[];
  /** There is an answer already. */
  again: boolean;
  /** What can become dedicated grids. */
  sites: readonly Site[];
}

export function suggestForm(room: PlanRoom, question: Question, { picking, picked, again, sites }: Now, acts: FormActs): HTMLElement {
  const rows = gridRows(room);
  const may = room.plan().may.edit;
  return h(
    "div",
    { class: "stack suggest-form" },
    ways(question, acts),
    question.way === "chosen" ? gridChoice("grids", t("Grids to redo"), rows, question.grids, picking, acts) : null,
    weights(question),
    h(
      "details",
      { class: "siting-more", open: picking !== null && picking !== "grids", "data-locks": "" },
      h("summary", {}, t("What stays as it is"), h("small", {}, locksTold(question))),
      h(
        "div",
        { class: "stack" },
        gridChoice("stay", t("These grids stay"), rows, question.stay, picking, acts),
        groups(room, "together", t("These blocks stay together"), question.together, { picking, picked }, acts),
        groups(room, "dedicated", t("These blocks are a dedicated grid"), question.dedicated, { picking, picked }, acts),
      ),
    ),
    seedChoice(sites, question, acts),
    h("div", { class: "form-foot" }, actButton({ icon: "refresh", label: again ? t("Suggest anew") : t("Suggest"), may: startable(question, may), click: acts.start, main: !again, id: "suggest" })),
  );
}

function startable({ way, grids }: Question, may: true | string): true | string {
  if (may !== true) return may;
  return way !== "chosen" || grids.length > 0 || t("Choose at least one grid to redo.");
}

function locksTold({ stay, together, dedicated }: Question): string {
  const count = stay.length + together.length + dedicated.length;
  return count ? t("{n} chosen", { n: count }) : t("nothing");
}

function ways(question: Question, acts: FormActs): HTMLElement {
  const choice = (way: Way): HTMLElement => {
    const input = h("input", { type: "radio", name: "suggest-way", value: way, class: "unseen" });
    input.checked = question.way === way;
    input.addEventListener("change", () => {
      question.way = way;
      acts.changed();
    });
    return h("label", { class: "suggest-way" }, input, icon(WAYS[way].icon, 22), h("span", {}, WAYS[way].word(), h("small", {}, WAYS[way].more())));
  };
  return h("fieldset", { class: "suggest-ways" }, h("legend", {}, t("How much is redone")), (Object.keys(WAYS) as Way[]).map(choice));
}

function weights({ weights: given }: Question): HTMLElement {
  const slider = (weight: Weight): HTMLElement => {
    const id = `suggest-${weight}`;
    const told = h("output", { for: id }, strength(given[weight]));
    const input = h("input", { type: "range", id, min: 0, max: 5, step: 0.5, value: given[weight], "aria-valuetext": strength(given[weight]) });
    input.addEventListener("input", () => {
      given[weight] = Number(input.value);
      told.textContent = strength(given[weight]);
      input.setAttribute("aria-valuetext", strength(given[weight]));
    });
    return h("div", { class: "suggest-weight" }, h("label", { for: id }, WEIGHT_WORDS[weight]()), told, input);
  };
  return h("details", { class: "siting-more" }, h("summary", {}, t("What counts how much")), h("div", { class: "stack" }, WEIGHTS.map(slider)));
}

function strength(weight: number): string {
  if (weight === 0) return t("not at all");
  return weight === 1 ? t("usual") : t("× {n}", { n: number(weight, 1) });
}

function mapButton(what: Picked, picking: Picked | null, acts: FormActs): HTMLElement {
  const on = picking === what;
  const click = (): void => acts.pick(on ? null : what);
  return h("button", { class: "button", type: "button", "aria-pressed": String(on), "data-pick": what, on: { click } }, icon(on ? "check" : "pin", 18), on ? t("Done") : t("Choose on the map"));
}

/** Grids as boxes, and a way to press them on the map. */
function gridChoice(what: "grids" | "stay", legend: string, rows: readonly GridRow[], chosen: number[], picking: Picked | null, acts: FormActs): HTMLElement {
  const box = (row: GridRow): HTMLElement => {
    const input = h("input", { type: "checkbox", name: `suggest-${what}`, value: row.number });
    input.checked = chosen.includes(row.number);
    input.addEventListener("change", () => {
      toggle(chosen, row.number);
      acts.changed();
    });
    return h("label", { class: "suggest-grid" }, input, h("span", {}, row.name), h("span", { class: row.fits ? "quiet" : "tag tag-warn" }, number(row.households)));
  };
  const misfits = rows.filter(({ fits }) => !fits);
  const takeMisfits = (): void => {
    chosen.splice(0, chosen.length, ...misfits.map(({ number: grid }) => grid));
    acts.changed();
  };
  return h(
    "fieldset",
    { class: "suggest-choice" },
    h("legend", {}, legend, h("small", {}, t("{n} of {all}", { n: chosen.length, all: rows.length }))),
    h("div", { class: "suggest-grids", tabindex: "0", role: "group", "aria-label": legend }, rows.map(box)),
    h(
      "div",
      { class: "button-row" },
      mapButton(what, picking, acts),
      what === "grids" && misfits.length ? h("button", { class: "button", type: "button", on: { click: takeMisfits } }, t("All out of the range")) : null,
    ),
  );
}

/** Groups of blocks that are chosen on the map, or compound by compound. */
function groups(room: PlanRoom, what: "together" | "dedicated", legend: string, all: number[][], { picking, picked }: Pick<Now, "picking" | "picked">, acts: FormActs): HTMLElement {
  const { blocks, compounds } = room.ground();
  const households = (group: readonly number[]): number =>
    blocks.id.reduce((sum, block, index) => sum + (group.includes(block) ? (blocks.households[index] ?? 0) : 0), 0);
  const told = (group: readonly number[]): string => [tn("{n} block", "{n} blocks", group.length), tn("{n} household", "{n} households", households(group))].join(t(", "));
  const item = (group: number[]): HTMLElement => {
    const drop = (): void => {
      all.splice(all.indexOf(group), 1);
      acts.changed();
    };
    return h(
      "li",
      {},
      h("button", { class: "linky", type: "button", on: { click: () => (room.highlight(group), room.zoomTo(group)) } }, told(group)),
      h("button", { class: "icon-button", type: "button", "aria-label": t("Leave out: {what}", { what: told(group) }), title: t("Leave out"), on: { click: drop } }, icon("close", 18)),
    );
  };
  const ofCompound = h("select", { "aria-label": t("{legend}: add a compound", { legend }) }, h("option", { value: "" }, t("Add a compound…")),
    compounds.map((one) => h("option", { value: one.id }, nameOf(one) || String(one.id))));
  ofCompound.addEventListener("change", () => {
    const members = blocks.id.filter((_, index) => blocks.compound[index] === Number(ofCompound.value));
    if (members.length) all.push(members);
    acts.changed();
  });
  return h(
    "fieldset",
    { class: "suggest-choice", "data-groups": what },
    h("legend", {}, legend),
    all.length ? h("ul", { class: "suggest-groups" }, all.map(item)) : null,
    picking === what ? h("p", { class: "quiet", role: "status" }, picked.length ? told(picked) : t("Press blocks on the map; a second press leaves one out.")) : null,
    h("div", { class: "suggest-add" }, mapButton(what, picking, acts), compounds.length ? ofCompound : null),
  );
}

/** Put `value` into `list`, or take it out. */
export function toggle(list: number[], value: number): void {
  const index = list.indexOf(value);
  if (index < 0) list.push(value);
  else list.splice(index, 1);
}

/** Put the form in its place again, with the focus and the open parts where they were. */
export function refill(place: HTMLElement, form: Child): void {
  const { activeElement } = document;
  const key = activeElement instanceof HTMLElement && place.contains(activeElement) ? keyOf(activeElement) : null;
  const open = [...place.querySelectorAll("details")].map((one) => one.open);
  const scrolled = [...place.querySelectorAll(".suggest-grids")].map((one) => one.scrollTop);
  replace(place, form);
  place.querySelectorAll("details").forEach((one, index) => (one.open ||= open[index] ?? false));
  place.querySelectorAll(".suggest-grids").forEach((one, index) => (one.scrollTop = scrolled[index] ?? 0));
  if (key) place.querySelector<HTMLElement>(key)?.focus({ preventScroll: true });
}

function keyOf(element: HTMLElement): string | null {
  if (element instanceof HTMLInputElement && element.name) return `input[name="${element.name}"][value="${element.value}"]`;
  const { pick, planAct } = element.dataset;
  if (pick) return `[data-pick="${pick}"]`;
  return planAct ? `[data-plan-act="${planAct}"]` : null;
}
