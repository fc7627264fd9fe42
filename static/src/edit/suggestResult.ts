// What a suggestion has found so far: alternatives side by side, what nothing can bring into the range, how far it is.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { isOver, type Job } from "../jobs.js";
import { part } from "../panels/parts.js";
import { actButton } from "./parts.js";
import { seedAnswer } from "./seedChoice.js";
import { scoreTable, type Column, type Scores } from "./scores.js";
import type { Alternative, Favour, Impossible, Suggested } from "./suggestTypes.js";

/** How far the search is, with a bar and a way to end it. */
export function progress({ state, progress: share, error }: Job<Suggested>, cancel: () => void): HTMLElement {
  if (state === "failed") return h("p", { class: "field-error", role: "alert" }, icon("warning", 18), error);
  if (isOver({ state })) {
    const told = state === "cancelled" ? t("Stopped. What was found until then is here.") : t("The search is over.");
    return h("p", { class: "quiet", role: "status", "data-suggest": state }, told);
  }
  const doing = state === "running" ? t("Searching… better answers appear as they are found.") : t("Waiting for a free worker…");
  return h(
    "div",
    { class: "stack suggest-progress", "data-suggest": state },
    h("p", { role: "status" }, doing),
    h("div", { class: "suggest-bar" },
      h("progress", { class: "job-bar", max: 1, value: share, "aria-label": t("Share of the search that is done") }),
      h("span", {}, t("{n}%", { n: number(share * 100, 0) }))),
    h("button", { class: "button", type: "button", "data-plan-act": "cancel-suggestion", on: { click: cancel } }, icon("close", 18), t("Cancel")),
  );
}

const FAVOURS: Record<Favour, { word: () => string; full: (n: number) => string }> = {
  even: { word: () => t("balanced"), full: (n) => t("Show suggestion {n} on the map", { n }) },
  roads: { word: () => t("roads"), full: (n) => t("Show suggestion {n} on the map: main roads, railways and water count eight times as much", { n }) },
  compounds: { word: () => t("compounds"), full: (n) => t("Show suggestion {n} on the map: whole compounds count eight times as much", { n }) },
};

interface Told {
  found: Suggested;
  today: Scores | null;
  /** The alternative that the map shows; null for the plan itself. */
  chosen: number | null;
  choose: (index: number | null) => void;
  take: (alternative: Alternative, index: number) => void;
  may: true | string;
  look: (blocks: readonly number[]) => void;
}

/** The alternatives, and the button that takes the one that is shown. */
export function alternatives(told: Told): HTMLElement {
  const { found, chosen, take, may } = told;
  const shown = chosen === null ? undefined : found.alternatives[chosen];
  return h(
    "div",
    { class: "stack" },
    found.alternatives.length ? table(told) : null,
    shown && chosen !== null
      ? actButton({ icon: "check", label: t("Take suggestion {n}", { n: chosen + 1 }), may, click: () => take(shown, chosen), main: true, id: "take" })
      : null,
    seedAnswer(found.seeds ?? [], told.look),
    found.impossible.length ? impossible(found.impossible, told.look) : null,
  );
}

function table({ found, today, chosen, choose }: Told): HTMLElement {
  const head = (index: number | null, word: Child, full: string): HTMLElement =>
    h("button", { class: "score-choice", type: "button", "aria-pressed": String(index === chosen), title: full, "data-alternative": index ?? "plan", on: { click: () => choose(index) } }, word);
  const several = found.alternatives.length > 1;
  const columns: Column[] = found.alternatives.map(({ scores, favours = "even" }, index) => {
    const { word, full } = FAVOURS[favours];
    return { head: head(index, [number(index + 1), several ? h("small", {}, word()) : null], full(index + 1)), scores, compared: true };
  });
  if (today) columns.unshift({ head: head(null, t("Plan"), t("Show the plan as it is")), scores: today, compared: false });
  return part(t("Suggestions"), t("press a number to see it"), h("div", { class: "zone-scroll" }, scoreTable(t("Scores of the suggestions"), columns)));
}

function impossible(all: readonly Impossible[], look: (blocks: readonly number[]) => void): HTMLElement {
  const row = (one: Impossible): HTMLElement =>
    h("li", {}, h("button", { class: "row", type: "button", on: { click: () => look(one.blocks) } }, icon("warning", 18), h("span", {}, one.text)));
  return part(t("What no plan can do"), t("press to go there"), h("ul", { class: "plan-rows" }, all.map(row)));
}
