// What the pointer is on, as a small note beside it.
import { byId, h, replace } from "./dom.js";
import { nameOf, t, tn } from "./i18n.js";
import { buildingWord, categoryWord, gridWord, levelWord, stateWord, stationWord } from "./words.js";
import type { MapFeature, MapView } from "./map/view.js";

/** Name and a second line of a feature; null where it has nothing to say. */
export function describe({ layer, properties }: MapFeature): { name: string; more: string } | null {
  const name = nameOf(properties);
  const households = typeof properties["households"] === "number" ? tn("{n} household", "{n} households", properties["households"]) : "";
  const join = (...parts: unknown[]): string => parts.filter(Boolean).join(" · ");
  switch (layer) {
    case "areas":
      return { name, more: join(levelWord(properties["level"]), properties["code"]) };
    case "compounds":
      return { name, more: join(t("Compound"), properties["manager"]) };
    case "grids":
      return { name, more: join(gridWord(properties["kind"]), households) };
    case "buildings": {
      const floors = tn("{n} floor", "{n} floors", Number(properties["floors"] ?? 0));
      const address = String(properties["address"] ?? "");
      const lived = Number(properties["households"]) > 0 && households;
      return { name: name || address || buildingWord(properties["kind"]), more: join(name ? address : "", floors, lived) };
    }
    case "stations":
      return { name, more: stationWord(properties["kind"]) };
    case "patrol-routes":
      return { name, more: t("Patrol route") };
    case "incidents":
      return { name: categoryWord(properties["category"]), more: stateWord(properties["state"]) };
    default:
      return null;
  }
}

/** Show a note beside the pointer; a mouse only, a finger has none. */
export function showNames(map: MapView): void {
  const tip = byId("map-tip");
  if (!window.matchMedia("(hover: hover)").matches) return;
  map.onHover((feature, { x, y }) => {
    const told = feature && describe(feature);
    tip.hidden = !told?.name;
    if (!told) return;
    replace(tip, told.name, told.more && h("small", {}, told.more));
    const stage = byId("stage");
    const left = x + 16 + tip.offsetWidth > stage.clientWidth ? x - 12 - tip.offsetWidth : x + 16;
    const top = y + 16 + tip.offsetHeight > stage.clientHeight ? y - 12 - tip.offsetHeight : y + 16;
    tip.style.left = `${Math.max(left, 4)}px`;
    tip.style.top = `${Math.max(top, 4)}px`;
  });
}
