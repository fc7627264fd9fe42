// The closed lists of the register in the page's language.
import { day } from "./days.js";
import { t } from "./i18n.js";

type Words = Readonly<Record<string, () => string>>;

const BUILDINGS: Words = {
  residential: () => t("Residential building"),
  commercial: () => t("Commercial building"),
  office: () => t("Office building"),
  industrial: () => t("Industrial building"),
  school: () => t("School building"),
  hospital: () => t("Hospital building"),
  public: () => t("Public building"),
  other: () => t("Other building"),
};

const STATIONS: Words = {
  service_station: () => t("Service station"),
  liaison_station: () => t("Liaison station"),
  rider_station: () => t("Rider station"),
  police: () => t("Police"),
  fire: () => t("Fire station"),
  micro_fire: () => t("Micro fire station"),
  hospital: () => t("Hospital"),
  clinic: () => t("Clinic"),
  pharmacy: () => t("Pharmacy"),
  school: () => t("School"),
  townhall: () => t("Town hall"),
  community_centre: () => t("Community centre"),
  social_facility: () => t("Social facility"),
  shelter: () => t("Shelter"),
};

const POSTS: Words = {
  instructor: () => t("Grid instructor"),
  leader: () => t("Grid leader"),
  full_time_worker: () => t("Full-time grid worker"),
  part_time_worker: () => t("Part-time grid worker"),
};

const CATEGORIES: Words = {
  fire: () => t("Fire"),
  medical: () => t("Medical emergency"),
  gas_leak: () => t("Gas leak"),
  flooding: () => t("Flooding"),
  power_or_water: () => t("Power or water cut"),
  public_facility: () => t("Damaged public facility"),
  environment: () => t("Environment and refuse"),
  dispute: () => t("Dispute"),
  help_needed: () => t("Somebody needs help"),
  other: () => t("Something else"),
};

const STATES: Words = {
  reported: () => t("Reported"),
  accepted: () => t("Accepted"),
  filed: () => t("Filed"),
  dispatched: () => t("Dispatched"),
  handled: () => t("Handled"),
  verified: () => t("Verified"),
  closed: () => t("Closed"),
};

const GRIDS: Words = { base: () => t("Base grid"), dedicated: () => t("Dedicated grid") };

const LEVELS: Words = {
  district: () => t("District"),
  subdistrict: () => t("Subdistrict"),
  community: () => t("Community"),
  sub_area: () => t("Sub-area"),
};

const SUBJECTS: Words = {
  area: () => t("Community"),
  compound: () => t("Compound"),
  grid: () => t("Grid"),
  building: () => t("Building"),
  station: () => t("Station"),
  "patrol-route": () => t("Patrol route"),
  incident: () => t("Incident"),
};

const ROLES: Words = {
  grid_worker: () => t("Grid worker"),
  grid_leader: () => t("Grid leader"),
  community_staff: () => t("Community staff"),
  subdistrict_staff: () => t("Subdistrict staff"),
  coordinator: () => t("Emergency coordinator"),
  planner: () => t("Grid planner"),
  administrator: () => t("Administrator"),
  api_client: () => t("API client"),
};

const MODES: Words = { foot: () => t("On foot"), ebike: () => t("E-bike"), car: () => t("Car"), emergency: () => t("Emergency") };

function word(words: Words, kind: unknown): string {
  return words[String(kind)]?.() ?? String(kind ?? "");
}

export const buildingWord = (kind: unknown): string => word(BUILDINGS, kind);
export const stationWord = (kind: unknown): string => word(STATIONS, kind);
export const postWord = (role: unknown): string => word(POSTS, role);
export const categoryWord = (category: unknown): string => word(CATEGORIES, category);
export const stateWord = (state: unknown): string => word(STATES, state);
export const gridWord = (kind: unknown): string => word(GRIDS, kind);
export const levelWord = (level: unknown): string => word(LEVELS, level);
export const subjectWord = (kind: unknown): string => word(SUBJECTS, kind);
export const modeWord = (mode: unknown): string => word(MODES, mode);
export const roleWord = (role: unknown): string => word(ROLES, role);

export const STATION_KINDS: readonly string[] = Object.keys(STATIONS);
export const CATEGORY_KINDS: readonly string[] = Object.keys(CATEGORIES);

/** Why a patrol route is to be planned anew. */
export function redrawnWord(from: string): string {
  return t("Its grid was redrawn on {day}, after this route was drawn: it may pass by doors. Plan it anew.", { day: day(from) });
}
