// Starts the map page: reads the address, asks who is here, builds the map and everything around it, follows changes.
import { api, sentenceOf } from "./api.js";
import { byId, debounce, h, onPhone } from "./dom.js";
import { icon } from "./icons.js";
import { loadLanguage, t, type Language } from "./i18n.js";
import { Store, type State, type Theme } from "./state.js";
import { follow, read } from "./url.js";
import { DEFAULT_LAYERS, LAYER_IDS, LAYERS } from "./map/layers.js";
import { MapView } from "./map/view.js";
import type { Shade } from "./map/palette.js";
import { readPlace } from "./map/place.js";
import { PanelFrame } from "./panels/panel.js";
import { LayersPanel } from "./panels/layers.js";
import { SubjectPanel } from "./panels/subject.js";
import { showBar } from "./bar.js";
import { listenToKeys, showControls } from "./controls.js";
import { followChanges } from "./events.js";
import { showNames } from "./hover.js";
import { offerPlaces } from "./menu.js";
import { Search } from "./search.js";
import { Toolbar } from "./toolbar.js";
import { registeredActs } from "./acts/registry.js";
import { toast } from "./toasts.js";
import type { Session } from "./session.js";
import type { Bounds, FlagKind, Me, Subject, SubjectKind, View } from "./types.js";
import "./acts/index.js";

interface Known {
  me: Me;
  versions: Record<string, number>;
  flagKinds: FlagKind[];
}

/** Which open panel a change of a dataset concerns. */
const CONCERNS: Readonly<Record<string, readonly SubjectKind[]>> = {
  areas: ["area", "compound"],
  grids: ["grid"],
  buildings: ["building"],
  flags: ["building"],
  stations: ["station"],
  patrol_routes: ["patrol-route", "grid"],
  incidents: ["incident"],
};

async function start(): Promise<void> {
  const asked = read(location.search, LAYER_IDS);
  const spoken: Language = asked.language ?? (document.documentElement.lang.startsWith("en") ? "en" : "zh");
  const [known] = await Promise.all([ask(), loadLanguage(spoken)]);
  const store = new Store({
    view: null,
    layers: DEFAULT_LAYERS,
    flags: null,
    selection: null,
    theme: rememberedTheme(),
    ...asked,
    language: spoken,
  });
  dress(store.get().theme);
  new Page(store, known, asked.view ?? null).run();
}

async function ask(): Promise<Known> {
  const [me, versions, flagKinds] = await Promise.all([
    api.get<Me>("/me"),
    api.get<Record<string, number>>("/versions"),
    api.get<FlagKind[]>("/flag-kinds"),
  ]);
  return { me, versions, flagKinds };
}

function rememberedTheme(): Theme {
  const kept = localStorage.getItem("theme");
  return kept === "day" || kept === "night" ? kept : "auto";
}

function shadeOf(theme: Theme): Shade {
  if (theme !== "auto") return theme;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day";
}

function dress(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** A view that holds a box, for a screen of the map's size: exact enough until fitBounds can do it. */
function viewOf([west, south, east, north]: Bounds): View {
  const lat = (south + north) / 2;
  const { clientWidth: width, clientHeight: height } = byId("map");
  const across = (360 * width) / (512 * Math.max(east - west, 1e-4));
  const down = (360 * height * Math.cos((lat * Math.PI) / 180)) / (512 * Math.max(north - south, 1e-4));
  const zoom = Math.min(Math.log2(Math.min(across, down)) - 0.15, 17);
  return { lon: (west + east) / 2, lat, zoom, bearing: 0, pitch: 0 };
}

/** Where a zone that somebody has sent on begins: its neighbourhood is drawn at once, and not the whole area before. */
function sharedPlace(hash: string): View | null {
  const [, lon, lat] = /^#zone=(-?[\d.]+),(-?[\d.]+)/.exec(hash) ?? [];
  const place = readPlace(`${lon},${lat}`);
  return typeof place === "string" ? null : { ...place, zoom: 15, bearing: 0, pitch: 0 };
}

class Page {
  private readonly session: Session;
  private readonly toolbar: Toolbar;
  private readonly subject: SubjectPanel;
  private readonly layers: LayersPanel;

  constructor(
    private readonly store: Store,
    private readonly known: Known,
    asked: View | null,
  ) {
    const { me, versions, flagKinds } = known;
    const panel = new PanelFrame();
    const home = (me.grid ?? me.area).bbox;
    const shared = asked ?? sharedPlace(location.hash);
    const map = this.map(panel, versions, shared ?? viewOf(home));
    panel.onChange(() => map.makeRoom());
    this.session = {
      me, store, map, panel, flagKinds,
      select: (subject, options) => this.select(subject, options?.zoom ?? false, options?.dwelling),
      act: (id, given) => this.toolbar.start(id, given ?? {}),
    };
    this.toolbar = new Toolbar(() => this.session);
    this.subject = new SubjectPanel(this.session);
    // made last: it tells how much of the map it covers
    this.layers = new LayersPanel(store, panel, flagKinds, () => shadeOf(store.get().theme), () => map.look().zoom);
    if (!shared) map.fitBounds(home, { maxZoom: 17, duration: 0 });
  }

  private map(panel: PanelFrame, versions: Record<string, number>, start: View): MapView {
    const { layers, flags, language, theme } = this.store.get();
    const { flagKinds } = this.known;
    return new MapView(byId("map"), {
      start,
      versions: { ...versions },
      style: { shade: shadeOf(theme), language, on: layers, flagKinds, flags, tilted: start.pitch > 5, quiet: false },
      covered: () => ({ ...panel.covers(), left: this.layers.covers() }),
      onTrouble: trouble(),
    });
  }

  run(): void {
    const { session, store } = this;
    const parts = { layers: this.layers, search: new Search(session), toolbar: this.toolbar };
    showBar(session);
    this.toolbar.show();
    showControls(session, parts);
    listenToKeys(session, parts);
    showNames(session.map);
    offerPlaces(session);
    this.listen();
    follow(store, { known: LAYER_IDS, defaults: DEFAULT_LAYERS }, (found) => this.goBack(found));
    void this.layers.count();
    void session.map.ready.then(() => this.arrive());
    followChanges(this.known.versions, (dataset, version) => this.changed(dataset, version));
  }

  private async arrive(): Promise<void> {
    const { selection, view } = this.store.get();
    this.store.set({ view: this.session.map.look() });
    if (selection) await this.subject.show(selection, view === null);
    this.takeShared();
    window.addEventListener("hashchange", () => this.takeShared()); // a link pasted into the page that is open
    document.body.dataset["ready"] = "true";
  }

  /** Start the act whose question somebody has sent on. */
  private takeShared(): void {
    const { hash } = location;
    const word = /^#([a-z]+)=/.exec(hash)?.[1];
    const shared = registeredActs().find((act) => (act.address ?? act.id) === word);
    if (!shared) return;
    // What runs takes its own part of the address away as it ends, which by now is the link's.
    this.toolbar.end();
    if (location.hash !== hash) history.replaceState(history.state, "", location.pathname + location.search + hash);
    this.toolbar.start(shared.id, {});
  }

  private listen(): void {
    const { store } = this;
    const { map } = this.session;
    map.onPress((_at, features) => this.press(features[0] ? subjectOf(features[0].layer, features[0].id) : null));
    map.onMove((view) => store.set({ view }));
    map.onBusy((busy) => (byId("progress").hidden = !busy));
    store.on(["layers", "flags"], ({ layers, flags }) => map.restyle({ on: layers, flags }));
    store.on(["theme"], ({ theme }) => {
      dress(theme);
      map.restyle({ shade: shadeOf(theme) });
    });
    store.on(["view"], ({ view }, { view: before }) => {
      const crossed = LAYERS.some(({ minzoom }) => (view?.zoom ?? 0) < minzoom !== (before?.zoom ?? 0) < minzoom);
      if (crossed) this.layers.draw();
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      if (store.get().theme === "auto") {
        map.restyle({ shade: shadeOf("auto") });
        this.layers.draw();
      }
    });
    window.addEventListener("resize", debounce(200, () => (byId("layers").hidden = onPhone() && !byId("panel").contains(byId("layers")))));
  }

  private press(subject: Subject | null): boolean {
    this.select(subject, false);
    return true;
  }

  private select(subject: Subject | null, zoom: boolean, dwelling?: number): void {
    const before = this.store.get().selection;
    const same = before?.kind === subject?.kind && before?.id === subject?.id;
    if (same && dwelling === undefined && (subject === null || this.session.panel.isOpen)) return;
    this.store.set({ selection: subject });
    void this.subject.show(subject, zoom, dwelling);
  }

  /** A step back or forward in the browser. */
  private goBack(found: Partial<State>): void {
    const { selection = null, view, layers = DEFAULT_LAYERS, flags = null } = found;
    this.store.set({ layers, flags });
    this.select(selection, false);
    if (view) this.session.map.jumpTo(view);
  }

  private changed(dataset: string, version: number): void {
    this.session.map.refresh(dataset, version);
    this.countLater();
    const { kind } = this.subject;
    if (kind && CONCERNS[dataset]?.includes(kind)) void this.subject.reload();
  }

  private readonly countLater = debounce(400, () => void this.layers.count());
}

function subjectOf(layer: string, id: string): Subject | null {
  const kind = LAYERS.find((row) => row.id === layer)?.subject;
  return kind && id ? { kind, id } : null;
}

/** Say once a minute at most that tiles do not come. */
function trouble(): (status: number) => void {
  let said = -Infinity;
  return (status) => {
    if (performance.now() - said < 60000) return;
    said = performance.now();
    const sentence =
      status === 401
        ? t("You are no longer logged in. Reload the page to log in again.")
        : t("Parts of the map could not be loaded. They are tried again when you move the map.");
    toast(sentence, { kind: "error" });
  };
}

function fail(error: unknown): void {
  console.warn(error);
  const reload = { class: "button button-main", type: "button", on: { click: () => location.reload() } };
  const again = h("button", reload, icon("refresh", 18), t("Reload the page"));
  const lacking = error instanceof Error && /webgl/i.test(error.message);
  const message = lacking ? t("This browser cannot draw the map: it lacks WebGL 2.") : sentenceOf(error);
  byId("stage").append(h("div", { class: "blank", role: "alert" }, icon("warning", 36), h("p", {}, message), again));
}

start().catch(fail);
