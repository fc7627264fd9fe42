// Two nets side by side: what they have in common, and on the map where they disagree.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t, tn } from "../i18n.js";
import { paletteOf } from "../map/palette.js";
import type { Overlay } from "../map/view.js";
import { ghost, part, trouble } from "../panels/parts.js";
import type { Crosswalk, Net } from "./legacyTypes.js";
import type { PlanRoom } from "./room.js";

const TODAY = 0;
const MOST_ROWS = 200;
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export class NetComparison {
  readonly element = h("div", {});
  private readonly result = h("div", {});
  private readonly astray: Overlay;
  private readonly lines: Overlay;
  private nets: readonly Net[] = [];
  private one: number | null = null;
  private two = TODAY;
  private asked = 0;

  constructor(private readonly room: PlanRoom) {
    const [day, night] = [paletteOf("day"), paletteOf("night")];
    this.astray = room.map.addOverlay("net-astray", NOTHING, [{ type: "fill", paint: { "fill-pattern": "hatch", "fill-opacity": 0.7 } }]);
    this.lines = room.map.addOverlay("net-borders", NOTHING, [
      { type: "line", layout: { "line-cap": "round" }, paint: { "line-color": day.alarm, "line-width": 4 }, night: { "line-color": night.alarm } },
    ]);
  }

  stop(): void {
    this.asked += 1;
    this.astray.remove();
    this.lines.remove();
  }

  /** Offer these nets; what is compared stays where it can. */
  offer(nets: readonly Net[]): void {
    this.nets = nets;
    const known = (id: number): boolean => id === TODAY || nets.some((net) => net.id === id);
    if (this.one === null || !known(this.one)) this.one = nets[0]?.id ?? null;
    if (!known(this.two) || this.two === this.one) this.two = TODAY;
    this.draw();
  }

  private draw(): void {
    if (this.one === null) {
      this.show(null);
      return replace(this.element);
    }
    const choice = (id: string, label: string, value: number, more: boolean, set: (id: number) => void): HTMLElement => {
      const options = [...(more ? [{ id: TODAY, name: t("Today's grids") }] : []), ...this.nets];
      const select = h("select", { id }, options.map((net) => h("option", { value: net.id, selected: net.id === value }, net.name)));
      select.addEventListener("change", () => (set(Number(select.value)), void this.load()));
      return h("div", { class: "field" }, h("label", { for: id }, label), select);
    };
    const pair = h("div", { class: "net-pair" }, choice("net-one", t("Net"), this.one, false, (id) => (this.one = id)), choice("net-two", t("Beside"), this.two, true, (id) => (this.two = id)));
    replace(this.element, part(t("Where nets disagree"), t("look at the map"), pair, this.result));
    void this.load();
  }

  private async load(): Promise<void> {
    const asked = (this.asked += 1);
    const pair = query({ area_id: this.room.plan().area.id, one: this.one, two: this.two });
    replace(this.result, ghost());
    try {
      const found = await api.get<Crosswalk>(`/legacy/crosswalk?${pair}`);
      if (asked !== this.asked) return;
      this.show(found);
      replace(this.result, this.told(found, `/api/v1/legacy/crosswalk?${pair}&format=xlsx`));
    } catch (error) {
      if (asked === this.asked) replace(this.result, trouble(sentenceOf(error), () => void this.load()));
    }
  }

  /** Hatch the blocks that are not with most of their grid, and draw the borders that only one net has. */
  private show(found: Crosswalk | null): void {
    const blocks = new Set(found?.blocks);
    const place = this.room.ground().place;
    const pairs = new Set(found?.borders.one.map((one, at) => key(place.get(one) ?? -1, place.get(found.borders.two[at] ?? -1) ?? -1)));
    const borders = pairs.size ? this.room.blocks.shapes.borders().filter(({ one, other }) => pairs.has(key(one, other))) : [];
    this.astray.set({ type: "FeatureCollection", features: this.room.ground().shapes.features.filter(({ id }) => blocks.has(Number(id))) });
    this.lines.set({ type: "FeatureCollection", features: borders.map(({ lines }) => ({ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } })) });
  }

  private told(found: Crosswalk, file: string): HTMLElement {
    if (!found.blocks.length && !found.borders.one.length) {
      return h("div", { class: "stack" }, h("p", { class: "check-fine", role: "status", "data-net-same": "" }, icon("check", 18), t("They agree in every block.")), this.table(found, file));
    }
    const astray = found.blocks.length > 0;
    const words = t("{households} in {blocks} would have other neighbours.", { households: tn("{n} household", "{n} households", found.households), blocks: tn("{n} block", "{n} blocks", found.blocks.length) });
    return h(
      "div",
      { class: "stack" },
      h("p", { role: "status", "data-net-differs": found.blocks.length }, astray ? words : t("Every block stays with most of its grid; only borders differ.")),
      h("p", { class: "quiet small" }, astray ? t("Hatched: these blocks. Red lines: borders that only one of the two has.") : t("Red lines: borders that only one of the two has.")),
      found.blocks.length ? h("button", { class: "button", type: "button", on: { click: () => this.room.zoomTo(found.blocks) } }, icon("locate", 18), t("Show them all")) : null,
      this.table(found, file),
    );
  }

  private table({ one: left, two: right, rows }: Crosswalk, file: string): HTMLElement {
    const grid = (one: Crosswalk["rows"][number]["one"]): HTMLElement | string => (one ? one.name : h("span", { class: "quiet" }, t("in no grid")));
    const row = (one: Crosswalk["rows"][number]): HTMLElement => h("tr", {}, h("th", { scope: "row" }, grid(one.one)), h("td", {}, grid(one.two)), h("td", {}, number(one.households)));
    return h(
      "details",
      { class: "siting-more" },
      h("summary", {}, t("Crosswalk by households"), h("small", {}, tn("{n} row", "{n} rows", rows.length))),
      h("div", { class: "zone-scroll net-scroll", tabindex: 0, role: "region", "aria-label": t("Crosswalk by households") }, h("table", { class: "score-table net-table" }, h("thead", {}, h("tr", {}, [left.name, right.name, t("Households")].map((word) => h("th", { scope: "col" }, word)))), h("tbody", {}, rows.slice(0, MOST_ROWS).map(row)))),
      rows.length > MOST_ROWS ? h("p", { class: "quiet small" }, t("and {n} more", { n: number(rows.length - MOST_ROWS) })) : null,
      h("a", { class: "button", href: file, download: "" }, icon("download", 18), t("All rows as XLSX")),
    );
  }
}

function key(one: number, other: number): string {
  return one < other ? `${one},${other}` : `${other},${one}`;
}
