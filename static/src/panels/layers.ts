// Layers with switches and counts; under each that is on, its legend. Flag kinds can be looked at one by one.
import { today } from "../days.js";
import { byId, h, onPhone, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { LAYERS, type LayerRow } from "../map/layers.js";
import { incidentColour, paletteOf, stationColour, type Palette, type Shade } from "../map/palette.js";
import { categoryWord, CATEGORY_KINDS, gridWord, stationWord, STATION_KINDS } from "../words.js";
import { flagMark } from "./building.js";
import type { PanelFrame } from "./panel.js";
import type { Store } from "../state.js";
import type { FlagKind } from "../types.js";

/** Fold the layers while something else needs the map; the answer unfolds them where they were open. */
export function foldLayers(): () => void {
  const head = byId("layers").querySelector<HTMLElement>(".layers-head[aria-expanded=true]");
  if (!head?.offsetParent) return () => undefined;
  head.click();
  return () => head.getAttribute("aria-expanded") === "false" && head.click();
}

type Counts = Record<string, Record<string, number>>;

export class LayersPanel {
  private counts: Counts | null = null;
  private readonly root = byId("layers");
  private readonly home = this.root.parentElement ?? document.body;
  private readonly body = h("div", { class: "layers-body", id: "layers-body" });
  private folded = false;

  constructor(
    private readonly store: Store,
    private readonly panel: PanelFrame,
    private readonly flagKinds: readonly FlagKind[],
    private readonly shade: () => Shade,
    private readonly zoom: () => number,
  ) {
    const head = h(
      "button",
      { class: "layers-head", type: "button", "aria-expanded": "true", "aria-controls": "layers-body", on: { click: () => this.fold(head) } },
      icon("layers"),
      t("Layers and legend"),
      h("span", { class: "fold" }, icon("down", 18)),
    );
    this.root.append(head, this.body);
    this.root.hidden = onPhone();
    store.on(["layers", "flags", "theme"], () => this.draw());
    this.draw();
  }

  private fold(head: HTMLElement): void {
    this.folded = !this.folded;
    this.body.hidden = this.folded;
    head.setAttribute("aria-expanded", String(!this.folded));
  }

  /** Pixels at the left of the map that the layers cover. */
  covers(): number {
    return this.folded || onPhone() ? 0 : this.root.offsetWidth + 12;
  }

  /** On a phone the layers stand in the sheet. */
  openSheet(): void {
    this.root.hidden = false;
    this.root.removeAttribute("aria-label"); // the panel bears the name while it holds this
    this.panel.open(t("Layers and legend"), this.root, {
      icon: "layers",
      onClose: () => {
        this.root.hidden = onPhone();
        this.root.setAttribute("aria-label", t("Layers and legend"));
        this.home.append(this.root);
      },
    });
  }

  /** Ask again how many there are of everything. */
  async count(): Promise<void> {
    const response = await fetch("/map/counts.json", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response?.ok) return;
    this.counts = (await response.json()) as Counts;
    this.draw();
  }

  /** Draw again, for instance because the zoom has crossed a layer's own. */
  draw(): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined;
    replace(this.body, LAYERS.map((row) => this.layer(row)));
    if (focused) this.body.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  private number(row: LayerRow): string {
    const kinds = this.counts?.[row.id];
    if (!this.counts) return "";
    return number(Object.values(kinds ?? {}).reduce((sum, value) => sum + value, 0));
  }

  private layer(row: LayerRow): HTMLElement {
    const { layers } = this.store.get();
    const on = layers.has(row.id);
    const change = (): void => {
      const next = new Set(layers);
      if (on) next.delete(row.id);
      else next.add(row.id);
      this.store.set({ layers: next });
    };
    const box = h("input", {
      type: "checkbox", role: "switch", class: "switch", "data-key": row.id, "data-layer": row.id, on: { change },
    });
    box.checked = on;
    return h(
      "div",
      {},
      h(
        "div",
        { class: "layer" },
        h("label", { class: "layer-switch" }, box, icon(row.icon), row.label(), h("span", { class: "layer-count" }, this.number(row))),
        row.id === "grids" ? otherDay() : null,
      ),
      on && this.zoom() < row.minzoom ? h("p", { class: "layer-note" }, t("Zoom in to see this layer.")) : null,
      on ? this.legend(row) : null,
    );
  }

  private legend(row: LayerRow): Child {
    const palette = paletteOf(this.shade());
    const line = (colour: string, text: string, dashed = false): HTMLElement =>
      h("li", {}, h("span", { class: dashed ? "line-mark line-dashed" : "line-mark", style: { "border-color": colour } }), text);
    const items: Record<string, () => Child> = {
      areas: () => line(palette.areaEdge, t("Boundary of a community"), true),
      compounds: () => line(palette.compoundEdge, t("Wall of a compound"), true),
      grids: () => this.gridLegend(palette),
      flags: () => this.flagKinds.map((kind) => this.flagSwitch(kind)),
      stations: () => this.badges("stations", STATION_KINDS, stationColour, stationWord, "mark mark-square"),
      "patrol-routes": () => line(palette.route, t("Walked in the direction of the arrows")),
      incidents: () => this.badges("incidents", CATEGORY_KINDS, incidentColour, categoryWord, "mark"),
    };
    const made = items[row.id]?.();
    return made ? h("ul", { class: "legend", "data-legend": row.id }, made) : null;
  }

  private gridLegend(palette: Palette): Child {
    const swatches = palette.tints.map((colour) => h("i", { style: { background: colour } }));
    const tints = h("span", { class: "tints", style: { "border-color": palette.gridEdge } }, swatches);
    const kinds = Object.entries(this.counts?.["grids"] ?? {});
    return h(
      "li",
      {},
      tints,
      kinds.length ? kinds.map(([kind, count]) => `${gridWord(kind)} ${number(count)}`).join(" · ") : t("Neighbours differ in colour"),
    );
  }

  private badges(
    layer: string,
    kinds: readonly string[],
    colour: (kind: string) => string,
    word: (kind: string) => string,
    mark: string,
  ): Child {
    const counts = this.counts?.[layer] ?? {};
    return kinds
      .filter((kind) => (counts[kind] ?? 0) > 0)
      .map((kind) =>
        h(
          "li",
          {},
          h("span", { class: mark, style: { background: colour(kind) } }, icon(kind, 14)),
          word(kind),
          h("span", { class: "layer-count" }, number(counts[kind] ?? 0)),
        ),
      );
  }

  private flagSwitch(kind: FlagKind): HTMLElement {
    const { flags } = this.store.get();
    const on = flags === null || flags.has(kind.kind);
    const change = (): void => {
      const next = new Set(flags ?? this.flagKinds.map((one) => one.kind));
      if (on) next.delete(kind.kind);
      else next.add(kind.kind);
      this.store.set({ flags: next.size === this.flagKinds.length ? null : next });
    };
    const box = h("input", { type: "checkbox", "data-key": `flag-${kind.kind}`, "data-flag": kind.kind, on: { change } });
    box.checked = on;
    const count = this.counts ? number(this.counts["flags"]?.[kind.kind] ?? 0) : "";
    return h("li", {}, h("label", {}, box, flagMark(kind), kind.label, h("span", { class: "layer-count" }, count)));
  }
}

/** The way to the grids of another day. */
function otherDay(): HTMLElement {
  return h("a", { class: "icon-button", href: `#on=${today()}`, "aria-label": t("Grids of another day"), title: t("Grids of another day") }, icon("history", 18));
}
