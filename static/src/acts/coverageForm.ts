// The question in the panel: named views as large buttons, and below them kinds, way, minutes and area to change.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import { levelWord, modeWord, STATION_KINDS, stationWord } from "../words.js";
import { questionOf } from "./coverageQuestion.js";
import type { Question, Views } from "./coverageTypes.js";

type Asked = (part: Partial<Question>) => void;

export function coverageForm(views: Views, question: Question, change: Asked): HTMLElement {
  return h("div", { class: "stack coverage-form" }, presets(views, question, change), details(views, question, change));
}

function presets({ presets: all }: Views, question: Question, change: Asked): HTMLElement {
  const choice = (view: Views["presets"][number]): HTMLElement => {
    const input = h("input", { type: "radio", name: "coverage-view", value: view.key, checked: view.key === question.preset, class: "unseen" });
    input.addEventListener("change", () => change(questionOf(view, question.area)));
    return h("label", { class: "coverage-view", title: view.told }, input, icon(view.icon, 22), h("span", {}, view.name));
  };
  const told = all.find(({ key }) => key === question.preset)?.told ?? t("A question of your own.");
  return h(
    "div",
    {},
    h("fieldset", { class: "coverage-views" }, h("legend", { class: "unseen" }, t("Named views")), all.map(choice)),
    h("p", { class: "quiet small coverage-told" }, told),
  );
}

function details(views: Views, question: Question, change: Asked): HTMLElement {
  const own = (part: Partial<Question>): void => change({ preset: null, ...part });
  const summary = tn("{mode}, {minutes} min, {n} kind", "{mode}, {minutes} min, {n} kinds", question.kinds.length, { mode: modeWord(question.mode), minutes: question.minutes });
  return h(
    "details",
    { class: "coverage-details" },
    h("summary", {}, h("span", {}, t("Change the question")), h("small", {}, summary)),
    h(
      "div",
      { class: "stack" },
      kinds(views, question, own),
      modes(views, question, own),
      h("div", { class: "coverage-fields" }, minutes(question, own), area(views, question, change)),
      openNow(question, own),
    ),
  );
}

function kinds({ stations }: Views, question: Question, own: Asked): HTMLElement {
  const boxes = STATION_KINDS.filter((kind) => stations[kind] || question.kinds.includes(kind)).map((kind) => {
    const box = h("input", { type: "checkbox", value: kind, checked: question.kinds.includes(kind), class: "unseen" });
    box.addEventListener("change", () => {
      const rest = question.kinds.filter((one) => one !== kind);
      own({ kinds: box.checked ? [...rest, kind] : rest });
    });
    return h("label", { class: "chip coverage-kind" }, box, icon(kind, 16), h("span", {}, stationWord(kind)), h("b", {}, number(stations[kind] ?? 0)));
  });
  return h("fieldset", { class: "coverage-kinds" }, h("legend", {}, t("Stations that count")), boxes);
}

function modes({ modes: all }: Views, question: Question, own: Asked): HTMLElement {
  const choice = (mode: string): HTMLElement => {
    const input = h("input", { type: "radio", name: "coverage-mode", value: mode, checked: mode === question.mode, class: "unseen" });
    input.addEventListener("change", () => own({ mode }));
    return h("label", { class: "segment" }, input, icon(mode === "emergency" ? "alert" : mode, 22), h("span", {}, modeWord(mode)));
  };
  const style = { "grid-template-columns": `repeat(${all.length}, 1fr)` };
  return h("fieldset", { class: "segments", style }, h("legend", { class: "unseen" }, t("How help travels")), all.map(choice));
}

function minutes(question: Question, own: Asked): HTMLElement {
  const input = h("input", { type: "number", id: "coverage-minutes", min: 0.25, max: 60, step: "any", value: question.minutes, inputmode: "decimal", required: true });
  input.addEventListener("change", () => {
    if (input.reportValidity()) own({ minutes: Number(input.value) });
  });
  return h("div", { class: "field" }, h("label", { for: input.id }, t("Minutes")), input);
}

function area({ areas }: Views, question: Question, change: Asked): HTMLElement {
  const options = areas.map((one) =>
    h("option", { value: one.id, selected: one.id === question.area }, `${levelWord(one.level)} · ${nameOf(one)}`),
  );
  const select = h("select", { id: "coverage-area" }, options);
  select.addEventListener("change", () => change({ area: Number(select.value) }));
  return h("div", { class: "field" }, h("label", { for: select.id }, t("Area")), select);
}

function openNow(question: Question, own: Asked): HTMLElement {
  const box = h("input", { type: "checkbox", id: "coverage-open", checked: question.open });
  box.addEventListener("change", () => own({ open: box.checked }));
  return h("label", { class: "coverage-open", for: box.id }, box, h("span", {}, t("Only stations that are open now")));
}
