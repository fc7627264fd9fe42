// Response zone: what is reached from a place within so many minutes along the roads, who lives there, who arrives first.
// The address keeps it, "#zone=121.47,31.23,foot,1-3-5-10", so that it can be shared.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { boundsOf, ghost, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { communityAt, wallMapAddress } from "./community.js";
import { registerAct, type ActContext } from "./registry.js";
import { zoneResult, type Zone } from "./zoneResult.js";
import { MINUTES, ORIGIN_LAYERS, ROUTE_LAYERS, zoneLayers } from "./zoneStyle.js";
import type { LngLat } from "../types.js";

const MODES = ["foot", "ebike", "car", "emergency"] as const;
type Mode = (typeof MODES)[number];

const MODE_WORDS: Record<Mode, () => string> = {
  foot: () => t("On foot"),
  ebike: () => t("E-bike"),
  car: () => t("Car"),
  emergency: () => t("Emergency"),
};
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

interface Question {
  place: LngLat;
  mode: Mode;
  minutes: readonly number[];
}

let lastMode: Mode = "foot";
let lastMinutes: readonly number[] = MINUTES;

registerAct({
  id: "zone",
  icon: "zone",
  label: () => t("Response zone"),
  short: () => t("Zone"),
  hint: () => t("What is reached within 1, 3, 5 or 10 minutes, and who arrives first"),
  available: (me) => me.can.includes("response.see") || t("Your role does not use response zones."),
  place: true,
  subjects: ["station", "building", "incident"],
  start: (context) => new ZoneAct(context).stop,
});

class ZoneAct {
  private over = false;
  private asked: AbortController | null = null;
  private question: Question | null = null;
  private shown: { zones: Overlay; origin: Overlay; route: Overlay } | null = null;
  private readonly result = h("div", { class: "stack", "aria-live": "polite" });
  private sheet: ReturnType<ActContext["panel"]["open"]> | null = null;

  constructor(private readonly context: ActContext) {
    const shared = context.place ? null : fromAddress(location.hash);
    if (shared) this.begin(shared, true);
    else if (context.place) this.begin({ place: context.place, mode: lastMode, minutes: lastMinutes });
    else void this.pick();
  }

  /** Take zones, routes and the panel away. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.asked?.abort();
    for (const overlay of Object.values(this.shown ?? {})) overlay.remove();
    if (location.hash.startsWith("#zone=")) history.replaceState(history.state, "", location.pathname + location.search);
    this.sheet?.close();
  };

  private async pick(): Promise<void> {
    const at = await this.context.map.pickPoint(t("Press the place that help has to reach, or starts from"));
    if (this.over) return;
    if (at) this.begin({ mode: lastMode, minutes: lastMinutes, ...this.question, place: at });
    else if (!this.question) this.context.end();
  }

  private begin(question: Question, move = false): void {
    const { map, panel, subject } = this.context;
    this.question = question;
    this.shown ??= {
      zones: map.addOverlay("zone", NOTHING, zoneLayers()),
      route: map.addOverlay("zone-route", NOTHING, ROUTE_LAYERS),
      origin: map.addOverlay("zone-origin", NOTHING, ORIGIN_LAYERS),
    };
    this.sheet ??= panel.open(t("Response zone"), this.content(question), {
      icon: "zone",
      ...(subject ? { subtitle: t("from {name}", { name: subject.name }) } : {}),
      onClose: () => this.context.end(),
    });
    if (move) map.flyTo(question.place, 15);
    void this.ask();
  }

  private content({ mode, minutes }: Question): HTMLElement {
    const another = h("button", { class: "button", type: "button", on: { click: () => void this.pick() } }, icon("pin"), t("Another place"));
    const share = h("button", { class: "button", type: "button", on: { click: () => void copyAddress() } }, icon("link"), t("Copy the link"));
    const map = h("button", { class: "button", type: "button", on: { click: () => void this.hangUp() } }, icon("printer"), t("On a wall map"));
    const may = this.context.me.can.includes("wallmap.make");
    return h("div", { class: "stack" }, this.modes(mode), this.chips(minutes), h("div", { class: "act-row" }, another, share, may ? map : null), this.result);
  }

  /** Download the wall map of the community around the place, with this zone on it. */
  private async hangUp(): Promise<void> {
    if (!this.question) return;
    const { place, mode, minutes } = this.question;
    try {
      const community = await communityAt(place);
      if (community) location.assign(wallMapAddress(community, [place.lon, place.lat, mode, ...minutes].join(",")));
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private modes(chosen: Mode): HTMLElement {
    const choice = (mode: Mode): HTMLElement => {
      const input = h("input", { type: "radio", name: "zone-mode", value: mode, checked: mode === chosen, class: "unseen" });
      input.addEventListener("change", () => this.change({ mode: (lastMode = mode) }));
      return h("label", { class: "segment" }, input, icon(mode, 22), h("span", {}, MODE_WORDS[mode]()));
    };
    return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("How help travels")), MODES.map(choice));
  }

  private chips(chosen: readonly number[]): HTMLElement {
    const boxes = MINUTES.map((minutes) => h("input", { type: "checkbox", value: minutes, checked: chosen.includes(minutes), class: "unseen" }));
    const changed = (event: Event): void => {
      const minutes = boxes.filter(({ checked }) => checked).map(({ value }) => Number(value));
      if (minutes.length) this.change({ minutes: (lastMinutes = minutes) });
      else (event.target as HTMLInputElement).checked = true; // one has to stay
    };
    const chip = (box: HTMLInputElement): HTMLElement => {
      box.addEventListener("change", changed);
      return h("label", { class: `chip zone-${box.value}` }, box, h("i", { class: "swatch" }), t("{n} min", { n: Number(box.value) }));
    };
    return h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, t("Within how many minutes")), boxes.map(chip));
  }

  private change(part: Partial<Question>): void {
    if (!this.question) return;
    this.question = { ...this.question, ...part };
    void this.ask();
  }

  private async ask(): Promise<void> {
    const { question } = this;
    if (!question || this.over) return;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.mark(question);
    replace(this.result, ghost());
    const { place, mode, minutes } = question;
    try {
      const zone = await api.get<Zone>(`/response/zone?${query({ ...place, mode, minutes: minutes.join(",") })}`, { signal: asked.signal });
      if (!asked.signal.aborted) this.show(zone);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.shown?.zones.set(NOTHING);
      replace(this.result, trouble(sentenceOf(error), () => void this.ask()));
    }
  }

  /** Show where the question starts, on the map and in the address. */
  private mark({ place, mode, minutes }: Question): void {
    const address = `#zone=${place.lon.toFixed(6)},${place.lat.toFixed(6)},${mode},${minutes.join("-")}`;
    history.replaceState(history.state, "", location.pathname + location.search + address);
    this.shown?.origin.set(point(place.lon, place.lat));
    this.shown?.route.set(NOTHING);
  }

  private show(zone: Zone): void {
    const { map, me, flagKinds } = this.context;
    this.shown?.zones.set({ type: "FeatureCollection", features: zone.features });
    const draw = (line: GeoJSON.Geometry | null): void => {
      this.shown?.route.set(line ? { type: "Feature", geometry: line, properties: {} } : NOTHING);
    };
    replace(this.result, zoneResult(zone, me.can.includes("households.see") ? flagKinds : null, draw, (line) => fit(map, line)));
    const widest = zone.features[0];
    if (widest) fit(map, widest.geometry);
  }
}

function fit(map: ActContext["map"], geometry: GeoJSON.Geometry): void {
  const box = boundsOf(geometry);
  if (box) map.fitBounds(box);
}

function point(lon: number, lat: number): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: {} };
}

/** The question that an address asks; null where it asks none. */
function fromAddress(hash: string): Question | null {
  const match = /^#zone=(-?[\d.]+),(-?[\d.]+),(foot|ebike|car|emergency),([\d-]+)$/.exec(hash);
  if (!match) return null;
  const [lon, lat] = [Number(match[1]), Number(match[2])];
  const minutes = MINUTES.filter((one) => match[4]?.split("-").includes(String(one)));
  if (!Number.isFinite(lon) || !Number.isFinite(lat) || Math.abs(lat) > 85 || Math.abs(lon) > 180 || !minutes.length) return null;
  return { place: { lon, lat }, mode: match[3] as Mode, minutes };
}

async function copyAddress(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("The link is copied. It shows this zone to everybody who may see this area."));
  } catch {
    toast(location.href, { kind: "info", stay: 0 });
  }
}
