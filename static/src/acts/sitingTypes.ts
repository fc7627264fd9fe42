// What the API answers about siting.
import type { Named } from "../types.js";

export interface Site {
  lon: number;
  lat: number;
  name: string;
  name_en: string;
  source: string;
  /** Households that it covers beside the existing stations and the sites before it. */
  households: number;
  /** Households that it reaches in all. */
  reached: number;
  flags: Record<string, number> | null;
}

export interface StationRow {
  id: number;
  kind: string;
  name: string;
  name_en: string;
  lon: number;
  lat: number;
}

export interface Question {
  area: number;
  mode: string;
  minutes: number;
  sites: number;
  sources: readonly string[];
  kinds: readonly string[];
  moves: number;
  weight: string;
  scenario: string | null;
}

export interface Siting {
  id: number;
  made_by: string;
  made_at: string;
  /** As it was asked; of a list of one's own only how long it was. */
  question: Question & { places: number };
  area: Named & { level: string };
  box: [number, number, number, number];
  candidates: number;
  sites: Site[];
  moved: StationRow[];
  standing: StationRow[];
  households: { all: number; before: number; after: number };
  lost: number;
  /** Whether the register still is as it was when this was asked. */
  current: boolean;
  proven: boolean;
  gap: number | null;
  job: number | null;
  doors: { sites: [number, number][][]; standing: [number, number][]; left: [number, number][] };
  assumptions: { key: string; text: string; value: number | null; unit: string | null }[];
}

export interface Past {
  id: number;
  made_by: string;
  made_at: string;
  area: Named;
  count: number;
  minutes: number;
  mode: string;
  proven: boolean;
}

export interface Known {
  areas: (Named & { level: string })[];
  stations: Record<string, number>;
  /** The kinds that count where nobody says otherwise. */
  kinds: readonly string[];
  sitings: Past[];
}
