// What the API answers with, as far as the page uses it.

export interface LngLat {
  lon: number;
  lat: number;
}

/** West, south, east, north in degrees. */
export type Bounds = [number, number, number, number];

export interface View extends LngLat {
  zoom: number;
  bearing: number;
  pitch: number;
}

export interface Me {
  id: number;
  name: string;
  display_name: string;
  /** The post held longest, and its place; `posts` are all of them. */
  role: string;
  area: { id: number; name: string; name_en?: string; bbox: Bounds };
  /** The grid that a grid worker is bound to. */
  grid?: { id: number; name: string; name_en?: string; bbox: Bounds } | null;
  posts: readonly { role: string; area: Named; grid: Named | null }[];
  language: "zh" | "en";
  can: string[];
}

export type SubjectKind = "area" | "compound" | "grid" | "building" | "station" | "patrol-route" | "incident";

/** Something on the map that can be selected; `id` is a uuid for incidents. */
export interface Subject {
  kind: SubjectKind;
  id: string;
}

export interface Detail<P> {
  type: "Feature";
  id: number | string;
  geometry: GeoJSON.Geometry;
  properties: P;
  bbox?: Bounds;
}

export interface Named {
  id: number;
  name: string;
  name_en?: string;
  code?: string;
}

export interface FlagKind {
  kind: string;
  colour: string;
  label: string;
}

export interface Flag {
  kind: string;
  note?: string;
  expires_on?: string | null;
}

/** Whom to call; masked unless the person has asked for it. */
export interface Contact {
  name: string;
  phone: string;
}

export interface Household {
  id: number;
  size: number;
  contact: Contact;
  flags: Flag[];
}

export interface Dwelling {
  id: number;
  number: string;
  household: Household | null;
}

export interface Climb {
  stairs_seconds: number | null;
  lift_wait_seconds: number | null;
  lift_seconds: number | null;
}

export interface BuildingDetail {
  name: string;
  name_en?: string;
  address: string;
  kind: string;
  floors: number;
  floors_assumed: boolean;
  height: number;
  has_lift: boolean;
  /** Its own seconds for the way up; null where the default holds. */
  climb: Climb;
  households: number;
  community: Named | null;
  grid: Named | null;
  compound: Named | null;
  entrances: { id: number; label: string; floors: { floor: number; dwellings: Dwelling[] }[] }[];
}

export interface Post {
  role: "instructor" | "leader" | "full_time_worker" | "part_time_worker";
  ordinal: number;
  holder: string | null;
  vacant: boolean;
}

export interface GridDetail {
  kind: "base" | "dedicated";
  code: string;
  name: string;
  name_en?: string;
  households: number;
  target: { low: number; high: number } | null;
  buildings: number;
  posts: Post[];
  community: Named;
  stations: number;
  patrol_routes: { id: number; name: string; length: number; seconds: number }[];
}

export interface StationDetail {
  kind: string;
  name: string;
  name_en?: string;
  open_hours: string;
  open_now: boolean | null;
  capacity: number | null;
  address: string;
  phone: string;
  community: Named | null;
}

export interface SearchResult {
  kind: "area" | "grid" | "building" | "station" | "compound";
  id: number;
  name: string;
  name_en: string;
  code: string;
  address: string;
  lon: number;
  lat: number;
  bbox: Bounds | null;
  match?: string;
}

/** One line of the list of results, and what choosing it does. */
export interface ResultRow {
  icon: string;
  name: Node | string;
  more: string;
  choose: () => void;
  /** The list stays open: choosing leads to other rows. */
  stays?: boolean;
}

/** A household found by its phone, masked. */
export interface FoundHousehold extends Contact {
  id: number;
  building: Named & { address: string };
  entrance: string;
  floor: number;
  dwelling: { id: number; number: string };
}

export interface Here {
  district: Named | null;
  community: Named | null;
  grid: Named | null;
  compound: Named | null;
  building: { id: number; name: string; address: string } | null;
  address: string;
  responsible: { post: string; name: string } | null;
}

/** How far a job in the background is. */
export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";
