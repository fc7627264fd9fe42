// The fields of a scenario's panel: how help travels, whose cover is counted, and what can be done with a station.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import { STATION_KINDS, stationWord } from "../words.js";
import { placeOf, resetStation, shutStation, type Action, type Content } from "./whatifContent.js";
import type { Known } from "./whatifMap.js";
import { button } from "./whatifPanel.js";
import { MINUTES, MODES, MODE_WORDS, type Mode } from "./zoneQuestion.js";

export interface Asked {
  mode: string;
  kind: string; // of station, whose cover is counted
  within: number; // minutes
}

export function modeChoice(asked: Asked, ask: (change: Partial<Asked>) => void): HTMLElement {
  const choice = (mode: Mode): HTMLElement => {
    const input = h("input", { type: "radio", name: "whatif-mode", value: mode, checked: mode === asked.mode, class: "unseen" });
    input.addEventListener("change", () => ask({ mode }));
    return h("label", { class: "segment" }, input, icon(mode, 22), h("span", {}, MODE_WORDS[mode]()));
  };
  return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("How help travels")), MODES.map(choice));
}

export function coverChoice(asked: Asked, ask: (change: Partial<Asked>) => void): HTMLElement {
  const kind = h("select", { id: "cover-kind" }, STATION_KINDS.map((one) => h("option", { value: one, selected: one === asked.kind }, stationWord(one))));
  kind.addEventListener("change", () => ask({ kind: kind.value }));
  const within = h("select", { id: "cover-within" }, MINUTES.map((one) => h("option", { value: one, selected: one === asked.within }, t("{n} min", { n: one }))));
  within.addEventListener("change", () => ask({ within: Number(within.value) }));
  return h(
    "div",
    { class: "filters" },
    h("div", { class: "field" }, h("label", { for: kind.id }, t("Kind of station")), kind),
    h("div", { class: "field" }, h("label", { for: within.id }, t("Cover within")), within),
  );
}

/** What a person can add to a scenario, each asking for its place on the map. */
export type Tools = Readonly<Record<"station" | "incident" | "flood" | "barrier" | "road", () => Promise<void>>>;

export function toolGrid(tools: Tools): HTMLElement {
  const tool = (id: keyof Tools, symbol: string, word: string): HTMLElement => button("", symbol, word, () => void tools[id](), { "data-tool": id });
  return h(
    "div",
    { class: "tool-grid", role: "group", "aria-label": t("What you can change") },
    tool("station", "plus", t("New station")),
    tool("incident", "alert", t("Incident")),
    tool("flood", "flood", t("Flooded area")),
    tool("barrier", "barrier", t("Barrier")),
    tool("road", "road", t("Close a road")),
  );
}

/** The station that is chosen, and what can be done with it. */
export function stationCard({ id, kind, name }: Known, content: Content, act: (action: Action) => void): HTMLElement {
  const shut = content.shut.includes(id);
  const changed = shut || placeOf(content, id) !== undefined;
  const back = button("", "undo", id < 0 ? t("Remove") : t("As today"), () => act(resetStation(id)), { "data-tool": "reset" });
  const end = button("button-danger", "close", t("Close the station"), () => act(shutStation(id)), { "data-tool": "shut" });
  return h("section", { class: "chosen" }, h("h3", {}, name || stationWord(kind), h("small", {}, stationWord(kind))),
    h("p", { class: "quiet small" }, shut ? t("Closed in this scenario.") : t("Drag it on the map, or move it with the arrow keys.")),
    h("div", { class: "button-row" }, shut || id < 0 ? null : end, changed ? back : null));
}
