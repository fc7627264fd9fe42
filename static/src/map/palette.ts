// Colours of the map by day and by night, and of what stands on it. Text on a badge is white: every badge colour
// holds 4.5 : 1 against it.

export interface Palette {
  ground: string;
  water: string;
  waterEdge: string;
  waterText: string;
  green: string;
  greenText: string;
  road: string;
  roadMajor: string;
  roadMotorway: string;
  casing: string;
  casingMajor: string;
  path: string;
  rail: string;
  railDash: string;
  building: string;
  buildingEdge: string;
  buildingKinds: Record<string, string>;
  tints: readonly string[];
  tintOpacity: number;
  /** Of grids in a plan, and of the chosen one. */
  planOpacity: readonly [number, number];
  gridEdge: string;
  gridText: string;
  areaEdge: string;
  areaText: string;
  compoundEdge: string;
  compoundText: string;
  text: string;
  halo: string;
  route: string;
  selected: string;
  /** A block in no grid, and what a check points at. */
  unassigned: string;
  alarm: string;
  rim: string;
}

const DAY: Palette = {
  ground: "#f6f5f1",
  water: "#b5d6ea",
  waterEdge: "#93bfd9",
  waterText: "#2f6a8f",
  green: "#dcecd3",
  greenText: "#3f6b38",
  road: "#ffffff",
  roadMajor: "#fff3d1",
  roadMotorway: "#fbdc9a",
  casing: "#d6d2c8",
  casingMajor: "#dcc48e",
  path: "#cfc7b8",
  rail: "#a3a3a3",
  railDash: "#f6f6f6",
  building: "#d8cebf",
  buildingEdge: "#a39683",
  buildingKinds: {
    school: "#e5dbae", hospital: "#f0cccc", commercial: "#ecd3bd", office: "#d3d7e2", industrial: "#d4d0d6", public: "#d3dfda",
  },
  tints: ["#7fb0dc", "#8cc48a", "#f0bf6b", "#e59aa8", "#ac95d3", "#79c7bd"],
  tintOpacity: 0.27,
  planOpacity: [0.38, 0.58],
  gridEdge: "#52668c",
  gridText: "#2b3c5e",
  areaEdge: "#7a3b69",
  areaText: "#6a2c5a",
  compoundEdge: "#8a7a52",
  compoundText: "#6b5b31",
  text: "#4a4a46",
  halo: "#ffffff",
  route: "#b3356b",
  selected: "#0b57d0",
  unassigned: "#5c5c66",
  alarm: "#b3261e",
  rim: "#ffffff",
};

const NIGHT: Palette = {
  ground: "#161a20",
  water: "#173450",
  waterEdge: "#22496d",
  waterText: "#86b9e0",
  green: "#1b2e24",
  greenText: "#8fbf98",
  road: "#343b46",
  roadMajor: "#4a4a44",
  roadMotorway: "#5f5337",
  casing: "#0e1115",
  casingMajor: "#0e1115",
  path: "#3a424d",
  rail: "#59606a",
  railDash: "#20252c",
  building: "#3a4350",
  buildingEdge: "#5d6a7a",
  buildingKinds: {
    school: "#4f4a33", hospital: "#563a40", commercial: "#524438", office: "#3d4660", industrial: "#433f49", public: "#394f48",
  },
  tints: ["#2f78b8", "#3c8a47", "#a87820", "#a84a5e", "#6f55a8", "#2b8a7e"],
  tintOpacity: 0.2,
  planOpacity: [0.44, 0.68],
  gridEdge: "#8fa6d0",
  gridText: "#d3def3",
  areaEdge: "#d691c4",
  areaText: "#f0bfe2",
  compoundEdge: "#b3a274",
  compoundText: "#dccb9b",
  text: "#c3c8d0",
  halo: "#12161b",
  route: "#ff86b4",
  selected: "#7db4ff",
  unassigned: "#d5dae3",
  alarm: "#ff9d95",
  rim: "#e8edf4",
};

export type Shade = "day" | "night";

export function paletteOf(shade: Shade): Palette {
  return shade === "night" ? NIGHT : DAY;
}

/** Badge colour of each kind of station. */
export const STATION_COLOURS: Readonly<Record<string, string>> = {
  service_station: "#c62f3b",
  liaison_station: "#a84b12",
  rider_station: "#7a6200",
  police: "#1f4f9e",
  fire: "#b3261e",
  micro_fire: "#a13d2d",
  hospital: "#b0246a",
  clinic: "#8f3f86",
  pharmacy: "#2c7a4b",
  school: "#5a5f1c",
  townhall: "#46566b",
  community_centre: "#00696f",
  social_facility: "#6246a3",
  shelter: "#2f6b2f",
};

/** Badge colour of each category of incident. */
export const INCIDENT_COLOURS: Readonly<Record<string, string>> = {
  fire: "#c0161d",
  medical: "#c21858",
  gas_leak: "#9a4d00",
  flooding: "#005f9e",
  power_or_water: "#7a5b00",
  public_facility: "#4e5d6c",
  environment: "#2e6f37",
  dispute: "#6b4aa0",
  help_needed: "#a03a83",
  other: "#525a63",
};

const FALLBACK_BADGE = "#525a63";

export function stationColour(kind: string): string {
  return STATION_COLOURS[kind] ?? FALLBACK_BADGE;
}

export function incidentColour(category: string): string {
  return INCIDENT_COLOURS[category] ?? FALLBACK_BADGE;
}
