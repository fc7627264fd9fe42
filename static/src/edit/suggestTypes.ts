// What a suggestion is asked with, and what comes of it.
import type { Scores } from "./scores.js";
import type { PlannedGrid } from "./plan.js";

export type Way = "new" | "least" | "chosen";

export const WEIGHTS = ["households", "compact", "roads", "compounds", "moved"] as const;
export type Weight = (typeof WEIGHTS)[number];

export const SEED_KINDS = ["school", "hospital", "mall", "office", "park"] as const;
export type SeedKind = (typeof SEED_KINDS)[number];

/** From how many m² of floors (a park: of ground) on a site becomes a dedicated grid where nobody says otherwise; as in gis/seeds.py. */
const USUAL_SIZE: Record<SeedKind, number> = { school: 5_000, hospital: 5_000, mall: 10_000, office: 10_000, park: 50_000 };

/** Blocks with a school, a park or the like, and what bars them from being a dedicated grid. */
export interface Site {
  readonly kind: SeedKind;
  readonly name: string;
  readonly name_en: string;
  readonly blocks: readonly number[];
  /** Those that live there in other buildings. */
  readonly households: number;
  /** m² of its floors, of the ground of a park */
  readonly size: number;
  /** m² of its blocks */
  readonly area: number;
  readonly bar: string | null;
  readonly why: string | null;
}

export interface Question {
  way: Way;
  /** The grids to be redone, where only some are. */
  grids: number[];
  stay: number[];
  together: number[][];
  dedicated: number[][];
  /** What else becomes dedicated grids: all sites of these kinds, but for those on blocks that are left out. */
  seeds: SeedKind[];
  left_out: number[];
  /** From how many m² on, by kind. */
  least: Record<SeedKind, number>;
  /** 0–5; 1 is usual. */
  weights: Record<Weight, number>;
  alternatives: number;
  seed: number;
}

/** What an alternative puts before the rest; eight times as dear as is asked for. */
export type Favour = "even" | "roads" | "compounds";

export interface Alternative {
  readonly seed: number;
  /** Not there in answers of before. */
  readonly favours?: Favour;
  /** The share of its search that is done, 0–1. */
  readonly done: number;
  readonly scores: Scores;
  readonly blocks: Readonly<Record<string, number>>;
  readonly grids: Readonly<Record<string, PlannedGrid>>;
}

export interface Impossible {
  readonly kind: string;
  readonly community: number;
  readonly blocks: readonly number[];
  readonly households: number;
  readonly text: string;
}

export interface Suggested {
  readonly alternatives: readonly Alternative[];
  readonly impossible: readonly Impossible[];
  /** Not there in answers of before. */
  readonly seeds?: readonly Site[];
  readonly version: number;
}

export const ALTERNATIVES = 3;

export function usualQuestion(): Question {
  return {
    way: "new", grids: [], stay: [], together: [], dedicated: [], seeds: [], left_out: [], least: { ...USUAL_SIZE },
    weights: { households: 1, compact: 1, roads: 1, compounds: 1, moved: 1 }, alternatives: ALTERNATIVES, seed: 1,
  };
}
