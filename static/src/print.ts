// Puts the panel on paper: by day whatever the screen's theme is, the map above, then what the panel tells.
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import type { MapView } from "./map/view.js";

/** Print what the panel shows, with the map as it is. */
export async function printPanel(map: MapView): Promise<void> {
  const { dataset } = document.documentElement;
  const theme = dataset["theme"];
  const picture = h("img", { class: "print-map", src: await map.picture("day"), alt: t("Map") });
  await picture.decode();
  document.querySelector("#panel .panel-body")?.prepend(picture);
  dataset["theme"] = "day";
  document.body.dataset["printing"] = "panel";
  const end = (): void => {
    picture.remove();
    delete document.body.dataset["printing"];
    if (theme === undefined) delete dataset["theme"];
    else dataset["theme"] = theme;
  };
  window.addEventListener("afterprint", end, { once: true });
  window.print();
}

export function printButton(map: MapView): HTMLElement {
  return h("button", { class: "button", type: "button", "data-print": "panel", on: { click: () => void printPanel(map) } }, icon("printer", 18), t("Print"));
}
