// The stations that a scenario speaks of: those of the register, asked for once, and those that it adds.
import { api } from "../api.js";
import { nameOf } from "../i18n.js";
import type { Detail, StationDetail } from "../types.js";
import type { Content } from "./whatifContent.js";
import type { Known } from "./whatifMap.js";

export class KnownStations extends Map<number, Known> {
  /** Ask for those of the register that the scenario moves or shuts. */
  async takeAll({ moved, shut }: Content): Promise<void> {
    const ids = [...moved.map(({ id }) => id), ...shut].filter((id) => !this.has(id));
    await Promise.all(ids.map((id) => this.take(id)));
  }

  /** A station of the register. */
  async take(id: number): Promise<Known> {
    const { geometry, properties } = await api.get<Detail<StationDetail>>(`/stations/${id}`);
    const [lon = 0, lat = 0] = geometry.type === "Point" ? geometry.coordinates : [];
    const known = { id, kind: properties.kind, name: nameOf(properties), lon, lat };
    this.set(id, known);
    return known;
  }
}
