// What a person chooses of a response zone: which way round, how, within how many minutes, from which places.
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { STATION_KINDS, stationWord } from "../words.js";
import { DIRECTIONS, MINUTES, MODES, MODE_WORDS, MOST_MINUTES, MOST_PLACES, readMinutes, type Question } from "./zoneQuestion.js";
import { tintOf } from "./zoneStyle.js";

const DIRECTION_WORDS = { toward: () => t("Who reaches this place"), out: () => t("What is reached from here") };

type Change = (part: Partial<Question>) => void;

/** Which way round: toward the places, or out from them. */
export function directionSwitch(question: Question, change: Change): HTMLElement {
  const choice = (direction: Question["direction"]): HTMLElement => {
    const input = h("input", { type: "radio", name: "zone-direction", value: direction, checked: direction === question.direction, class: "unseen" });
    input.addEventListener("change", () => change({ direction }));
    return h("label", { class: "segment" }, input, h("span", {}, DIRECTION_WORDS[direction]()));
  };
  return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("Which way round")), DIRECTIONS.map(choice));
}

/** How help travels. */
export function modeSwitch(question: Question, change: Change): HTMLElement {
  const choice = (mode: Question["mode"]): HTMLElement => {
    const input = h("input", { type: "radio", name: "zone-mode", value: mode, checked: mode === question.mode, class: "unseen" });
    input.addEventListener("change", () => change({ mode }));
    return h("label", { class: "segment" }, input, icon(mode, 22), h("span", {}, MODE_WORDS[mode]()));
  };
  return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("How help travels")), MODES.map(choice));
}

/** Within how many minutes, those that are offered and any others; with the answer in short: the households of each. */
export class MinuteChips {
  private readonly place = h("div", { class: "chips-all" });
  private readonly wrong = h("p", { class: "field-error", role: "alert", id: "zone-own-error" });
  private readonly own = h("input", {
    type: "text", inputmode: "decimal", size: 4, class: "zone-own", "aria-label": t("Other minutes"), placeholder: t("e.g. 2.5"),
    "aria-describedby": "zone-own-error",
  });
  private readonly ownRow: HTMLElement;
  private chosen: number[];
  private counts: ReadonlyMap<number, number> | null = null;
  readonly element: HTMLElement;

  constructor(question: Question, private readonly change: Change) {
    this.chosen = [...question.minutes];
    this.own.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.add();
    });
    this.ownRow = h("div", { class: "zone-own-row" }, this.own, h("button", { class: "icon-button", type: "button", "aria-label": t("Add minutes"), title: t("Add minutes"), on: { click: () => this.add() } }, icon("plus", 18)));
    this.element = h("fieldset", { class: "zone-minutes" }, h("legend", { class: "quiet small" }, t("Households within so many minutes")), this.place, this.wrong);
    this.draw();
  }

  /** Tell the households within each of the minutes; null while they are not known. */
  tell(counts: ReadonlyMap<number, number> | null): void {
    this.counts = counts;
    for (const chip of this.place.querySelectorAll<HTMLElement>(".chip")) {
      const { value, checked } = chip.querySelector("input") as HTMLInputElement;
      replace(chip.querySelector(".chip-count") as HTMLElement, this.count(Number(value), checked));
    }
  }

  private count(minutes: number, chosen: boolean): Child[] {
    const found = this.counts?.get(minutes);
    if (!chosen) return ["–"];
    return found === undefined ? ["…"] : [number(found), h("span", { class: "unseen" }, ` ${t("Households")}`)];
  }

  private choose(minutes: readonly number[]): void {
    this.chosen = [...minutes].sort((one, other) => one - other);
    this.change({ minutes: this.chosen });
    this.draw();
  }

  private chip(minutes: number): HTMLElement {
    const { chosen } = this;
    const box = h("input", { type: "checkbox", value: minutes, checked: chosen.includes(minutes), class: "unseen" });
    box.addEventListener("change", () => {
      if (!box.checked && this.chosen.length === 1) box.checked = true; // one has to stay
      else this.choose(box.checked ? [...this.chosen, minutes] : this.chosen.filter((one) => one !== minutes));
      this.place.querySelector<HTMLInputElement>(`input[value="${minutes}"]`)?.focus();
    });
    const time = h("span", { class: "chip-time" }, h("i", { class: "swatch" }), t("{n} min", { n: number(minutes, 2) }));
    return h("label", { class: "chip", style: tintOf(minutes) }, box, time, h("b", { class: "chip-count" }, this.count(minutes, box.checked)));
  }

  private draw(): void {
    const shown = [...new Set([...MINUTES, ...this.chosen])].sort((one, other) => one - other);
    replace(this.place, shown.map((minutes) => this.chip(minutes)), this.ownRow);
  }

  private add(): void {
    const { chosen, own } = this;
    const read = readMinutes(own.value);
    const sentence = typeof read === "string" ? read : chosen.length >= MOST_MINUTES ? t("At most {n} at once.", { n: MOST_MINUTES }) : null;
    replace(this.wrong, sentence);
    if (sentence !== null || typeof read === "string") return own.focus();
    own.value = "";
    if (!chosen.includes(read)) this.choose([...chosen, read]);
  }
}

export interface OriginOptions {
  change: Change;
  /** Let the person press another place. */
  add: () => void;
  /** Let the person press one place in the stead of all. */
  instead: () => void;
  look: (index: number) => void;
}

/** The places that the zone is of, and the kind of station that joins them. */
export function originList(question: Question, { change, add, instead, look }: OriginOptions): HTMLElement {
  const { places, kind } = question;
  const without = (index: number): void => change({ places: places.filter((_, at) => at !== index) });
  const last = places.length + (kind ? 1 : 0) === 1;
  const place = (_: unknown, index: number): Child =>
    h(
      "li",
      { class: "origin" },
      h("button", { class: "linky", type: "button", on: { click: () => look(index) } }, icon("pin", 16), t("Place {n}", { n: index + 1 })),
      last
        ? null
        : h("button", { class: "icon-button", type: "button", "aria-label": t("Leave out place {n}", { n: index + 1 }), on: { click: () => without(index) } }, icon("close", 16)),
    );
  const kinds = h("select", { "aria-label": t("All stations of a kind"), class: "zone-kind" }, h("option", { value: "" }, t("Stations: none")));
  for (const one of STATION_KINDS) kinds.append(h("option", { value: one, selected: one === kind }, t("All: {kind}", { kind: stationWord(one) })));
  kinds.addEventListener("change", () => {
    if (!kinds.value && !places.length) {
      kinds.value = kind ?? "";
      return instead();
    }
    change({ kind: kinds.value || null });
  });
  return h(
    "div",
    { class: "zone-origins" },
    places.length > 1 || (kind && places.length) ? h("ul", { class: "origins" }, places.map(place)) : null,
    h(
      "div",
      { class: "act-row" },
      h("button", { class: "button", type: "button", on: { click: instead } }, icon("pin", 18), t("Another place")),
      places.length < MOST_PLACES
        ? h("button", { class: "button", type: "button", "data-zone": "add", on: { click: add } }, icon("plus", 18), t("Add a place"))
        : null,
      kinds,
    ),
  );
}
