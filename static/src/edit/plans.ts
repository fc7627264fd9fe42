// The plans there are, and the form that begins a new one.
import { api, query } from "../api.js";
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, t, tn } from "../i18n.js";
import { empty } from "../panels/parts.js";
import { levelWord } from "../words.js";
import type { Me, Named } from "../types.js";
import type { PlanHead } from "./plan.js";
import { personName, stateTag, stateWord } from "./words.js";

interface Place extends Named {
  level: string;
  parent_id: number | null;
}

/** A plan in the list, with how much is in it. */
export type Listed = PlanHead & { readonly counts?: { blocks?: number; grids?: number; edits?: number } };

/** The plans to go on with, or what this is about where there is none. */
export function planList(plans: readonly Listed[], may: true | string, begin: () => void, open: (plan: PlanHead) => void): HTMLElement {
  const reason = may === true ? null : h("p", { class: "plan-reason", id: "plan-new-reason" }, icon("info", 16), h("span", {}, may));
  return h(
    "div",
    { class: "stack" },
    plans.length
      ? h("ul", { class: "incident-list plan-list" }, plans.map((one) => h("li", {}, row(one, open))))
      : empty("redraw", t("Put blocks into grids with a brush: households, pieces and workers are counted as you paint. Nothing is in force before somebody else has approved it.")),
    h("button", { class: "button button-main button-wide", type: "button", "data-plan": "new", disabled: may !== true, "aria-describedby": reason && "plan-new-reason", on: { click: begin } }, icon("plus"), t("New plan")),
    reason,
  );
}

function row(plan: Listed, open: (plan: PlanHead) => void): HTMLElement {
  const { counts } = plan;
  const size: Child = counts?.grids ? tn("{n} grid", "{n} grids", counts.grids) : null;
  return h(
    "button",
    { class: "row plan-row", type: "button", "data-plan": plan.id, on: { click: () => open(plan) } },
    icon("redraw"),
    h("span", { class: "plan-names" }, plan.name, h("small", {}, [nameOf(plan.area), size].filter(Boolean).join(" · "))),
    h("span", { class: "more" }, h("span", { class: stateTag(plan.state) }, stateWord(plan.state)), h("small", {}, personName(plan.changed_by), " ", moment(plan.changed_at))),
  );
}

/** Asks for what a new plan is; `made` gets its name and area. */
export function newPlanForm(me: Me, places: readonly Place[], first: number | null, made: (name: string, area: number) => void, back: () => void): HTMLElement {
  const name = h("input", { type: "text", id: "plan-name", maxlength: 100, required: true, autocomplete: "off", value: t("Plan of {date}", { date: new Date().toLocaleDateString(document.documentElement.lang) }) });
  const chosen = places.find(({ id }) => id === first) ?? places.find(({ id }) => id === me.area.id) ?? places[0];
  const area = h("select", { id: "plan-area" }, places.map((one) => h("option", { value: one.id, selected: one === chosen }, `${"　".repeat(depth(one))}${nameOf(one)}（${levelWord(one.level)}）`)));
  const submit = (event: Event): void => {
    event.preventDefault();
    made(name.value.trim(), Number(area.value));
  };
  return h(
    "form",
    { class: "stack", on: { submit } },
    h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the plan")), name),
    h("div", { class: "field" }, h("label", { for: area.id }, t("For which area")), area),
    h("p", { class: "quiet small" }, t("The plan begins with today's grids.")),
    h("div", { class: "button-row" }, h("button", { class: "button button-main", type: "submit", "data-plan": "make" }, icon("check"), t("Begin")), h("button", { class: "button", type: "button", on: { click: back } }, t("Cancel"))),
  );
}

function depth({ level }: Place): number {
  return { district: 0, subdistrict: 1, community: 2 }[level] ?? 0;
}

/** The areas that somebody may plan for, each under the one that it is part of. */
export async function plannedPlaces(me: Me): Promise<Place[]> {
  const all: Place[] = [];
  for (let after = 0; ; ) {
    const { features } = await api.get<{ features: { id: number; properties: Omit<Place, "id"> }[] }>(`/areas?${query({ limit: 100, after })}`);
    all.push(...features.map(({ id, properties }) => ({ ...properties, id })));
    const last = features.at(-1)?.id;
    if (features.length < 100 || last === undefined) break;
    after = last;
  }
  const own = new Set([me.area.id, ...me.posts.map(({ area }) => area.id)]);
  const known = new Map(all.map((one) => [one.id, one] as const));
  const within = (one: Place | undefined): boolean => Boolean(one && (own.has(one.id) || within(known.get(one.parent_id ?? 0))));
  const below = (parent: number | null): Place[] => all.filter((one) => one.parent_id === parent && one.level !== "sub_area").flatMap((one) => [one, ...below(one.id)]);
  return below(null).filter(within);
}
