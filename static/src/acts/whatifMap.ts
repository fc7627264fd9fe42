// A scenario on the map: the zone that follows, what is closed, and a handle on everything that was put somewhere.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import type { Handle } from "../map/handles.js";
import type { Sketch } from "../map/sketch.js";
import { stationColour } from "../map/palette.js";
import type { MapFeature, MapView, Overlay, OverlayLayer } from "../map/view.js";
import type { LngLat } from "../types.js";
import type { Closure, Content } from "./whatifContent.js";
import { closedOf, zonesOf, type Picture } from "./whatifLive.js";
import { colourOf, zoneLayers } from "./zoneStyle.js";

/** A station as the page knows it: of the register, or added. */
export interface Known extends LngLat {
  id: number;
  kind: string;
  name: string;
}

export interface Hands {
  /** A station, or the incident (null), is held at a place. */
  move(station: Known | null, at: LngLat): void;
  end(): void;
  /** A press on a station, or on none of them (null). */
  choose(station: Known | null): void;
}

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const FLOOD = "#0b6bcb";
const CLOSED = "#c0161d";
const of = (shape: string): unknown => ["==", ["get", "shape"], shape];
const CLOSURE_LAYERS: OverlayLayer[] = [
  { type: "fill", filter: of("flood"), paint: { "fill-color": FLOOD, "fill-opacity": 0.28 } },
  { type: "line", filter: of("flood"), paint: { "line-color": FLOOD, "line-width": 2 } },
  { type: "line", filter: of("shut"), layout: { "line-cap": "round" }, paint: { "line-color": "#ffffff", "line-width": 7 } },
  { type: "line", filter: of("shut"), paint: { "line-color": CLOSED, "line-width": 4.5, "line-dasharray": [1.2, 0.9] } },
  { type: "line", above: true, filter: of("barrier"), layout: { "line-cap": "round" }, paint: { "line-color": "#ffffff", "line-width": 8 } },
  { type: "line", above: true, filter: of("barrier"), layout: { "line-cap": "round" }, paint: { "line-color": CLOSED, "line-width": 5 } },
  { type: "line", filter: of("way"), paint: { "line-color": "#5b3fa8", "line-width": 2.5, "line-dasharray": [2, 2] } },
  { type: "circle", above: true, filter: of("from"), paint: { "circle-radius": 17, "circle-color": "#ffffff", "circle-opacity": 0.72 } },
];

export class ScenarioMap {
  private readonly zone: Overlay;
  private readonly marks: Overlay;
  private readonly sketch: Sketch;
  private sketched = false;
  private readonly handles = new Map<number, { handle: Handle; element: HTMLElement }>(); // 0: the incident
  private readonly stops: (() => void)[];
  private shut: GeoJSON.Feature = closedOf({ closed: null } as Picture);

  constructor(private readonly map: MapView, private readonly hands: Hands) {
    this.zone = map.addOverlay("whatif-zone", NOTHING, zoneLayers().filter(({ type }) => type !== "symbol"));
    this.marks = map.addOverlay("whatif-marks", NOTHING, CLOSURE_LAYERS);
    this.sketch = map.addSketch((properties) => (properties?.["minutes"] ? colourOf(Number(properties["minutes"]), map.shade) : CLOSED));
    this.stops = [
      map.onPress((_at, features) => {
        hands.choose(stationOf(features));
        return true; // another panel would take the place of this one
      }),
      map.onGrab((features) => {
        const station = stationOf(features);
        return station && { move: (at) => hands.move(station, at), end: () => hands.end() };
      }),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
    for (const { handle } of this.handles.values()) handle.remove();
    this.handles.clear();
    this.sketch.remove();
    this.zone.remove();
    this.marks.remove();
  }

  /** Draw what the server answered: as a sketch while something moves. */
  picture(picture: Picture, moving: boolean): void {
    const zones = zonesOf(picture);
    if (moving) {
      if (!this.sketched) this.zone.set(NOTHING);
      this.sketch.draw(zones);
    } else {
      this.zone.set(zones);
      this.sketch.clear();
    }
    this.sketched = moving;
    if (picture.closed) this.shut = closedOf(picture);
  }

  /** Draw the scenario; `stations` knows where the register has those that moved or are shut. */
  draw(content: Content, stations: ReadonlyMap<number, Known>, chosen: Known | null): void {
    if (!content.closures.length) this.shut = closedOf({ closed: null } as Picture);
    const ways = content.moved.flatMap((to) => {
      const from = stations.get(to.id);
      return from ? [line("way", [[from.lon, from.lat], [to.lon, to.lat]]), spot(from)] : [];
    });
    const gone = content.shut.flatMap((id) => stations.get(id) ?? []);
    this.marks.set({
      type: "FeatureCollection",
      features: [...content.closures.flatMap(drawn), { ...this.shut, properties: { shape: "shut" } }, ...ways, ...gone.map(spot)],
    });
    const wanted = new Map<number, [LngLat, () => HTMLElement, Known | null]>();
    for (const one of content.added) wanted.set(one.id, [one, () => badge(one.kind, t("{name}, new", { name: one.name }), "added"), one]);
    for (const to of content.moved) {
      const station = stations.get(to.id);
      if (station) wanted.set(to.id, [to, () => badge(station.kind, t("{name}, moved", { name: station.name }), "moved"), station]);
    }
    for (const station of gone) wanted.set(station.id, [station, () => badge(station.kind, t("{name}, closed", { name: station.name }), "shut"), station]);
    if (chosen && !wanted.has(chosen.id)) wanted.set(chosen.id, [chosen, () => badge(chosen.kind, chosen.name, "chosen"), chosen]);
    if (content.incident) wanted.set(0, [content.incident, () => badge("alert", t("Incident"), "incident"), null]);
    this.keep(wanted, chosen?.id ?? 0);
  }

  /** Let a handle go along while what it stands for is dragged by another hand. */
  follow(id: number, at: LngLat): void {
    this.handles.get(id)?.handle.put(at);
  }

  /** Give the keyboard the handle of a station. */
  focus(id: number): void {
    this.handles.get(id)?.element.focus({ preventScroll: true });
  }

  private keep(wanted: Map<number, [LngLat, () => HTMLElement, Known | null]>, chosen: number): void {
    for (const [id, { handle, element }] of this.handles) {
      const [, make] = wanted.get(id) ?? [];
      if (make?.().className === element.dataset["made"]) continue;
      handle.remove();
      this.handles.delete(id);
    }
    for (const [id, [at, make, station]] of wanted) {
      const held = this.handles.get(id);
      if (held) held.handle.put(at);
      else this.add(id, at, make(), station);
      this.handles.get(id)?.element.toggleAttribute("data-chosen", id === chosen);
    }
  }

  private add(id: number, at: LngLat, element: HTMLElement, station: Known | null): void {
    element.dataset["made"] = element.className;
    element.dataset["handle"] = String(id);
    element.addEventListener("click", () => this.hands.choose(station));
    const handle = this.map.addHandle(element, at, { move: (to) => this.hands.move(station, to), end: () => this.hands.end() });
    this.handles.set(id, { handle, element });
  }
}

function badge(kind: string, name: string, how: string): HTMLElement {
  const colour = how === "incident" ? CLOSED : stationColour(kind);
  return h(
    "button",
    { class: `handle handle-${how}`, type: "button", title: name, "aria-label": how === "shut" ? name : t("{name}: drag, or move with the arrow keys", { name }), style: { background: colour } },
    icon(kind, 20),
  );
}

/** The station among the features of a press; null where there is none. */
function stationOf(features: readonly MapFeature[]): Known | null {
  const found = features.find(({ layer, geometry }) => layer === "stations" && geometry.type === "Point");
  if (found?.geometry.type !== "Point") return null;
  const [lon = 0, lat = 0] = found.geometry.coordinates;
  const { kind, name } = found.properties;
  return { id: Number(found.id), kind: String(kind), name: String(name ?? ""), lon, lat };
}

function drawn({ shape, points }: Closure): GeoJSON.Feature[] {
  if (shape === "barrier") return [line("barrier", points)];
  if (shape === "flood") return [{ type: "Feature", geometry: { type: "Polygon", coordinates: [[...points, points[0] ?? [0, 0]]] }, properties: { shape } }];
  return []; // a piece of road is drawn as it is closed
}

function line(shape: string, coordinates: [number, number][]): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "LineString", coordinates }, properties: { shape } };
}

function spot({ lon, lat }: LngLat): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { shape: "from" } };
}
