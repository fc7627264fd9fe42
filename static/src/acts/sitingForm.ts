// The question of a siting as a form: where, how many, among which candidates, for whom.
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, t, tn } from "../i18n.js";
import { part } from "../panels/parts.js";
import { stationWord } from "../words.js";
import { placesOf } from "./sitingList.js";
import type { Known, Past, Question } from "./sitingTypes.js";

export interface ScenarioRow {
  id: string;
  name: string;
}

export type Asked = Question & { places: [number, number][]; names: string[] };

interface Given {
  known: Known;
  scenarios: readonly ScenarioRow[];
  question: Question;
  /** What was pasted last. */
  list: string;
  /** Whether this person knows flags, so that those who need help can come first. */
  flags: boolean;
  ask: (question: Asked, list: string) => void;
  open: (past: Past) => void;
}

const MODES = ["foot", "ebike", "car", "emergency"] as const;
const SOURCES = ["public", "gates", "homes"] as const;
const MODE_WORDS: Record<(typeof MODES)[number], () => string> = {
  foot: () => t("On foot"), ebike: () => t("E-bike"), car: () => t("Car"), emergency: () => t("Emergency"),
};
export const SOURCE_WORDS: Record<string, () => string> = {
  public: () => t("Public buildings, schools, hospitals"),
  gates: () => t("Gates of compounds"),
  homes: () => t("Any building with homes"),
  list: () => t("My own list"),
};

/** The form, and below it the sitings that were asked before. */
export function sitingForm(given: Given): HTMLElement {
  const { question, known } = given;
  const error = h("p", { class: "field-error", role: "alert" });
  const area = h("select", { id: "siting-area" }, known.areas.map((one) => h("option", { value: one.id, selected: one.id === question.area }, indent(one.level) + nameOf(one))));
  const sites = count("siting-sites", question.sites, 1, 200);
  const minutes = count("siting-minutes", question.minutes, 0.25, 60, "any");
  const moves = count("siting-moves", question.moves, 0, 200);
  const list = h("textarea", { id: "siting-list", rows: 4, spellcheck: false, placeholder: "118.7781, 32.0438, 东门" });
  list.value = given.list;
  const file = h("input", { type: "file", id: "siting-file", accept: ".csv,.txt,text/csv,text/plain", class: "unseen" });
  file.addEventListener("change", () => void file.files?.[0]?.text().then((text) => (list.value = text)));
  const scenario = h("select", { id: "siting-scenario" }, h("option", { value: "" }, t("As things are")), given.scenarios.map((one) => h("option", { value: one.id, selected: one.id === question.scenario }, one.name)));
  const form = h(
    "form",
    { class: "stack siting-form", novalidate: true },
    field("siting-area", t("In which area"), area),
    h("div", { class: "siting-pair" }, field("siting-sites", t("New sites"), sites), field("siting-minutes", t("Within minutes"), minutes)),
    modes(question.mode),
    boxes("source", t("Where they may stand"), SOURCES.map((one) => [one, SOURCE_WORDS[one]?.() ?? one]), question.sources),
    h(
      "details",
      { class: "siting-more", open: given.list !== "" },
      h("summary", {}, t("My own list of places")),
      h("div", { class: "field" }, h("label", { for: "siting-list" }, t("A row each: longitude, latitude, name (WGS 84)")), list),
      h("label", { class: "button", for: "siting-file" }, icon("list", 20), t("Read a file"), file),
    ),
    h(
      "details",
      { class: "siting-more", open: question.moves > 0 },
      h("summary", {}, t("Stations that stand already")),
      h("p", { class: "quiet" }, t("Whom they reach in time counts as covered.")),
      boxes("kind", t("Kinds that count"), Object.entries(known.stations).map(([kind, n]) => [kind, `${stationWord(kind)} (${n})`]), question.kinds),
      field("siting-moves", t("How many of them may move"), moves),
    ),
    given.flags ? weights(question.weight) : null,
    given.scenarios.length ? field("siting-scenario", t("On the ground of a scenario"), scenario) : null,
    error,
    h("div", { class: "form-foot" }, h("button", { class: "button button-main button-wide", type: "submit" }, icon("siting"), t("Find the best sites"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = (name: string): string[] => [...form.querySelectorAll<HTMLInputElement>(`input[name=${name}]:checked`)].map(({ value }) => value);
    try {
      const own = placesOf(list.value);
      const asked: Asked = {
        area: Number(area.value), sites: Number(sites.value), minutes: Number(minutes.value), moves: Number(moves.value || 0),
        mode: values("siting-mode")[0] ?? "foot", weight: values("siting-weight")[0] ?? "households",
        sources: values("source"), kinds: values("kind"), scenario: scenario.value || null, ...own,
      };
      if (!asked.sources.length && !own.places.length) throw new Error(t("Choose where the new sites may stand, or bring a list."));
      error.replaceChildren();
      given.ask(asked, list.value);
    } catch (wrong) {
      error.replaceChildren(icon("warning", 18), wrong instanceof Error ? wrong.message : String(wrong));
    }
  });
  return h("div", { class: "stack" }, form, past(given));
}

function indent(level: string): string {
  return { district: "", subdistrict: "\u2003", community: "\u2003\u2003" }[level] ?? "";
}

function count(id: string, value: number, min: number, max: number, step = "1"): HTMLInputElement {
  return h("input", { id, type: "number", value, min, max, step, inputmode: "decimal" });
}

function field(id: string, label: string, input: Child): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: id }, label), input);
}

function modes(chosen: string): HTMLElement {
  const choice = (mode: (typeof MODES)[number]): HTMLElement =>
    h("label", { class: "segment" }, h("input", { type: "radio", name: "siting-mode", value: mode, checked: mode === chosen, class: "unseen" }), icon(mode, 22), h("span", {}, MODE_WORDS[mode]()));
  return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("How help travels")), MODES.map(choice));
}

function boxes(name: string, legend: string, values: readonly (readonly [string, string])[], chosen: readonly string[]): HTMLElement {
  const box = ([value, word]: readonly [string, string]): HTMLElement =>
    h("label", { class: "siting-box" }, h("input", { type: "checkbox", name, value, checked: chosen.includes(value) }), word);
  return h("fieldset", { class: values.length > 4 ? "siting-boxes siting-columns" : "siting-boxes" }, h("legend", {}, legend), values.map(box));
}

function weights(chosen: string): HTMLElement {
  const choice = (value: string, word: string): HTMLElement =>
    h("label", { class: "siting-box" }, h("input", { type: "radio", name: "siting-weight", value, checked: value === chosen }), word);
  return h(
    "fieldset",
    { class: "siting-boxes" },
    h("legend", {}, t("Who counts")),
    choice("households", t("Every household alike")),
    choice("vulnerable", t("Those who need help first")),
  );
}

function past({ known, open }: Given): HTMLElement | null {
  if (!known.sitings.length) return null;
  const row = (one: Past): HTMLElement =>
    h(
      "li",
      {},
      h(
        "button",
        { class: "row", type: "button", on: { click: () => open(one) } },
        h("span", {}, tn("{n} site, {m} min · {area}", "{n} sites, {m} min · {area}", one.count, { m: one.minutes, area: nameOf(one.area) }), h("small", {}, `${moment(one.made_at)} · ${one.made_by}`)),
        h("span", { class: "more" }, one.proven ? icon("check", 18) : null),
      ),
    );
  return part(t("Asked before"), "", h("ol", { class: "arrivals siting-past" }, known.sitings.slice(0, 12).map(row)));
}
