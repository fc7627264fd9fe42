// A line over the map that is dragged: what was before is left of it, the plan right of it.
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import type { Halves, MapView } from "../map/view.js";

const STEPS = 400;

/** Put the line on the map; the answer takes it away. */
export function startSwipe(map: MapView, halves: Halves, words: readonly [string, string]): () => void {
  const line = h("div", { class: "swipe-line", "aria-hidden": "true" }, h("span", {}, words[0]), h("span", {}, words[1]), h("b", {}, "‹ ›"));
  const range = h("input", { type: "range", class: "swipe-range", min: 0, max: STEPS, value: STEPS / 2, "aria-label": t("Where the line between both stands") });
  const stage = h("div", { class: "swipe" }, range, line);
  byId("stage").append(stage);
  const cut = (): void => {
    const share = Number(range.value) / Number(range.max);
    line.style.setProperty("left", `${share * 100}%`);
    halves.cut(stage.getBoundingClientRect().left - byId("map").getBoundingClientRect().left + share * stage.clientWidth);
  };
  range.addEventListener("input", cut);
  const sized = new ResizeObserver(cut);
  sized.observe(stage);
  const still = map.onMove(cut); // other names are left of it
  cut();
  return () => {
    sized.disconnect();
    still();
    halves.remove();
    stage.remove();
  };
}
