// The list twin: what the map shows of a layer, as a table for the keyboard, screen readers and those who like tables.
import { debounce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { language, number, t } from "../i18n.js";
import { describe } from "../hover.js";
import { LAYERS, type LayerRow } from "../map/layers.js";
import { boundsOf, empty } from "./parts.js";
import type { MapFeature } from "../map/view.js";
import type { Session } from "../session.js";
import type { Sheet } from "./panel.js";

const MOST = 300;

/** Open the list of what is in view; it follows the map until it is closed. */
export function openList(session: Session): void {
  const rows = LAYERS.filter(({ subject, id }) => subject && session.store.get().layers.has(id));
  let layer = rows.find(({ id }) => id === "grids") ?? rows[0];
  if (!layer) return;
  const body = h("div", { class: "list-rows" });
  const choose = h(
    "select",
    { id: "list-layer", on: { change: () => ((layer = rows.find(({ id }) => id === choose.value) ?? layer), fill()) } },
    rows.map((row) => h("option", { value: row.id, selected: row === layer }, row.label())),
  );
  const fill = (): void => {
    if (layer) fillRows(session, layer, body, sheet);
  };
  const content = h("div", { class: "stack" }, h("div", { class: "field" }, h("label", { for: "list-layer" }, t("Layer")), choose), body);
  const stop = session.map.onIdle(debounce(150, fill));
  const sheet = session.panel.open(t("What the map shows"), content, { icon: "list", onClose: stop });
  fill();
  choose.focus();
}

function fillRows(session: Session, layer: LayerRow, body: HTMLElement, sheet: Sheet): void {
  const zoom = session.map.look().zoom;
  const found = zoom < layer.minzoom ? [] : session.map.shown(layer.id);
  const named = found.map((feature) => ({ feature, told: describe(feature) ?? { name: feature.id, more: "" } }));
  const collator = new Intl.Collator(language() === "zh" ? "zh-CN" : "en", { numeric: true });
  named.sort((one, other) => collator.compare(one.told.name, other.told.name));
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["row"] : undefined;
  sheet.setTitle(t("What the map shows"), t("{n} in view", { n: named.length }));
  if (!named.length) {
    replace(body, empty(layer.icon, zoom < layer.minzoom ? t("Zoom in to see this layer.") : t("Nothing of this layer is in view.")));
    return;
  }
  replace(
    body,
    h(
      "table",
      { class: "rows" },
      h("caption", { class: "unseen" }, layer.label()),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, layer.label()))),
      h("tbody", {}, named.slice(0, MOST).map(({ feature, told }) => row(session, layer, feature, told))),
    ),
    named.length > MOST ? h("p", { class: "quiet small" }, t("The first {n} are listed. Zoom in for the others.", { n: number(MOST) })) : null,
  );
  if (focused) body.querySelector<HTMLElement>(`[data-row="${CSS.escape(focused)}"]`)?.focus();
}

function row(session: Session, layer: LayerRow, feature: MapFeature, told: { name: string; more: string }): HTMLElement {
  const click = (): void => {
    const box = boundsOf(feature.geometry);
    if (layer.subject) session.select({ kind: layer.subject, id: feature.id }, { zoom: true });
    if (box && feature.geometry.type === "Point") session.map.flyTo({ lon: box[0], lat: box[1] }, 17);
  };
  const hover = (on: boolean) => (): void => session.map.mark("hover", on ? feature : null);
  const attributes = {
    class: "row", type: "button", "data-row": feature.id,
    on: { click, focus: hover(true), blur: hover(false), pointerenter: hover(true), pointerleave: hover(false), keydown: arrows },
  };
  return h("tr", {}, h("td", {}, h("button", attributes, icon(layer.icon, 18), h("span", {}, told.name || feature.id), h("span", { class: "more" }, told.more))));
}

/** Up and down move between rows. */
function arrows(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...document.querySelectorAll<HTMLElement>(".list-rows .row")];
  all[all.indexOf(event.currentTarget as HTMLElement) + step]?.focus();
  event.preventDefault();
}
