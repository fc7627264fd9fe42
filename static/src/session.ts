// What every part of the page shares once it has started.
import type { Store } from "./state.js";
import type { MapView } from "./map/view.js";
import type { PanelFrame } from "./panels/panel.js";
import type { FlagKind, LngLat, Me, Subject } from "./types.js";

export interface Session {
  readonly me: Me;
  readonly store: Store;
  readonly map: MapView;
  readonly panel: PanelFrame;
  readonly flagKinds: readonly FlagKind[];
  /** Select a subject, as a press on the map does; null closes its panel. `zoom` moves the map there, `dwelling` opens a door. */
  readonly select: (subject: Subject | null, options?: { zoom?: boolean; dwelling?: number }) => void;
  /** Start the act with this id for a place or a subject. */
  readonly act: (id: string, given?: { place?: LngLat; subject?: Subject & { name: string } }) => void;
}
