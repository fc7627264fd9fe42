// A line over the map that is dragged: blocks left of it are coloured as before, blocks right of it as the plan has them.
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import type { MapView } from "../map/view.js";
import { NO_GRID, type Ground } from "./plan.js";

interface Sides {
  ground: Ground;
  /** A place in each block: lon, lat, lon, lat … */
  middles: Float64Array;
  left: ReadonlyMap<number, number>;
  right: ReadonlyMap<number, number>;
  words: readonly [string, string];
  /** Colour the map by these. */
  show: (mixed: Map<number, number>) => void;
}

const STEPS = 200;

/** Put the line on the map; the answer takes it away. */
export function startSwipe(map: MapView, { ground, middles, left, right, words, show }: Sides): () => void {
  const line = h("div", { class: "swipe-line", "aria-hidden": "true" }, h("span", {}, words[0]), h("span", {}, words[1]), h("b", {}, "‹ ›"));
  const range = h("input", { type: "range", class: "swipe-range", min: 0, max: STEPS, value: STEPS / 2, "aria-label": t("Where the line between both stands") });
  const stage = h("div", { class: "swipe" }, range, line);
  byId("stage").append(stage);
  let frame = 0;
  const paint = (): void => {
    frame = 0;
    const share = Number(range.value) / STEPS;
    line.style.setProperty("left", `${share * 100}%`);
    const { clientWidth: width, clientHeight: height } = stage;
    // The line on the ground: what lies left of it on the screen lies left of it there too, however the map is turned.
    const [top, foot] = [map.placeAt({ x: stage.offsetLeft + share * width, y: 0 }), map.placeAt({ x: stage.offsetLeft + share * width, y: height })];
    const mixed = new Map<number, number>();
    for (const [at, block] of ground.blocks.id.entries()) {
      const [lon, lat] = [(middles[2 * at] ?? 0) - top.lon, (middles[2 * at + 1] ?? 0) - top.lat];
      const side = (foot.lon - top.lon) * lat - (foot.lat - top.lat) * lon;
      mixed.set(block, (side < 0 ? left : right).get(block) ?? NO_GRID);
    }
    show(mixed);
  };
  const later = (): void => void (frame ||= requestAnimationFrame(paint));
  range.addEventListener("input", later);
  const still = map.onMove(later);
  paint();
  return () => {
    cancelAnimationFrame(frame);
    still();
    stage.remove();
  };
}
