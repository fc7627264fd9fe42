// What acts draw over the map: data of their own, and colours given to features of the tiles. By day and by night.
import type { GeoJSONSource, LayerSpecification, Map as Canvas } from "maplibre-gl";
import type { Shade } from "./palette.js";
import { OVERLAYS_BELOW } from "./style.js";

/** A MapLibre layer without id and source; `above` puts it over labels and stations, `night` is its paint by night. */
export type OverlayLayer = { type: LayerSpecification["type"]; above?: boolean; night?: Record<string, unknown>; [name: string]: unknown };

export interface Overlay {
  set(data: GeoJSON.FeatureCollection | GeoJSON.Feature): void;
  remove(): void;
}

export interface Colouring {
  /** A number for each feature, by its id; the others have none. */
  set(values: ReadonlyMap<number, number>): void;
  remove(): void;
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export class Overlays {
  private readonly layers = new Map<string, OverlayLayer>();
  /** The ids of layers whose features can be pressed. */
  readonly pressed = new Set<string>();

  constructor(private readonly canvas: Canvas, private shade: Shade) {}

  /** Paint what is drawn for day or night. */
  dress(shade: Shade): void {
    if (shade === this.shade) return;
    this.shade = shade;
    for (const [id, { night, paint }] of this.layers) {
      for (const name of Object.keys(night ?? {})) {
        const value = shade === "night" ? night?.[name] : (paint as Record<string, unknown>)[name];
        this.canvas.setPaintProperty(id, name as never, value as never);
      }
    }
  }

  /** Draw data of your own; give features an `id` to have them pressed (`layer` of the MapFeature is then "<id>-<n>"). */
  add(id: string, data: GeoJSON.FeatureCollection | GeoJSON.Feature = EMPTY, layers: OverlayLayer[] = []): Overlay {
    if (this.canvas.getSource(id)) throw new Error(`There is an overlay "${id}" already`);
    this.canvas.addSource(id, { type: "geojson", data });
    const ids = layers.map((layer, index) => this.place(`${id}-${index}`, layer, { source: id }, layer.above ? undefined : OVERLAYS_BELOW));
    for (const name of ids) this.pressed.add(name);
    return {
      set: (next) => void this.canvas.getSource<GeoJSONSource>(id)?.setData(next),
      remove: () => {
        this.take(ids);
        if (this.canvas.getSource(id)) this.canvas.removeSource(id);
      },
    };
  }

  /** Colour features of a tile layer by numbers of your own, which paint finds as ["feature-state", name]; above `below`. */
  colour(source: string, name: string, layers: OverlayLayer[], below = OVERLAYS_BELOW): Colouring {
    const ids = layers.map((layer, index) => this.place(`${name}-${source}-${index}`, layer, { source, "source-layer": source }, below));
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
        this.take(ids);
        clear();
      },
    };
  }

  private place(id: string, layer: OverlayLayer, where: Record<string, string>, below: string | undefined): string {
    const { above: _above, night, ...rest } = layer;
    const paint = this.shade === "night" ? { ...(rest["paint"] as object), ...night } : rest["paint"];
    this.canvas.addLayer({ ...rest, ...(paint ? { paint } : {}), ...where, id } as unknown as LayerSpecification, below);
    this.layers.set(id, layer);
    return id;
  }

  private take(ids: readonly string[]): void {
    for (const id of ids) {
      this.layers.delete(id);
      this.pressed.delete(id);
      if (this.canvas.getLayer(id)) this.canvas.removeLayer(id);
    }
  }
}
