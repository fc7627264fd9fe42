// The map. Only this folder touches MapLibre; everybody else asks this file, which asks camera.ts, overlays.ts and asking.ts:
//   map.onPress((at, features) => boolean)     a press; true where you have dealt with it (the latest listener is asked first)
//   map.pickPoint(t("Press the place of …"))   Promise of a LngLat, null where the person cancels
//   map.drawLine(t("…"), { initial })          Promise of coordinates, null where the person cancels; map.drawArea(t("…"))
//   const zone = map.addOverlay("zone", data, [{ type: "fill", paint: {…} }]); zone.set(data); zone.remove()
//   map.fitBounds(bbox) · map.flyTo(at, 17) · map.refresh("incidents", 12) · map.shown("stations")
// Images for symbol layers: "pin", "arrow", "station-<kind>", "incident-<category>", "flag-<kind>"; "hatch" for areas.
import { Map as Canvas, ScaleControl, type MapGeoJSONFeature, type MapMouseEvent, type VectorTileSource } from "maplibre-gl";
import { debounce } from "../dom.js";
import { t } from "../i18n.js";
import type { Bounds, LngLat, View } from "../types.js";
import { Asking } from "./asking.js";
import { Blocks } from "./blocks.js";
import type { Painter } from "./blockStrokes.js";
import { Camera, type Covered } from "./camera.js";
import { drawImages } from "./images.js";
import { applyDifference } from "./difference.js";
import { distinct, keyOf, type MapFeature, type ScreenPoint } from "./features.js";
import { addHandle, addNote, grabOn, type Drag, type Handle } from "./handles.js";
import { sketchOn, type Sketch } from "./sketch.js";
import { listenForLongPress } from "./longpress.js";
import { LAYERS, tilesOf } from "./layers.js";
import { Overlays } from "./overlays.js";
import { paletteOf, type Shade } from "./palette.js";
import { layersFor, sourcesFor, tileAddress, type StyleOptions } from "./style.js";

export type { Blocks, GridLabel } from "./blocks.js";
export type { Halves } from "./blockHalves.js";
export type { Painter, Tool } from "./blockStrokes.js";
export type { MapFeature, ScreenPoint } from "./features.js";
export type { Colouring, Overlay, OverlayLayer } from "./overlays.js";

export interface ViewOptions {
  start: View;
  style: StyleOptions;
  versions: Record<string, number>;
  covered: Covered;
  onTrouble: (status: number) => void;
}

type PressHandler = (at: LngLat, features: MapFeature[], point: ScreenPoint) => boolean | void;
const LONGEST_WAIT = 4000; // milliseconds for tiles that do not come
const PRESSED_FIRST = ["incidents", "stations", "patrol-routes", "buildings", "buildings-3d", "compounds", "grids", "areas"];

export class MapView {
  private readonly canvas: Canvas;
  private style: StyleOptions;
  private readonly presses: PressHandler[] = [];
  private readonly menus: PressHandler[] = [];
  private readonly hovers: ((feature: MapFeature | null, point: ScreenPoint) => void)[] = [];
  private readonly camera: Camera;
  private readonly overlays: Overlays;
  private readonly asking: Asking;
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
    this.camera = new Camera(this.canvas, options.covered);
    this.overlays = new Overlays(this.canvas, this.style.shade);
    this.asking = new Asking(this.canvas, (handler) => this.onPress(handler), () => paletteOf(this.style.shade).route as `#${string}`);
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
    const layers = [...this.overlays.pressed, ...PRESSED_FIRST].filter((id) => this.canvas.getLayer(id));
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

  /** The view has come to rest. The answer ends it. */
  onMove(handler: (view: View) => void): () => void {
    const subscription = this.canvas.on("moveend", () => handler(this.look()));
    return () => subscription.unsubscribe();
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

  // Where it is looked at from: camera.ts

  look(): View {
    return this.camera.look();
  }

  bounds(): Bounds {
    return this.camera.bounds();
  }

  holds(box: Bounds): boolean {
    return this.camera.holds(box);
  }

  seen(): LngLat {
    return this.camera.seen();
  }

  jumpTo(view: View): void {
    this.camera.jumpTo(view);
    this.restyle({});
  }

  /** The place under a point of the map's own pixels. */
  placeAt(point: ScreenPoint): LngLat {
    const { lng, lat } = this.canvas.unproject([point.x, point.y]);
    return { lon: lng, lat };
  }

  flyTo(at: LngLat, zoom?: number): void {
    this.camera.flyTo(at, zoom);
  }

  reveal(at: LngLat): void {
    this.camera.reveal(at);
  }

  makeRoom(): void {
    this.camera.makeRoom();
  }

  fitBounds(...given: Parameters<Camera["fitBounds"]>): void {
    this.camera.fitBounds(...given);
  }

  zoomBy(steps: number): void {
    this.camera.zoomBy(steps);
  }

  faceNorth(): void {
    this.camera.faceNorth();
  }

  get tilted(): boolean {
    return this.camera.tilted;
  }

  tilt(on: boolean): void {
    this.camera.tilt(on);
  }

  // How it looks

  get shade(): Shade {
    return this.style.shade;
  }

  /** Show what `change` says: shade, language, layers, flags. */
  restyle(change: Partial<StyleOptions>): void {
    const before = layersFor(this.style);
    this.style = { ...this.style, ...change, tilted: this.tilted };
    if (change.shade || change.flagKinds) drawImages(this.images(), this.style);
    applyDifference(this.canvas, before, layersFor(this.style));
    this.overlays.dress(this.style.shade);
  }

  /** Resolves once everything that is to be shown by now is drawn. */
  drawn(): Promise<void> {
    this.canvas.triggerRepaint();
    return new Promise((resolve) => void this.canvas.once("idle", () => resolve()));
  }

  /** What is in view as the address of an image, by day or by night. */
  async picture(shade: Shade): Promise<string> {
    const before = this.style.shade;
    this.restyle({ shade });
    await Promise.race([this.drawn(), new Promise((resolve) => void window.setTimeout(resolve, LONGEST_WAIT))]);
    return new Promise((resolve) => {
      // The drawing is there only within the frame in which it was made.
      this.canvas.once("render", () => {
        const address = this.canvas.getCanvas().toDataURL("image/png");
        this.restyle({ shade: before });
        resolve(address);
      });
      this.canvas.triggerRepaint();
    });
  }

  /** Fetch the tiles of a dataset again, now at `version`. */
  refresh(dataset: string, version: number): void {
    this.options.versions[dataset] = version;
    for (const layer of tilesOf(dataset)) {
      const source = this.canvas.getSource<VectorTileSource>(layer);
      source?.setTiles([tileAddress(location.origin, layer, this.version(layer))]);
    }
  }

  addOverlay(...given: Parameters<Overlays["add"]>): ReturnType<Overlays["add"]> {
    return this.overlays.add(...given);
  }

  addColouring(...given: Parameters<Overlays["colour"]>): ReturnType<Overlays["colour"]> {
    return this.overlays.colour(...given);
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

  /** Fetch what drawing takes, for an act in which somebody may draw. */
  prepareDrawing(): void {
    this.asking.prepare();
  }

  /** What to do with a key while the map itself has the keyboard; true where it was dealt with. The answer ends it. */
  onKey(handler: (key: string) => boolean, onFocus: (focused: boolean) => void): () => void {
    return listenToMapKeys(this.canvas.getCanvas(), handler, onFocus);
  }

  /** The features of a row of the layer table that are drawn in view. */
  shown(layer: string): MapFeature[] {
    const ids = [layer, ...(layer === "buildings" ? ["buildings-3d"] : [])].filter((id) => this.canvas.getLayer(id));
    return distinct(this.canvas.queryRenderedFeatures({ layers: ids }));
  }

  // What a person is asked for on it: asking.ts

  pickPoint(question: string): Promise<LngLat | null> {
    return this.asking.point(question);
  }

  drawLine(question: string, { initial = null }: { initial?: [number, number][] | null } = {}): Promise<[number, number][] | null> {
    return this.asking.line(question, initial);
  }

  drawArea(question: string): Promise<[number, number][] | null> {
    return this.asking.area(question);
  }

  /** Ask for nothing any more: whoever waits gets null. */
  stopAsking(): void {
    this.asking.cancel();
  }

  /** Put an element on the map that can be dragged by mouse, finger and arrow keys. */
  addHandle(element: HTMLElement, at: LngLat, drag: Drag): Handle {
    return addHandle(this.canvas, element, at, drag);
  }

  /** Let an element point at a place of the map; the answer takes it away. */
  addNote(element: HTMLElement, at: LngLat): () => void {
    return addNote(this.canvas, element, at);
  }

  /** A sketch of areas that change many times a second. */
  addSketch(colour: (properties: GeoJSON.GeoJsonProperties) => string): Sketch {
    return sketchOn(this.canvas, colour);
  }

  /** Blocks in the colours of their grids, which the pointer can paint. */
  addBlocks(geometries: readonly GeoJSON.Geometry[], painter: Painter): Blocks {
    return new Blocks(this.canvas, this.overlays, () => this.style.shade, geometries, painter, (held) => (this.held = held));
  }

  /** Let features be dragged for which `grab` answers how; the answer ends it. */
  onGrab(grab: (features: MapFeature[]) => Drag | null): () => void {
    return grabOn(this.canvas, (point) => grab(this.at(point, 6)), (held) => (this.held = held));
  }

  /** Fit the drawing to its box after the page was laid out anew. */
  readonly resize = debounce(60, () => void this.canvas.resize());
}

function listenToMapKeys(element: HTMLElement, handler: (key: string) => boolean, onFocus: (focused: boolean) => void): () => void {
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || !handler(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const focus = (): void => onFocus(element.matches(":focus-visible"));
  const blur = (): void => onFocus(false);
  const all = [["keydown", key as EventListener], ["focus", focus], ["blur", blur]] as const;
  for (const [name, listener] of all) element.addEventListener(name, listener);
  return () => {
    onFocus(false);
    for (const [name, listener] of all) element.removeEventListener(name, listener);
  };
}

function listening<T>(list: T[], handler: T): () => void {
  list.push(handler);
  return () => {
    const index = list.indexOf(handler);
    if (index >= 0) list.splice(index, 1);
  };
}
