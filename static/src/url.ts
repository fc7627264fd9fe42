// The address holds the state: ?at=15.2/31.2304/121.4737&layers=grids,buildings&sel=grid:12&flags=infant&lang=en&theme=night
// Reading and writing are pure; follow() ties them to the history. Only what differs from the default is written.
import type { State, Store } from "./state.js";
import type { Subject, SubjectKind, View } from "./types.js";
import { debounce } from "./dom.js";

const KINDS: readonly SubjectKind[] = ["area", "compound", "grid", "building", "station", "patrol-route", "incident"];

/** The part of the state that `search` ("?at=…") states; wrong values are left out. */
export function read(search: string, known: ReadonlySet<string>): Partial<State> {
  const given = new URLSearchParams(search);
  const found: Partial<State> = {};
  const view = readView(given.get("at"));
  if (view) found.view = view;
  const layers = given.get("layers");
  if (layers !== null) found.layers = new Set(layers.split(",").filter((id) => known.has(id)));
  const flags = given.get("flags");
  found.flags = flags === null ? null : new Set(flags.split(",").filter((kind) => /^[a-z0-9_]+$/.test(kind)));
  found.selection = readSubject(given.get("sel"));
  const language = given.get("lang");
  if (language === "zh" || language === "en") found.language = language;
  const theme = given.get("theme");
  if (theme === "day" || theme === "night") found.theme = theme;
  return found;
}

function readView(text: string | null): View | null {
  const [zoom, lat, lon, bearing = 0, pitch = 0] = (text ?? "").split("/").map(Number);
  const all = [zoom, lat, lon, bearing, pitch];
  if (zoom === undefined || lat === undefined || lon === undefined || all.some((v) => !Number.isFinite(v))) return null;
  if (Math.abs(lat) > 85 || Math.abs(lon) > 180 || zoom < 0 || zoom > 24) return null;
  return { zoom, lat, lon, bearing, pitch: Math.min(Math.max(pitch, 0), 70) };
}

function readSubject(text: string | null): Subject | null {
  const match = /^([a-z-]+):([0-9a-f-]{1,36})$/.exec(text ?? "");
  const kind = KINDS.find((known) => known === match?.[1]);
  return kind && match?.[2] ? { kind, id: match[2] } : null;
}

/** "?at=…" for a state; `defaults` are the layers that need no mention. */
export function write(state: State, defaults: ReadonlySet<string>): string {
  const parts: string[] = [];
  if (state.view) parts.push(`at=${writeView(state.view)}`);
  if (!sameSet(state.layers, defaults)) parts.push(`layers=${[...state.layers].join(",")}`);
  if (state.flags) parts.push(`flags=${[...state.flags].join(",")}`);
  if (state.selection) parts.push(`sel=${state.selection.kind}:${state.selection.id}`);
  if (state.theme !== "auto") parts.push(`theme=${state.theme}`);
  parts.push(`lang=${state.language}`);
  return `?${parts.join("&")}`;
}

function writeView(view: View): string {
  const parts = [view.zoom.toFixed(2), view.lat.toFixed(5), view.lon.toFixed(5)];
  if (view.bearing || view.pitch) parts.push(view.bearing.toFixed(0), view.pitch.toFixed(0));
  return parts.join("/");
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}

/** Write every change into the address; a change of selection or layers is a step that "back" undoes. */
export function follow(
  store: Store,
  layers: { known: ReadonlySet<string>; defaults: ReadonlySet<string> },
  onReturn: (found: Partial<State>) => void,
): void {
  let returning = false;
  const put = (push: boolean): void => {
    const address = write(store.get(), layers.defaults) + location.hash; // an act may keep its own part there
    if (address === location.search + location.hash) return;
    if (push) history.pushState(null, "", address);
    else history.replaceState(history.state, "", address);
  };
  const later = debounce(250, () => put(false));
  store.on(["view", "theme"], later);
  store.on(["selection", "layers", "flags"], () => {
    if (!returning) put(true);
  });
  window.addEventListener("popstate", () => {
    returning = true;
    onReturn({ layers: layers.defaults, ...read(location.search, layers.known) });
    returning = false;
  });
}
