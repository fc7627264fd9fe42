// The map of a day: the grids that were in force on it, where each came from and what became of it. The address keeps the
// day, "#on=2026-03-01". A banner says that it is not today for as long as the map shows another day.
import { api, sentenceOf } from "../api.js";
import { day, isDay, later, today } from "../days.js";
import { byId, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t, tn } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { foldLayers } from "../panels/layers.js";
import { boundsOf, facts, ghost, middleOf, part, trouble } from "../panels/parts.js";
import type { LngLat } from "../types.js";
import { gridWord } from "../words.js";
import { DAY_LAYERS, NAME_LAYERS } from "./datesStyle.js";
import { registerAct, type ActContext } from "./registry.js";

/** A grid that gave households to another on the day on which that began. */
interface Relative {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly households: number;
}

interface GridThen {
  readonly code: string;
  readonly name: string;
  readonly name_en?: string;
  readonly kind: string;
  readonly valid_from: string;
  /** The first day on which it was no more. */
  readonly valid_to: string | null;
  readonly parents: readonly Relative[];
  readonly children: readonly Relative[];
}

type Then = GeoJSON.Feature<GeoJSON.Geometry, GridThen>;

interface Changed {
  readonly date: string;
  /** The id of the plan that changed them; null where they were loaded. */
  readonly plan: string | null;
  /** How many were in force from then on, and how many of them began. */
  readonly grids: number;
  readonly begun: number;
}

/** An approved plan that comes into force on a day ahead. */
interface Coming {
  readonly plan: string;
  readonly name: string;
  readonly date: string;
  /** False where it could not be in force today: then it is not in the map of a day ahead. */
  readonly counted?: boolean;
}

type OfDay = GeoJSON.FeatureCollection<GeoJSON.Geometry, GridThen> & { plans?: readonly Coming[] | null };

const HASH = "#on=";
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const EARLIEST = "1949-10-01";
const LATEST = "2199-12-31";

registerAct({
  id: "dates",
  address: "on",
  icon: "history",
  label: () => t("Grids of another day"),
  hint: () => t("Which grids were in force on a day, and what they came from"),
  available: (me) => me.can.includes("map.see") || t("Your role does not see the map."),
  hidden: true,
  subjects: ["grid"],
  quiet: true,
  start: (context) => new DatesAct(context).stop,
});

class DatesAct {
  private over = false;
  private date = dayOfAddress() ?? today();
  private grids: readonly Then[] = [];
  private days: readonly Changed[] = [];
  private coming: readonly Coming[] = [];
  private chosen: number | null;
  private asked = 0;
  private readonly fills: Overlay;
  private readonly names: Overlay;
  private readonly sheet: ReturnType<ActContext["panel"]["open"]>;
  private readonly banner = h("div", { class: "day-banner", role: "status" });
  private readonly choice = h("div", {});
  private readonly card = h("div", { "aria-live": "polite" });
  private readonly list = h("div", {});
  private readonly endings: (() => void)[];

  constructor(private readonly context: ActContext) {
    const { map, panel, store, subject } = context;
    this.chosen = subject?.kind === "grid" ? Number(subject.id) : null;
    this.fills = map.addOverlay("grids-on", NOTHING, DAY_LAYERS);
    this.names = map.addOverlay("grid-names-on", NOTHING, NAME_LAYERS);
    this.endings = [map.onPress((_at, features) => this.press(features.find(({ layer }) => layer.startsWith("grids-on"))?.id)), store.on(["layers"], () => this.hideToday())];
    if (window.matchMedia("(max-width: 1239px)").matches) this.endings.push(foldLayers());
    byId("stage").append(this.banner);
    const { bbox } = context.me.area;
    const whole = map.holds(bbox);
    this.sheet = panel.open(t("Grids of another day"), h("div", { class: "stack" }, this.choice, this.card, this.list), { icon: "history", onClose: () => context.end() });
    if (whole) map.fitBounds(bbox, { duration: 0 }); // beside the panel, which covers half of a tablet
    this.hideToday();
    void this.loadDays();
    void this.show(this.date);
  }

  /** Take the day away: today's grids are back. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    for (const end of this.endings) end();
    this.fills.remove();
    this.names.remove();
    this.banner.remove();
    this.context.map.restyle({ on: this.context.store.get().layers });
    if (location.hash.startsWith(HASH)) address("");
    this.sheet.close();
  };

  /** Today's grids give way to those of the day, whatever layers are switched meanwhile. */
  private hideToday(): void {
    const { map, store } = this.context;
    map.restyle({ on: new Set([...store.get().layers].filter((layer) => layer !== "grids")) });
  }

  private async show(date: string): Promise<void> {
    this.date = date;
    const asked = ++this.asked;
    address(HASH + date);
    this.sheet.setTitle(t("Grids of another day"), day(date));
    this.tellBanner();
    this.drawChoice();
    this.drawDays();
    try {
      const found = await api.get<OfDay>(`/grids/on/${date}`);
      if (this.over || asked !== this.asked) return;
      this.tellBanner(found.plans);
      this.grids = found.features;
      this.draw();
    } catch (error) {
      if (!this.over && asked === this.asked) replace(this.card, trouble(sentenceOf(error), () => void this.show(date)));
    }
  }

  private draw(): void {
    const { grids, chosen, date } = this;
    const features = grids.map((grid) => ({
      ...grid, properties: { ...grid.properties, chosen: Number(grid.id) === chosen, begun: grid.properties.valid_from === date },
    }));
    this.fills.set({ type: "FeatureCollection", features });
    this.names.set({ type: "FeatureCollection", features: grids.flatMap((grid) => nameOn(grid, middleOf(grid.geometry))) });
    this.drawCard();
  }

  /** Which day it is; of one ahead, what is counted in, where that is known. */
  private tellBanner(plans?: readonly Coming[] | null): void {
    const { date } = this;
    this.banner.hidden = date === today();
    const told = date < today() ? t("The grids of {day}, not today's.", { day: day(date) }) : aheadWords(date, plans);
    replace(this.banner, icon("history"), h("span", {}, told), h("button", { class: "button", type: "button", "data-day": "today", on: { click: () => this.context.end() } }, t("Back to today")));
  }

  // The panel

  private drawChoice(): void {
    const input = h("input", { type: "date", id: "day-of-map", value: this.date, min: EARLIEST, max: LATEST, required: true });
    input.addEventListener("change", () => {
      if (input.value && input.reportValidity()) void this.show(input.value);
    });
    const inside = this.choice.contains(document.activeElement);
    replace(this.choice, h("div", { class: "field" }, h("label", { for: input.id }, t("Date of the map")), input));
    if (inside) input.focus();
  }

  private async loadDays(): Promise<void> {
    replace(this.list, ghost());
    try {
      const { dates, coming } = await api.get<{ dates: Changed[]; coming: Coming[] }>("/grids/dates");
      if (this.over) return;
      this.coming = [...coming].reverse();
      this.days = [...dates].sort((one, other) => other.date.localeCompare(one.date));
      this.drawDays();
    } catch (error) {
      if (!this.over) replace(this.list, trouble(sentenceOf(error), () => void this.loadDays()));
    }
  }

  private drawDays(): void {
    if (!this.days.length) return;
    const row = (date: string, by: string, more: string): HTMLElement =>
      h("li", {}, h("button", { class: "row arrival", type: "button", "aria-pressed": String(date === this.date), "data-day": date, on: { click: () => void this.show(date) } },
        h("span", {}, day(date), h("small", {}, by)), h("span", { class: "more" }, more)));
    const rows = [
      ...this.coming.map(({ date, name }) => row(date, name, t("ahead"))),
      ...this.days.map(({ date, plan, grids, begun }) => row(date, plan ? t("by a plan") : t("as loaded"), t("{n} new of {all}", { n: begun, all: grids }))),
    ];
    const focused = document.activeElement?.getAttribute("data-day");
    replace(this.list, part(t("Days on which grids changed"), "", h("ol", { class: "arrivals" }, rows)));
    if (focused) this.list.querySelector<HTMLElement>(`[data-day="${focused}"]`)?.focus();
  }

  private press(id: string | undefined): boolean {
    this.chosen = id === undefined || Number(id) === this.chosen ? null : Number(id);
    this.draw();
    return true;
  }

  private drawCard(): void {
    const { grids, chosen } = this;
    const grid = grids.find(({ id }) => Number(id) === chosen);
    if (!grid) return replace(this.card, h("p", { class: "quiet" }, grids.length ? this.date > today() ? tn("{n} grid will be in force. Press it to see where it comes from.", "{n} grids will be in force. Press one to see where it comes from.", grids.length) : tn("{n} grid was in force. Press it to see where it came from.", "{n} grids were in force. Press one to see where it came from.", grids.length) : t("No grid was in force on this day.")));
    const { code, name, name_en: english, kind, valid_from: from, valid_to: until, parents, children } = grid.properties;
    replace(this.card, h("section", { class: "day-card", "data-grid": chosen }, h("h3", {}, nameOf({ name, name_en: english }) || code),
      facts([[t("Code"), h("span", { class: "code" }, code)], [t("Kind"), gridWord(kind)], [t("In force from"), day(from)], [t("until the day before"), until && day(until)]]),
      this.relatives(t("Came from"), parents, later(from, -1)), this.relatives(t("Became"), children, until)));
  }

  /** The grids before or after a grid; a press goes to them, on a day on which they were in force. */
  private relatives(title: string, all: readonly Relative[], on: string | null): HTMLElement | null {
    if (!all.length || on === null) return null;
    const row = (one: Relative): HTMLElement => {
      const go = (): void => {
        this.chosen = one.id;
        void this.show(on).then(() => this.goTo(one.id));
      };
      return h("li", {}, h("button", { class: "row", type: "button", "data-relative": one.id, on: { click: go } },
        h("span", {}, nameOf(one) || one.code, nameOf(one) ? h("small", { class: "code" }, one.code) : null),
        h("span", { class: "more" }, tn("{n} household", "{n} households", one.households))));
    };
    return h("div", {}, h("h4", {}, title), h("ul", { class: "plan-rows" }, all.map(row)));
  }

  private goTo(id: number): void {
    const grid = this.grids.find((one) => Number(one.id) === id);
    const box = grid && boundsOf(grid.geometry);
    if (box && !this.over) this.context.map.fitBounds(box, { maxZoom: 16 });
  }
}

/** A day ahead: which plans are counted in; nothing is known of plans that one does not see. */
function aheadWords(date: string, plans?: readonly Coming[] | null): string {
  if (plans === undefined) return t("{day} lies ahead.", { day: day(date) });
  if (plans === null) return t("{day} lies ahead: plans that come into force until then are not in it.", { day: day(date) });
  const named = (counted: boolean): string => plans.filter((plan) => plan.counted === counted).map(({ name, date: from }) => t("“{name}” from {day}", { name, day: day(from) })).join(t(", "));
  const [within, without] = [named(true), named(false)];
  return [
    within ? t("{day} lies ahead. Counted in: {plans}.", { day: day(date), plans: within }) : without ? t("{day} lies ahead.", { day: day(date) }) : t("{day} lies ahead: no approved plan changes anything until then.", { day: day(date) }),
    without ? t("Not counted in, for it cannot be in force as it is: {plans}.", { plans: without }) : "",
  ].filter(Boolean).join(" ");
}

function nameOn({ properties }: Then, at: LngLat | null): GeoJSON.Feature[] {
  if (!at) return [];
  return [{ type: "Feature", properties: { label: nameOf(properties) || properties.code, code: properties.code }, geometry: { type: "Point", coordinates: [at.lon, at.lat] } }];
}

function dayOfAddress(): string | null {
  const given = location.hash.startsWith(HASH) ? location.hash.slice(HASH.length) : "";
  return isDay(given) ? given : null;
}

function address(hash: string): void {
  history.replaceState(history.state, "", location.pathname + location.search + hash);
}
