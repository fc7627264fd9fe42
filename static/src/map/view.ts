// The map. Only this file touches MapLibre; everybody else asks it:
//   map.onPress((at, features) => boolean)     a press; true where you have dealt with it (the latest listener is asked first)
//   map.pickPoint(t("Press the place of …"))   Promise of a LngLat, null where the person cancels
//   map.drawLine(t("…"), { initial })          Promise of coordinates, null where the person cancels; map.drawArea(t("…"))
//   const zone = map.addOverlay("zone", data, [{ type: "fill", paint: {…} }]); zone.set(data); zone.remove()
//   map.fitBounds(bbox) · map.flyTo(at, 17) · map.refresh("incidents", 12) · map.shown("stations")
// Images for symbol layers: "pin", "arrow", "station-<kind>", "incident-<category>", "flag-<kind>".
import {
  Map as Canvas,
  ScaleControl,
  type GeoJSONSource,
  type LayerSpecification,
  type MapGeoJSONFeature,
  type MapMouseEvent,
  type VectorTileSource,
} from "maplibre-gl";
import { debounce } from "../dom.js";
import { t } from "../i18n.js";
import type { Bounds, LngLat, View } from "../types.js";
import { drawImages } from "./images.js";
import { applyDifference } from "./difference.js";
import type { LineDrawing } from "./draw.js";
import { distinct, keyOf, type MapFeature, type ScreenPoint } from "./features.js";
import { addHandle, grabOn, type Drag, type Handle } from "./handles.js";
import { showHint } from "./hint.js";
import { sketchOn, type Sketch } from "./sketch.js";
import { listenForLongPress } from "./longpress.js";
import { LAYERS, tilesOf } from "./layers.js";
import { paletteOf } from "./palette.js";
import { layersFor, OVERLAYS_BELOW, sourcesFor, tileAddress, type StyleOptions } from "./style.js";

export type { MapFeature, ScreenPoint } from "./features.js";

/** A MapLibre layer without id and source; `above` puts it over labels and stations. */
export type OverlayLayer = { type: LayerSpecification["type"]; above?: boolean; [name: string]: unknown };

export interface Overlay {
  set(data: GeoJSON.FeatureCollection | GeoJSON.Feature): void;
  remove(): void;
}

export interface Colouring {
  /** A number for each feature, by its id; the others have none. */
  set(values: ReadonlyMap<number, number>): void;
  remove(): void;
}

export interface ViewOptions {
  start: View;
  style: StyleOptions;
  versions: Record<string, number>;
  /** Pixels of the map that the panel and the layers cover. */
  covered: () => { left: number; right: number; bottom: number };
  onTrouble: (status: number) => void;
}

type PressHandler = (at: LngLat, features: MapFeature[], point: ScreenPoint) => boolean | void;
const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const PRESSED_FIRST = ["incidents", "stations", "patrol-routes", "buildings", "buildings-3d", "compounds", "grids", "areas"];

export class MapView {
  private readonly canvas: Canvas;
  private style: StyleOptions;
  private readonly presses: PressHandler[] = [];
  private readonly menus: PressHandler[] = [];
  private readonly hovers: ((feature: MapFeature | null, point: ScreenPoint) => void)[] = [];
  private readonly overlays = new Set<string>();
  private readonly marked: Record<"hover" | "selected", { source: string; id: string | number } | null> = { hover: null, selected: null };
  private held = false;
  /** Resolves once the map can take data. */
  readonly ready: Promise<void>;

  constructor(container: HTMLElement, private readonly options: ViewOptions) {
    this.style = options.style;
    const { start } = options;
    this.canvas = new Canvas({
      container,
      center: [start.lon, start.lat],
      zoom: start.zoom,
      bearing: start.bearing,
      pitch: start.pitch,
      minZoom: 7,
      maxZoom: 20,
      maxPitch: 65,
      attributionControl: false,
      fadeDuration: 120,
      locale: { "Map.Title": t("Map") },
      style: {
        version: 8,
        sources: sourcesFor(location.origin, (layer) => this.version(layer)),
        layers: layersFor(this.style),
      },
    });
    this.canvas.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.canvas.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    drawImages(this.images(), this.style);
    this.canvas.on("error", (event) => options.onTrouble((event.error as { status?: number } | undefined)?.status ?? 0));
    this.ready = new Promise((resolve) => void this.canvas.once("style.load", () => resolve()));
    this.listen();
  }

  private version(layer: string): number {
    const dataset = LAYERS.find(({ tiles }) => tiles.includes(layer))?.dataset ?? (layer === "roads" ? "roads" : "ground");
    const own = this.options.versions[dataset] ?? 0;
    return layer === "buildings" ? own + (this.options.versions["flags"] ?? 0) : own;
  }

  private images(): (name: string, data: ImageData) => void {
    return (name, data) => {
      if (this.canvas.hasImage(name)) this.canvas.updateImage(name, data);
      else this.canvas.addImage(name, data, { pixelRatio: 2 });
    };
  }

  private listen(): void {
    const { canvas } = this;
    canvas.on("click", (event) => this.tell(this.presses, event));
    canvas.on("contextmenu", (event) => this.tell(this.menus, event));
    listenForLongPress(canvas.getCanvas(), (x, y) => {
      const at = canvas.unproject([x, y]);
      this.tell(this.menus, { lngLat: at, point: { x, y }, originalEvent: { pointerType: "touch" } });
    });
    canvas.on("mousemove", (event) => this.hover(event));
    canvas.on("mouseout", () => this.hover(null));
    canvas.on("pitchend", () => this.restyle({}));
  }

  private tell(
    handlers: PressHandler[],
    event: { lngLat: { lng: number; lat: number }; point: ScreenPoint; originalEvent: unknown },
  ): void {
    const finger = (event.originalEvent as { pointerType?: string }).pointerType === "touch";
    const found = this.at(event.point, finger ? 12 : 4);
    const at = { lon: event.lngLat.lng, lat: event.lngLat.lat };
    for (const handler of [...handlers].reverse()) if (handler(at, found, event.point)) return;
  }

  private hover(event: MapMouseEvent | null): void {
    if (this.held) return; // every mark is the map drawn anew
    const feature = event ? (this.at(event.point, 3)[0] ?? null) : null;
    this.mark("hover", feature);
    for (const listener of this.hovers) listener(feature, event?.point ?? { x: 0, y: 0 });
  }

  /** What is drawn within `margin` pixels of a point, what stands on top first. */
  private at({ x, y }: ScreenPoint, margin: number): MapFeature[] {
    const layers = [...this.overlays, ...PRESSED_FIRST].filter((id) => this.canvas.getLayer(id));
    const box: [[number, number], [number, number]] = [[x - margin, y - margin], [x + margin, y + margin]];
    const exact = new Set(this.canvas.queryRenderedFeatures([x, y], { layers }).map(keyOf));
    const found = this.canvas.queryRenderedFeatures(box, { layers });
    const points = found.filter((feature) => feature.geometry.type !== "Polygon" && feature.geometry.type !== "MultiPolygon");
    const areas = found.filter((feature) => !points.includes(feature) && exact.has(keyOf(feature)));
    const rank = (feature: MapGeoJSONFeature): number => PRESSED_FIRST.indexOf(feature.layer.id);
    return distinct([...points, ...areas].sort((one, other) => rank(one) - rank(other)));
  }

  /** A press on the map. The answer ends it. */
  onPress(handler: PressHandler): () => void {
    return listening(this.presses, handler);
  }

  /** A right click or a long press. */
  onMenu(handler: PressHandler): () => void {
    return listening(this.menus, handler);
  }

  /** The pointer is on another feature, or on none. */
  onHover(handler: (feature: MapFeature | null, point: ScreenPoint) => void): () => void {
    return listening(this.hovers, handler);
  }

  /** The view has come to rest. */
  onMove(handler: (view: View) => void): void {
    this.canvas.on("moveend", () => handler(this.look()));
  }

  /** Everything in view is drawn. */
  onIdle(handler: () => void): () => void {
    const subscription = this.canvas.on("idle", handler);
    return () => subscription.unsubscribe();
  }

  /** Tell when tiles start and stop being fetched. */
  onBusy(handler: (busy: boolean) => void): void {
    this.canvas.on("dataloading", () => handler(true));
    this.canvas.on("idle", () => handler(false));
  }

  look(): View {
    const { lng, lat } = this.canvas.getCenter();
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    return {
      lon: round(lng, 6),
      lat: round(lat, 6),
      zoom: round(this.canvas.getZoom(), 2),
      bearing: round(this.canvas.getBearing(), 0),
      pitch: round(this.canvas.getPitch(), 0),
    };
  }

  bounds(): Bounds {
    const box = this.canvas.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  }

  jumpTo(view: View): void {
    this.canvas.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom, bearing: view.bearing, pitch: view.pitch });
    this.restyle({});
  }

  flyTo(at: LngLat, zoom?: number): void {
    const { left, right, bottom } = this.options.covered();
    this.canvas.easeTo({
      center: [at.lon, at.lat],
      zoom: zoom ?? Math.max(this.canvas.getZoom(), 16),
      offset: [(left - right) / 2, -bottom / 2],
      duration: motion(700),
    });
  }

  /** Show a box beside the panel. */
  fitBounds([west, south, east, north]: Bounds, { maxZoom = 17.5, duration = 700 } = {}): void {
    const { left, right, bottom } = this.options.covered();
    const { clientWidth: width, clientHeight: height } = this.canvas.getContainer();
    const [aside, above] = [Math.min(40, width * 0.06), Math.min(40, height * 0.05)];
    const padding = { top: above, left: aside + left, right: aside + Math.max(right, 40), bottom: above + bottom };
    this.canvas.fitBounds([[west, south], [east, north]], { padding, maxZoom, duration: motion(duration) });
  }

  zoomBy(steps: number): void {
    this.canvas.easeTo({ zoom: this.canvas.getZoom() + steps, duration: motion(250) });
  }

  faceNorth(): void {
    this.canvas.easeTo({ bearing: 0, duration: motion(300) });
  }

  get tilted(): boolean {
    return this.canvas.getPitch() > 5;
  }

  tilt(on: boolean): void {
    this.canvas.easeTo({ pitch: on ? 55 : 0, zoom: on ? Math.max(this.canvas.getZoom(), 15) : this.canvas.getZoom(), duration: motion(500) });
  }

  /** Show what `change` says: shade, language, layers, flags. */
  restyle(change: Partial<StyleOptions>): void {
    const before = layersFor(this.style);
    this.style = { ...this.style, ...change, tilted: this.tilted };
    if (change.shade || change.flagKinds) drawImages(this.images(), this.style);
    applyDifference(this.canvas, before, layersFor(this.style));
  }

  /** Fetch the tiles of a dataset again, now at `version`. */
  refresh(dataset: string, version: number): void {
    this.options.versions[dataset] = version;
    for (const layer of tilesOf(dataset)) {
      const source = this.canvas.getSource<VectorTileSource>(layer);
      source?.setTiles([tileAddress(location.origin, layer, this.version(layer))]);
    }
  }

  setGeoJSON(source: string, data: GeoJSON.GeoJSON): void {
    this.canvas.getSource<GeoJSONSource>(source)?.setData(data);
  }

  /** Draw data of your own; give features an `id` to have them pressed (`layer` of the MapFeature is then "<id>-<n>"). */
  addOverlay(id: string, data: GeoJSON.FeatureCollection | GeoJSON.Feature = EMPTY, layers: OverlayLayer[] = []): Overlay {
    if (this.canvas.getSource(id)) throw new Error(`There is an overlay "${id}" already`);
    this.canvas.addSource(id, { type: "geojson", data });
    const ids = layers.map(({ above, ...layer }, index) => {
      const name = `${id}-${index}`;
      this.canvas.addLayer({ ...layer, id: name, source: id } as LayerSpecification, above ? undefined : OVERLAYS_BELOW);
      this.overlays.add(name);
      return name;
    });
    return {
      set: (next) => this.setGeoJSON(id, next),
      remove: () => {
        for (const name of ids) {
          this.overlays.delete(name);
          if (this.canvas.getLayer(name)) this.canvas.removeLayer(name);
        }
        if (this.canvas.getSource(id)) this.canvas.removeSource(id);
      },
    };
  }

  /** Colour features of a tile layer by numbers of your own, which paint finds as ["feature-state", name]; above `below`. */
  addColouring(source: string, name: string, layers: OverlayLayer[], below = OVERLAYS_BELOW): Colouring {
    const ids = layers.map((layer, index) => {
      const id = `${name}-${source}-${index}`;
      this.canvas.addLayer({ ...layer, id, source, "source-layer": source } as LayerSpecification, below);
      return id;
    });
    let told: readonly number[] = [];
    const clear = (): void => {
      for (const id of told) this.canvas.removeFeatureState({ source, sourceLayer: source, id }, name);
      told = [];
    };
    return {
      set: (values) => {
        clear();
        told = [...values.keys()];
        for (const [id, value] of values) this.canvas.setFeatureState({ source, sourceLayer: source, id }, { [name]: value });
      },
      remove: () => {
        for (const id of ids) if (this.canvas.getLayer(id)) this.canvas.removeLayer(id);
        clear();
      },
    };
  }

  /** Emphasise a feature of a row of the layer table; null for none. */
  mark(how: "hover" | "selected", feature: { layer: string; id: string } | null): void {
    const id = feature && /^\d+$/.test(feature.id) ? Number(feature.id) : feature?.id;
    const next = feature && id !== undefined && this.canvas.getSource(feature.layer) ? { source: feature.layer, id } : null;
    const before = this.marked[how];
    if (before?.source === next?.source && before?.id === next?.id) return;
    this.marked[how] = next;
    if (before) this.canvas.setFeatureState({ ...before, sourceLayer: before.source }, { [how]: false });
    if (next) this.canvas.setFeatureState({ ...next, sourceLayer: next.source }, { [how]: true });
  }

  /** The features of a row of the layer table that are drawn in view. */
  shown(layer: string): MapFeature[] {
    const ids = [layer, ...(layer === "buildings" ? ["buildings-3d"] : [])].filter((id) => this.canvas.getLayer(id));
    return distinct(this.canvas.queryRenderedFeatures({ layers: ids }));
  }

  /** The cursor of a person who is asked to press somewhere. */
  private aim(on: boolean): void {
    this.canvas.getCanvas().style.cursor = on ? "crosshair" : "";
  }

  /** Ask for a place: a press, or Enter for the middle of the map; null after Escape or "Cancel". */
  pickPoint(question: string): Promise<LngLat | null> {
    return new Promise((resolve) => {
      const end = (at: LngLat | null): void => {
        stop();
        close();
        this.aim(false);
        resolve(at);
      };
      const stop = this.onPress((at) => {
        end(at);
        return true;
      });
      const close = showHint(question, {
        onCancel: () => end(null),
        onFinish: () => end({ lon: this.look().lon, lat: this.look().lat }),
        finish: t("Take the middle of the map"),
        crosshair: true,
      });
      this.aim(true);
    });
  }

  /** Let the person draw a line, or correct `initial`; null after "Cancel". */
  drawLine(question: string, { initial = null }: { initial?: [number, number][] | null } = {}): Promise<[number, number][] | null> {
    return this.draw(question, (draw, colour, onFinish) => draw.drawLineOn(this.canvas, colour, initial, onFinish));
  }

  /** Let the person draw an area; its ring, or null after "Cancel". */
  drawArea(question: string): Promise<[number, number][] | null> {
    return this.draw(question, (draw, colour, onFinish) => draw.drawAreaOn(this.canvas, colour, onFinish));
  }

  private async draw(
    question: string,
    start: (draw: typeof import("./draw.js"), colour: `#${string}`, onFinish: () => void) => LineDrawing,
  ): Promise<[number, number][] | null> {
    const draw = await import("./draw.js");
    const colour = paletteOf(this.style.shade).route as `#${string}`;
    return new Promise((resolve) => {
      const stopPress = this.onPress(() => true);
      const end = (keep: boolean): void => {
        const line = keep ? drawing.line() : null;
        stopPress();
        close();
        drawing.stop();
        resolve(line);
      };
      const drawing = start(draw, colour, () => end(true));
      const close = showHint(question, { onCancel: () => end(false), onFinish: () => end(true), finish: t("Finish") });
    });
  }

  /** Put an element on the map that can be dragged by mouse, finger and arrow keys. */
  addHandle(element: HTMLElement, at: LngLat, drag: Drag): Handle {
    return addHandle(this.canvas, element, at, drag);
  }

  /** A sketch of areas that change many times a second. */
  addSketch(colour: (properties: GeoJSON.GeoJsonProperties) => string): Sketch {
    return sketchOn(this.canvas, colour);
  }

  /** Let features be dragged for which `grab` answers how; the answer ends it. */
  onGrab(grab: (features: MapFeature[]) => Drag | null): () => void {
    return grabOn(this.canvas, (point) => grab(this.at(point, 6)), (held) => (this.held = held));
  }

  /** Fit the drawing to its box after the page was laid out anew. */
  readonly resize = debounce(60, () => void this.canvas.resize());
}

function listening<T>(list: T[], handler: T): () => void {
  list.push(handler);
  return () => {
    const index = list.indexOf(handler);
    if (index >= 0) list.splice(index, 1);
  };
}

/** No motion for those who asked for none. */
function motion(duration: number): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : duration;
}
