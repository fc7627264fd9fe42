// What a plan would do to whoever lives and works there, as the server tells it.

export interface GridRef {
  readonly code: string | null;
  readonly name: string;
  readonly name_en?: string;
}

/** A thing that changes grid. */
export interface Moving {
  readonly id: number | string;
  readonly name?: string | null;
  readonly name_en?: string | null;
  readonly address?: string | null;
  readonly households?: number;
  readonly lon?: number;
  readonly lat?: number;
  /** Of a station. */
  readonly kind?: string;
  /** Of an incident. */
  readonly category?: string;
  readonly reported_at?: string;
  /** Of a post, or of somebody who is appointed to a grid. */
  readonly what?: "post" | "appointment";
  readonly role?: string;
  readonly holder?: string | null;
  readonly from: GridRef | null;
  /** Null where nobody goes yet. */
  readonly to: GridRef | null;
  readonly worker_from?: string | null;
  readonly worker_to?: string | null;
}

export type Kind = "buildings" | "stations" | "posts" | "incidents" | "routes";

export interface GridFate {
  readonly number: number;
  readonly code: string | null;
  readonly name: string;
  readonly name_en?: string;
  readonly kind: string;
  readonly households: number;
  readonly blocks: number;
  /** The code of the grid whose place it takes. */
  readonly heir_of: string | null;
  readonly parents: readonly { readonly grid: number; readonly code: string | null; readonly households: number }[];
  readonly fate: "kept" | "changed" | "new" | "ended";
}

export interface Consequences extends Readonly<Record<Kind, readonly Moving[]>> {
  readonly totals: Readonly<Record<Kind | "households" | "households_with_another_worker", number>>;
  readonly grids: readonly GridFate[];
}
