// Who arrives first, or is reached first: stations and staff on duty, each with its way, step by step in words.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { distance, duration, nameOf, t } from "../i18n.js";
import { stationColour } from "../map/palette.js";
import { ghost, part, trouble } from "../panels/parts.js";
import { roleWord, STATION_KINDS, stationWord } from "../words.js";
import type { Direction, Mode } from "./zoneQuestion.js";
import type { LngLat } from "../types.js";

interface Step {
  turn: string;
  text: string;
  metres: number;
  geometry: GeoJSON.Geometry | null;
}

interface Arrival {
  resource: "station" | "staff";
  id: number;
  kind: string;
  name: string;
  name_en: string;
  seconds: number;
  metres: number;
  open_now?: boolean | null;
  position_age?: number;
  route: GeoJSON.Geometry;
  steps: Step[];
}

interface Filter {
  kind: string;
  open: boolean;
  staff: boolean;
}

export interface ArrivalsOptions {
  /** Whether the person may see who is on duty. */
  staff: boolean;
  /** Show a way on the map and, over it, a step of it; null for none. */
  draw: (route: GeoJSON.Geometry | null, step?: GeoJSON.Geometry | null) => void;
  look: (geometry: GeoJSON.Geometry) => void;
  /** A button that puts the panel on paper. */
  print: () => HTMLElement;
}

const SHOWN = 10;
const kept: Filter = { kind: "", open: false, staff: true };

/** The list for one place. It fetches by itself, and again when a filter changes. */
export class Arrivals {
  readonly element: HTMLElement;
  private readonly list = h("div", { "aria-live": "polite" });
  private asked: AbortController | null = null;
  private question: { place: LngLat; mode: Mode; direction: Direction } | null = null;
  private readonly title = h("div", {});

  constructor(private readonly options: ArrivalsOptions) {
    this.element = h("div", { class: "zone-arrivals" }, this.title, this.filters(), this.list);
  }

  /** Show who is first at `place`, or from it. */
  ask(place: LngLat, mode: Mode, direction: Direction): void {
    this.question = { place, mode, direction };
    const title = direction === "toward" ? t("Who arrives first") : t("What is reached first");
    replace(this.title, part(title, t("press to see the way")));
    void this.fetch();
  }

  stop(): void {
    this.asked?.abort();
  }

  private filters(): HTMLElement {
    const kinds = h("select", { "aria-label": t("Kind of station"), "data-filter": "kind" }, h("option", { value: "" }, t("All kinds of stations")));
    for (const kind of STATION_KINDS) kinds.append(h("option", { value: kind, selected: kind === kept.kind }, stationWord(kind)));
    kinds.addEventListener("change", () => this.change({ kind: kinds.value }));
    const box = (name: "open" | "staff", label: string): HTMLElement => {
      const input = h("input", { type: "checkbox", checked: kept[name], "data-filter": name });
      input.addEventListener("change", () => this.change({ [name]: input.checked }));
      return h("label", { class: "check" }, input, label);
    };
    return h("div", { class: "zone-filters" }, kinds, box("open", t("Open now")), this.options.staff ? box("staff", t("Staff on duty")) : null);
  }

  private change(part: Partial<Filter>): void {
    Object.assign(kept, part);
    void this.fetch();
  }

  private async fetch(): Promise<void> {
    if (!this.question) return;
    const { place, mode, direction } = this.question;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.options.draw(null);
    replace(this.list, ghost());
    const filter = { kinds: kept.kind || null, open_now: kept.open ? 1 : null, staff: this.options.staff && kept.staff ? 1 : null };
    try {
      const found = await api.get<{ resources: Arrival[] }>(`/response/nearest?${query({ ...place, mode, direction, limit: SHOWN, steps: 1, ...filter })}`, {
        signal: asked.signal,
      });
      if (!asked.signal.aborted) this.show(found.resources, direction);
    } catch (error) {
      if (!asked.signal.aborted) replace(this.list, trouble(sentenceOf(error), () => void this.fetch()));
    }
  }

  private show(arrivals: readonly Arrival[], direction: Direction): void {
    const none = direction === "toward" ? t("Nobody of these reaches this place within an hour.") : t("None of these is reached within an hour.");
    if (!arrivals.length) return replace(this.list, h("p", { class: "quiet" }, none));
    const { draw, look } = this.options;
    let pinned: Arrival | null = null;
    const rows = arrivals.map((arrival) => {
      const way = h("div", { class: "way" });
      const press = (): void => {
        pinned = pinned === arrival ? null : arrival;
        for (const row of rows) row.mark(row.arrival === pinned);
        draw(pinned?.route ?? null);
        if (pinned) look(pinned.route);
      };
      const peek = (): void => {
        if (!pinned) draw(arrival.route);
      };
      const leave = (): void => {
        if (!pinned) draw(null);
      };
      const button = h(
        "button",
        { class: "row arrival", type: "button", "aria-pressed": "false", on: { click: press, pointerenter: peek, pointerleave: leave, focus: peek, blur: leave } },
        h("span", { class: "mark", style: { background: arrival.resource === "staff" ? "#0f5fb8" : stationColour(arrival.kind) } }, icon(arrival.resource === "staff" ? "user" : arrival.kind, 16)),
        h("span", {}, nameOf(arrival) || stationWord(arrival.kind), h("small", {}, about(arrival))),
        h("span", { class: "more" }, h("b", {}, duration(arrival.seconds)), h("small", {}, distance(arrival.metres))),
      );
      const mark = (on: boolean): void => {
        button.setAttribute("aria-pressed", String(on));
        replace(way, on ? this.steps(arrival) : null);
      };
      return { arrival, mark, element: h("li", {}, button, way) };
    });
    replace(this.list, h("ol", { class: "arrivals" }, rows.map(({ element }) => element)));
  }

  /** The way in words; pressing a step shows where it is. */
  private steps({ route, steps }: Arrival): HTMLElement {
    const { draw, look } = this.options;
    const step = ({ text, geometry, turn }: Step): HTMLElement => {
      const press = (): void => {
        if (!geometry) return;
        draw(route, geometry);
        look(geometry);
      };
      return h("li", { "data-turn": turn }, geometry ? h("button", { class: "step", type: "button", on: { click: press } }, text) : h("span", { class: "step" }, text));
    };
    return h(
      "div",
      { class: "way-steps" },
      h("ol", { class: "steps", "aria-label": t("The way in words") }, steps.map(step)),
      h("p", { class: "quiet small" }, t("To the entrance; the climb to a floor is not in it.")),
      this.options.print(),
    );
  }
}

function about({ resource, kind, open_now: open, position_age: age }: Arrival): string {
  if (resource === "staff") return [roleWord(kind), t("position {age} old", { age: duration(age ?? 0) })].join(" · ");
  const hours = open === true ? t("open now") : open === false ? t("closed now") : "";
  return [stationWord(kind), hours].filter(Boolean).join(" · ");
}
