// Buttons over the map, and the keys that do the same.
import { byId, h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { showKeys } from "./bar.js";
import { locate } from "./locate.js";
import { LAYERS } from "./map/layers.js";
import { openList } from "./panels/list.js";
import type { LayersPanel } from "./panels/layers.js";
import type { Search } from "./search.js";
import type { Session } from "./session.js";
import type { Toolbar } from "./toolbar.js";

interface Parts {
  layers: LayersPanel;
  search: Search;
  toolbar: Toolbar;
}

export function showControls(session: Session, { layers }: Parts): void {
  const { map } = session;
  const button = (name: string, label: string, act: () => void, more = ""): HTMLButtonElement =>
    h("button", { class: `icon-button ${more}`, type: "button", "aria-label": label, title: label, on: { click: act } }, icon(name));
  const tilt = button("cube", t("Flat or standing buildings"), () => toggleTilt(session));
  tilt.setAttribute("aria-pressed", String(map.tilted));
  map.onMove(() => tilt.setAttribute("aria-pressed", String(map.tilted)));
  const group = (...buttons: HTMLElement[]): HTMLElement => {
    const wide = buttons.every((one) => one.classList.contains("wide"));
    return h("div", { class: wide ? "control-group wide" : "control-group" }, buttons);
  };
  replace(
    byId("map-controls"),
    group(
      button("layers", t("Layers and legend"), () => layers.openSheet(), "layers-button"),
      button("list", t("List of what the map shows"), () => openList(session)),
    ),
    group(button("home", t("Back to my area"), () => goHome(session), "wide"), button("locate", t("Where am I"), () => locate(session))),
    group(tilt, button("compass", t("Face north"), () => map.faceNorth(), "wide")),
    group(button("plus", t("Zoom in"), () => map.zoomBy(1), "wide"), button("minus", t("Zoom out"), () => map.zoomBy(-1), "wide")),
  );
  byId("skip-to-list").addEventListener("click", () => openList(session));
}

function goHome({ me, map }: Session): void {
  map.fitBounds((me.grid ?? me.area).bbox, { maxZoom: 17 });
}

function toggleTilt({ map }: Session): void {
  map.tilt(!map.tilted);
}

/** Keys that work wherever nothing is being typed. */
export function listenToKeys(session: Session, { search, toolbar }: Parts): void {
  const keys: Record<string, () => void> = {
    "/": () => search.focus(),
    "?": showKeys,
    l: () => openList(session),
    g: () => locate(session),
    h: () => goHome(session),
    "3": () => toggleTilt(session),
    "+": () => session.map.zoomBy(1),
    "=": () => session.map.zoomBy(1),
    "-": () => session.map.zoomBy(-1),
    Escape: () => void (toolbar.end() || session.panel.close()),
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || target.closest("input, textarea, select, dialog, [role=menu]")) return;
    const digit = event.altKey ? /^Digit(\d)$/.exec(event.code)?.[1] : undefined;
    const layer = digit ? LAYERS[Number(digit) - 1] : undefined;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const plain = event.altKey ? undefined : keys[key];
    const act = layer ? () => toggleLayer(session, layer.id) : plain;
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function toggleLayer({ store }: Session, id: string): void {
  const layers = new Set(store.get().layers);
  if (!layers.delete(id)) layers.add(id);
  store.set({ layers });
}
