// Patrol routes of a grid: let one be suggested, draw or correct it by hand, save it, delete it with undo.
import { api, query, sentenceOf } from "../api.js";
import { confirm } from "../dialogs.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { distance, duration, nameOf, number, t, tn } from "../i18n.js";
import { redrawnWord } from "../words.js";
import { paletteOf } from "../map/palette.js";
import type { Overlay } from "../map/view.js";
import { boundsOf, empty, facts, ghost, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { registerAct, type ActContext } from "./registry.js";
import { length } from "./measure.js";
import type { GridDetail, Here, Named } from "../types.js";

type Line = [number, number][];

interface Route {
  grid_id: number;
  grid?: Named;
  name: string;
  length: number;
  seconds: number;
  stops: number;
  source: string;
  version: number;
  /** The day from which its grid is another than that which it was drawn for. */
  redrawn_on?: string | null;
  left_out?: number;
}

type RouteFeature = GeoJSON.Feature<GeoJSON.LineString, Route> & { id?: number };

/** A route that is looked at: saved where it has an id. */
interface Draft {
  id: number | null;
  grid: number;
  name: string;
  line: Line;
  source: "suggested" | "drawn";
  version: number | null;
  redrawn: string | null;
  told: { length: number; seconds: number | null; stops: number | null; leftOut: number };
}

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const LAYERS = [
  { type: "line" as const, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 8 } },
  { type: "line" as const, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": paletteOf("day").route, "line-width": 4.5 } },
  { type: "symbol" as const, above: true, layout: { "symbol-placement": "line", "symbol-spacing": 90, "icon-image": "arrow", "icon-allow-overlap": true } },
];

registerAct({
  id: "patrol",
  icon: "route",
  label: () => t("Patrol route"),
  short: () => t("Patrol"),
  hint: () => t("Suggest, draw and correct the patrol routes of a grid"),
  available: (me) => me.can.includes("patrols.edit") || t("Your role does not change patrol routes."),
  subjects: ["grid", "patrol-route"],
  place: true,
  start: (context) => new PatrolAct(context).stop,
});

class PatrolAct {
  private over = false;
  private readonly body = h("div", { class: "stack" });
  private readonly overlay: Overlay;
  private sheet: ReturnType<ActContext["panel"]["open"]> | null = null;

  constructor(private readonly context: ActContext) {
    this.overlay = context.map.addOverlay("patrol-draft", NOTHING, LAYERS);
    context.map.prepareDrawing();
    void this.begin();
  }

  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.overlay.remove();
    this.sheet?.close();
  };

  private async begin(): Promise<void> {
    const { subject, place, map } = this.context;
    if (subject?.kind === "patrol-route") return this.attempt(() => this.openRoute(Number(subject.id)));
    if (subject?.kind === "grid") return this.attempt(() => this.openGrid(Number(subject.id)));
    const at = place ?? (await map.pickPoint(t("Press the grid that is to be walked")));
    if (this.over) return;
    if (!at) return this.context.end();
    await this.attempt(async () => {
      const here = await api.get<Here>(`/here?${query({ lon: at.lon, lat: at.lat })}`);
      if (here.grid) await this.openGrid(here.grid.id);
    });
  }

  /** Do something that may fail; say so in the panel, with a way to try again. */
  private async attempt(action: () => Promise<void>): Promise<void> {
    this.sheet ??= this.context.panel.open(t("Patrol route"), this.body, { icon: "route", onClose: () => this.context.end() });
    replace(this.body, ghost());
    try {
      await action();
    } catch (error) {
      replace(this.body, trouble(sentenceOf(error), () => void this.attempt(action)));
    }
  }

  private async openGrid(id: number): Promise<void> {
    const { properties: grid } = await api.get<GeoJSON.Feature<GeoJSON.Geometry, GridDetail>>(`/grids/${id}`);
    if (this.over) return;
    this.overlay.set(NOTHING);
    this.sheet?.setTitle(t("Patrol routes"), nameOf(grid));
    const routes = grid.patrol_routes.map((route) =>
      h(
        "button",
        { class: "row", type: "button", on: { click: () => void this.attempt(() => this.openRoute(route.id)) } },
        icon("route"),
        h("span", {}, route.name),
        h("span", { class: "more" }, `${distance(route.length)} · ${duration(route.seconds)}`),
      ),
    );
    const suggest = h("button", { class: "button button-main", type: "button", on: { click: () => void this.attempt(() => this.suggest(id)) } }, icon("route"), t("Suggest a route"));
    const draw = h("button", { class: "button", type: "button", on: { click: () => void this.draw(id, nameOf(grid)) } }, icon("edit"), t("Draw by hand"));
    replace(this.body, routes.length ? h("div", {}, routes) : empty("route", t("This grid has no patrol route yet.")), h("div", { class: "act-row" }, suggest, draw));
  }

  private async suggest(grid: number): Promise<void> {
    const found = await api.post<RouteFeature>("/patrol-routes/suggest", { grid_id: grid });
    if (!this.over) this.show(draftOf(found, "suggested"));
  }

  private async openRoute(id: number): Promise<void> {
    const found = await api.get<RouteFeature>(`/patrol-routes/${id}`);
    if (!this.over) this.show({ ...draftOf(found, found.properties.source === "suggested" ? "suggested" : "drawn"), id });
  }

  /** A saved route with the walk that is suggested for its grid as that is now; kept where it is saved. */
  private async anew(draft: Draft): Promise<void> {
    const found = await api.post<RouteFeature>("/patrol-routes/suggest", { grid_id: draft.grid });
    if (!this.over) this.show({ ...draft, line: found.geometry.coordinates as Line, told: draftOf(found, "suggested").told }, true);
  }

  private async draw(grid: number, name: string): Promise<void> {
    const line = await this.byHand(null);
    if (!line) return this.over ? undefined : this.attempt(() => this.openGrid(grid));
    const told = { length: length(line), seconds: null, stops: null, leftOut: 0 };
    this.show({ id: null, grid, name: t("Patrol route of {grid}", { grid: name }), line, source: "drawn", version: null, redrawn: null, told });
  }

  /** What the person draws; null where they cancel. The panel makes room meanwhile. */
  private async byHand(initial: Line | null): Promise<Line | null> {
    const question = initial ? t("Drag the points of the route") : t("Press point after point along the way");
    this.sheet?.resize("strip");
    this.overlay.set(NOTHING);
    replace(this.body, h("p", { class: "quiet" }, t("Press “Finish” above the map when the route is right.")));
    const line = await this.context.map.drawLine(question, { initial });
    if (this.over) return null;
    this.sheet?.resize("half");
    return line;
  }

  private async correct(draft: Draft): Promise<void> {
    const line = await this.byHand(draft.line);
    if (this.over) return;
    if (!line) return this.show(draft);
    this.show({ ...draft, line, source: "drawn", told: { length: length(line), seconds: null, stops: null, leftOut: 0 } }, draft.id !== null);
  }

  /** Show a route with its measures and what can be done with it; `changed` where a saved one was redrawn. */
  private show(draft: Draft, changed = draft.id === null): void {
    this.overlay.set({ type: "Feature", geometry: { type: "LineString", coordinates: draft.line }, properties: {} });
    const box = boundsOf({ type: "LineString", coordinates: draft.line });
    if (box) this.context.map.fitBounds(box);
    const name = h("input", { type: "text", id: "route-name", maxlength: 100, value: draft.name, required: true, autocomplete: "off" });
    const error = h("p", { class: "field-error", role: "alert" });
    const button = (kind: string, symbol: string, label: string, action: () => void): HTMLElement =>
      h("button", { class: `button ${kind}`, type: "button", on: { click: action } }, icon(symbol), label);
    const save = (): void => void this.save({ ...draft, name: name.value.trim() }, changed, error);
    const { told } = draft;
    replace(
      this.body,
      draft.redrawn && !changed ? h("p", { class: "plan-reason", role: "note" }, icon("warning", 16), h("span", {}, redrawnWord(draft.redrawn))) : null,
      facts([
        [t("Length"), distance(told.length)],
        [t("Time with stops"), told.seconds === null ? t("is worked out when it is saved") : duration(told.seconds)],
        [t("Entrances passed"), told.stops === null ? null : number(told.stops)],
        [t("Out of reach"), told.leftOut ? tn("{n} entrance", "{n} entrances", told.leftOut) : null],
      ]),
      h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the route")), name),
      error,
      h(
        "div",
        { class: "act-row" },
        draft.redrawn && !changed ? button("button-main", "route", t("Plan it anew"), () => void this.attempt(() => this.anew(draft))) : null,
        button(draft.redrawn && !changed ? "" : "button-main", "check", draft.id === null ? t("Save the route") : t("Save the changes"), save),
        button("", "edit", t("Correct by hand"), () => void this.correct({ ...draft, name: name.value.trim() })),
        draft.id === null
          ? button("", "close", t("Discard"), () => void this.attempt(() => this.openGrid(draft.grid)))
          : button("button-danger", "trash", t("Delete the route"), () => void this.remove(draft, error)),
      ),
      h("button", { class: "linky", type: "button", on: { click: () => void this.attempt(() => this.openGrid(draft.grid)) } }, t("All routes of this grid")),
    );
  }

  private async save({ id, grid, name, line, source, version }: Draft, changed: boolean, error: HTMLElement): Promise<void> {
    replace(error);
    if (!name) return replace(error, icon("warning", 18), t("Give the route a name."));
    const geometry = { type: "LineString", coordinates: line };
    try {
      const kept =
        id === null
          ? await api.post<RouteFeature>("/patrol-routes", { grid_id: grid, name, geometry, source })
          : await api.put<RouteFeature>(`/patrol-routes/${id}`, { name, version, ...(changed ? { geometry } : {}) });
      toast(t("The patrol route is saved"));
      if (!this.over) this.show({ ...draftOf(kept, source), id: Number(kept.id) }, false);
    } catch (failure) {
      replace(error, icon("warning", 18), sentenceOf(failure));
    }
  }

  private async remove(draft: Draft, error: HTMLElement): Promise<void> {
    if (!(await confirm(t("Delete “{name}”?", { name: draft.name }), t("Delete the route")))) return;
    const { grid, name, line, source } = draft;
    try {
      await api.delete(`/patrol-routes/${draft.id}`);
    } catch (failure) {
      return replace(error, icon("warning", 18), sentenceOf(failure));
    }
    toast(t("The patrol route is deleted"), {
      undo: async () => {
        await api.post("/patrol-routes", { grid_id: grid, name, source, geometry: { type: "LineString", coordinates: line } });
        if (!this.over) await this.attempt(() => this.openGrid(grid));
      },
    });
    if (!this.over) await this.attempt(() => this.openGrid(grid));
  }
}

function draftOf({ id, geometry, properties }: RouteFeature, source: Draft["source"]): Draft {
  return {
    id: id ?? null,
    grid: properties.grid_id,
    name: properties.name,
    line: geometry.coordinates as Line,
    source,
    version: properties.version ?? null,
    redrawn: properties.redrawn_on ?? null,
    told: { length: properties.length, seconds: properties.seconds, stops: properties.stops, leftOut: properties.left_out ?? 0 },
  };
}
