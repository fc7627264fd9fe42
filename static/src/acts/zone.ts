// Response zone: what is reached from places within so many minutes along the roads, or who reaches them; who lives
// there, who arrives first and how. The address keeps the question (zoneQuestion.ts), so that it can be shared.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { duration, nameOf, number, t, tn } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { boundsOf, ghost, trouble } from "../panels/parts.js";
import { printButton } from "../print.js";
import { toast } from "../toasts.js";
import { stationWord } from "../words.js";
import { communityAt, wallMapAddress } from "./community.js";
import { registerAct, type ActContext } from "./registry.js";
import { Arrivals } from "./zoneArrivals.js";
import { directionSwitch, MinuteChips, modeSwitch, originList } from "./zoneControls.js";
import { addressOf, fromAddress, MINUTES, queryOf, type Question } from "./zoneQuestion.js";
import { assumptions, files, households, type Zone } from "./zoneResult.js";
import { ORIGIN_LAYERS, ROUTE_LAYERS, zoneLayers } from "./zoneStyle.js";
import type { LngLat } from "../types.js";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** What was chosen last, for the next place. */
let last: Pick<Question, "mode" | "minutes" | "direction"> = { mode: "foot", minutes: MINUTES, direction: "out" };

registerAct({
  id: "zone",
  icon: "zone",
  label: () => t("Response zone"),
  short: () => t("Zone"),
  hint: () => t("What is reached within so many minutes, who reaches a place, and who arrives first"),
  available: (me) => me.can.includes("response.see") || t("Your role does not use response zones."),
  place: true,
  subjects: ["station", "building"],
  quiet: true,
  start: (context) => new ZoneAct(context).stop,
});

registerAct({
  id: "first",
  icon: "timer",
  label: () => t("Who reaches it first"),
  available: (me) => me.can.includes("response.see") || t("Your role does not use response zones."),
  hidden: true,
  subjects: ["incident"],
  quiet: true,
  start: (context) => new ZoneAct(context, "toward").stop,
});

class ZoneAct {
  private over = false;
  private asked: AbortController | null = null;
  private question: Question | null = null;
  private shown: { zones: Overlay; origin: Overlay; route: Overlay } | null = null;
  private readonly origins = h("div", {});
  private readonly result = h("div", { class: "stack", "aria-live": "polite" });
  private minutes: MinuteChips | null = null;
  private readonly arrivals: Arrivals;
  private sheet: ReturnType<ActContext["panel"]["open"]> | null = null;

  constructor(private readonly context: ActContext, direction = last.direction) {
    this.arrivals = new Arrivals({
      staff: context.me.can.includes("duty.see"),
      draw: (route, step) => this.draw(route, step ?? null),
      look: (geometry) => fit(context.map, geometry),
      print: () => printButton(context.map),
    });
    const shared = context.place ? null : fromAddress(location.hash);
    if (shared) this.begin(shared, true);
    else if (context.place) this.begin({ ...last, direction, kind: null, places: [context.place] });
    else void this.pick();
  }

  /** Take zones, routes and the panel away. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.asked?.abort();
    this.arrivals.stop();
    for (const overlay of Object.values(this.shown ?? {})) overlay.remove();
    if (location.hash.startsWith("#zone=")) history.replaceState(history.state, "", location.pathname + location.search);
    this.sheet?.close();
  };

  /** Ask for a place: one more, or one instead of all. */
  private async pick(more = false): Promise<void> {
    const at = await this.context.map.pickPoint(t("Press the place that help has to reach, or starts from"));
    if (this.over) return;
    if (!at) {
      if (!this.question) this.context.end();
    } else if (this.question && more) this.change({ places: [...this.question.places, at] });
    else if (this.question) this.change({ places: [at], kind: null });
    else this.begin({ ...last, kind: null, places: [at] });
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
    if (move && question.places[0]) map.flyTo(question.places[0], 15);
    void this.ask();
  }

  private content(question: Question): HTMLElement {
    const change = (part: Partial<Question>): void => this.change(part);
    const share = h("button", { class: "button", type: "button", on: { click: () => void copyAddress() } }, icon("link", 18), t("Copy the link"));
    const map = h("button", { class: "button", type: "button", on: { click: () => void this.hangUp() } }, icon("printer", 18), t("On a wall map"));
    const may = this.context.me.can.includes("wallmap.make");
    this.minutes = new MinuteChips(question, change);
    return h(
      "div",
      { class: "stack zone-panel" },
      this.minutes.element,
      directionSwitch(question, change),
      modeSwitch(question, change),
      this.origins,
      this.result,
      h("div", { class: "act-row" }, share, printButton(this.context.map), may ? map : null),
    );
  }

  private change(part: Partial<Question>): void {
    if (!this.question) return;
    this.question = { ...this.question, ...part };
    const { mode, minutes, direction } = this.question;
    last = { mode, minutes, direction };
    void this.ask();
  }

  /** Download the wall map of the community around the first place, with its zone on it. */
  private async hangUp(): Promise<void> {
    const place = this.question?.places[0];
    if (!this.question || !place) {
      toast(t("A wall map shows the zone of one place. Choose a place first."), { kind: "info" });
      return;
    }
    const { mode, minutes } = this.question;
    try {
      const community = await communityAt(place);
      if (community) location.assign(wallMapAddress(community, [place.lon, place.lat, mode, ...minutes].join(",")));
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private async ask(): Promise<void> {
    const { question } = this;
    if (!question || this.over) return;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.mark(question);
    replace(this.result, ghost());
    this.minutes?.tell(null);
    try {
      const zone = await api.get<Zone>(`/response/zone?${queryOf(question)}`, { signal: asked.signal });
      if (!asked.signal.aborted) this.show(zone, question);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.shown?.zones.set(NOTHING);
      replace(this.result, trouble(sentenceOf(error), () => void this.ask()));
    }
  }

  /** Show where the question starts, on the map, in the list and in the address. */
  private mark(question: Question): void {
    const { places } = question;
    history.replaceState(history.state, "", location.pathname + location.search + addressOf(question));
    const labels = places.length > 1;
    this.shown?.origin.set(points(places.map((place, index) => ({ ...place, label: labels ? String(index + 1) : "" }))));
    this.draw(null, null);
    replace(
      this.origins,
      originList(question, {
        change: (part) => this.change(part),
        add: () => void this.pick(true),
        instead: () => void this.pick(),
        look: (index) => places[index] && this.context.map.flyTo(places[index], 17),
      }),
    );
  }

  private draw(route: GeoJSON.Geometry | null, step: GeoJSON.Geometry | null): void {
    const features: GeoJSON.Feature[] = [];
    if (route) features.push({ type: "Feature", geometry: route, properties: {} });
    if (step) features.push({ type: "Feature", geometry: step, properties: { step: true } });
    this.shown?.route.set({ type: "FeatureCollection", features });
  }

  private show(zone: Zone, question: Question): void {
    const { map, me, flagKinds } = this.context;
    const { places, kind, mode, direction } = question;
    this.shown?.zones.set({ type: "FeatureCollection", features: zone.features });
    if (kind) this.shown?.origin.set(points(zone.origins.map(({ lon, lat }) => ({ lon, lat, label: "" }))));
    this.minutes?.tell(new Map(zone.households.map(({ minutes, count }) => [minutes, count])));
    const alone = places.length === 1 && !kind ? places[0] : undefined;
    const inside = households(zone.households, me.can.includes("households.see") ? flagKinds : null);
    const arrivals = alone ? this.arrivals.element : null;
    replace(
      this.result,
      kind ? h("p", { class: "quiet" }, tn("{n} station: {kind}", "{n} stations together: {kind}", zone.origins_count - places.length, { kind: stationWord(kind) })) : null,
      direction === "toward" ? arrivals : inside,
      direction === "toward" ? inside : arrivals,
      assumptions(zone.assumptions, alone ? zone.origin.offset_m : 0),
      files(zone, queryOf(question), (place) => void this.doors(place, question)),
    );
    if (alone) this.arrivals.ask(alone, mode, direction);
    const widest = zone.features[0];
    if (widest) fit(map, widest.geometry);
  }

  /** The first reached doors as a table. */
  private async doors(place: HTMLElement, question: Question): Promise<void> {
    replace(place, ghost());
    try {
      const { doors, total } = await api.get<{ doors: Door[]; total: number }>(`/response/zone/doors?${queryOf(question)}&${query({ limit: SHOWN })}`);
      replace(place, doorTable(doors, (id) => this.context.select({ kind: "building", id: String(id) })), more(doors.length, total));
    } catch (error) {
      replace(place, trouble(sentenceOf(error), () => void this.doors(place, question)));
    }
  }
}

const SHOWN = 200;

interface Door {
  building_id: number;
  name: string;
  name_en: string;
  address: string;
  entrance: string;
  seconds: number;
  households: number;
  households_inside: number;
}

function doorTable(doors: readonly Door[], look: (building: number) => void): HTMLElement {
  const head = [t("Building"), t("Entrance"), t("Arrival"), t("Households inside")];
  const row = (door: Door): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("button", { class: "linky", type: "button", on: { click: () => look(door.building_id) } }, nameOf(door) || door.address || t("Building"))),
      h("td", {}, door.entrance),
      h("td", {}, duration(door.seconds)),
      h("td", {}, t("{n} of {all}", { n: door.households_inside, all: door.households })),
    );
  const columns = head.map((name) => h("th", { scope: "col" }, name));
  const table = h("table", { class: "zone-table" }, h("thead", {}, h("tr", {}, columns)), h("tbody", {}, doors.map(row)));
  return h("div", { class: "zone-scroll", tabindex: "0", role: "group", "aria-label": t("Table of the reached doors") }, table);
}

function more(shown: number, total: number): HTMLElement | null {
  return shown < total ? h("p", { class: "quiet small" }, t("The first {n} of {all}; the files hold them all.", { n: number(shown), all: number(total) })) : null;
}

function fit(map: ActContext["map"], geometry: GeoJSON.Geometry): void {
  const box = boundsOf(geometry);
  if (box) map.fitBounds(box);
}

function points(places: readonly (LngLat & { label: string })[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: places.map(({ lon, lat, label }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { label } })),
  };
}

async function copyAddress(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("The link is copied. It shows this zone to everybody who may see this area."));
  } catch {
    toast(location.href, { kind: "info", stay: 0 });
  }
}
