// What /coverage answers, as far as the act uses it.
import type { Bounds, Named } from "../types.js";

export interface View {
  key: string;
  name: string;
  told: string;
  icon: string;
  kinds: string[];
  mode: string;
  minutes: number;
}

export interface Views {
  presets: View[];
  modes: string[];
  areas: (Named & { level: string; parent_id: number | null })[];
  stations: Record<string, number>;
}

export interface Question {
  /** The named view that it is, unchanged; null where it is a question of one's own. */
  preset: string | null;
  kinds: readonly string[];
  mode: string;
  minutes: number;
  open: boolean;
  /** null: the first district. */
  area: number | null;
  scenario: string | null;
}

export interface Counts {
  households: number;
  inside: number;
  outside: number;
  bands: number[];
  /** By kind, of the households outside; null where the person may see none. */
  flags: Record<string, number> | null;
}

export interface Row extends Counts, Named {
  lon: number;
  lat: number;
}

export interface Columns {
  id: number[];
  seconds: (number | null)[];
  households: number[];
  inside: number[];
}

export interface Coverage {
  question: { kinds: string[]; mode: string; minutes: number; area: number };
  area: Named & { level: string };
  box: Bounds;
  limit: number;
  bands: number[];
  stations: (Named & { kind: string; lon: number; lat: number; households: number })[];
  totals: Counts;
  communities: Row[];
  grids: Row[];
  buildings: Columns;
  assumptions: { key: string; text: string; value: number | null; unit: string | null }[];
}

export interface Door {
  id: number;
  building_id: number;
  name: string;
  name_en: string;
  address: string;
  label: string;
  community: string;
  community_en: string;
  grid: string;
  grid_en: string;
  lon: number;
  lat: number;
  seconds: number | null;
  households: number;
  outside: number;
  flags: Record<string, number> | null;
}

export interface Snapshot {
  id: number;
  name: string;
  made_by: number;
  made_by_name: string;
  made_at: string;
  area: string;
  area_en: string;
  question: { kinds: string[]; mode: string; minutes: number };
  totals: Counts;
}

type Side = Pick<Counts, "households" | "inside" | "outside">;

export interface Changed extends Named {
  lon: number;
  lat: number;
  before: Side;
  after: Side;
}

export interface Difference {
  before: Snapshot | null;
  after: Snapshot | null;
  same_question: boolean;
  totals: { before: Side; after: Side };
  communities: Changed[];
  grids: Changed[];
  buildings: { id: number[]; change: number[] };
}
