// Stations, areas, compounds, patrol routes and incidents.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { distance, duration, moment, nameOf, number, t, tn } from "../i18n.js";
import { levelWord, postWord, redrawnWord, stateWord } from "../words.js";
import { boundsOf, facts, figures, ghost, linkTo, part, trouble } from "./parts.js";
import type { Session } from "../session.js";
import type { Detail, Named, StationDetail } from "../types.js";

export function stationPanel(session: Session, { properties: station }: Detail<StationDetail>): HTMLElement {
  const open = station.open_now;
  const isOpen = (): HTMLElement => h("span", { class: "tag tag-good" }, icon("check", 16), t("Open now"));
  const isClosed = (): HTMLElement => h("span", { class: "tag tag-warn" }, icon("clock", 16), t("Closed now"));
  const tag = open === null || open === undefined ? null : open ? isOpen() : isClosed();
  const hours = station.open_hours === "24/7" ? t("Day and night") : station.open_hours;
  return h(
    "div",
    { class: "stack" },
    tag,
    facts([
      [t("Hours"), hours || t("unknown")],
      [t("Capacity"), station.capacity === null ? t("unknown") : tn("{n} person", "{n} people", station.capacity)],
      [t("Address"), station.address],
      [t("Phone"), station.phone ? h("a", { href: `tel:${station.phone}` }, station.phone) : null],
      [t("Community"), linkTo(session, "area", station.community)],
    ]),
  );
}

export interface AreaDetail extends Named {
  level: string;
  code: string;
  households?: number;
}

export function areaPanel(session: Session, detail: Detail<AreaDetail>): HTMLElement {
  const area = detail.properties;
  const place = h("div", {}, area.level === "community" ? ghost() : null);
  if (area.level === "community") void listGrids(session, detail, place);
  return h(
    "div",
    { class: "stack" },
    facts([
      [t("Level"), levelWord(area.level)],
      [t("Code"), h("span", { class: "code" }, area.code)],
    ]),
    place,
  );
}

/** The grids of a community below its facts. */
async function listGrids(session: Session, detail: Detail<AreaDetail>, place: HTMLElement): Promise<void> {
  try {
    const bbox = (boundsOf(detail.geometry) ?? []).join(",");
    const { features } = await api.get<GeoJSON.FeatureCollection>(`/grids?${query({ bbox, limit: 500 })}`);
    const own = features.filter(({ properties }) => properties?.["community_id"] === Number(detail.id));
    const households = own.reduce((sum, { properties }) => sum + Number(properties?.["households"] ?? 0), 0);
    replace(
      place,
      h(
        "div",
        { class: "stack" },
        figures([
          [t("Grids"), own.length],
          [t("Households"), households],
        ]),
        part(t("Grids"), "", gridRows(session, own)),
      ),
    );
  } catch (error) {
    replace(place, trouble(sentenceOf(error), () => void listGrids(session, detail, place)));
  }
}

function gridRows(session: Session, grids: readonly GeoJSON.Feature[]): HTMLElement {
  return h(
    "div",
    {},
    grids.map(({ properties }) => {
      const grid = properties as Named;
      return h(
        "button",
        { class: "row", type: "button", on: { click: () => session.select({ kind: "grid", id: String(grid.id) }, { zoom: true }) } },
        icon("grid"),
        h("span", {}, nameOf(grid)),
        h("span", { class: "more" }, tn("{n} household", "{n} households", Number(properties?.["households"] ?? 0))),
      );
    }),
  );
}

export interface CompoundDetail extends Named {
  manager: string;
  has_committee: boolean;
  community: Named | null;
}

export function compoundPanel(session: Session, { properties: compound }: Detail<CompoundDetail>): HTMLElement {
  return facts([
    [t("Manager"), compound.manager || t("unknown")],
    [t("Owners' committee"), compound.has_committee ? t("there is one") : t("there is none")],
    [t("Community"), linkTo(session, "area", compound.community)],
  ]);
}

export interface RouteDetail extends Named {
  length: number;
  seconds: number;
  stops?: number;
  source?: string;
  redrawn_on?: string | null;
  grid?: Named | null;
  grid_id?: number;
}

export function routePanel(session: Session, { properties: route }: Detail<RouteDetail>): HTMLElement {
  const told = facts([
    [t("Length"), distance(route.length)],
    [t("Time with stops"), duration(route.seconds)],
    [t("Stops"), route.stops ? number(route.stops) : null],
    [t("Grid"), linkTo(session, "grid", route.grid)],
  ]);
  if (!route.redrawn_on) return told;
  return h("div", { class: "stack" }, h("p", { class: "plan-reason", role: "note" }, icon("warning", 16), h("span", {}, redrawnWord(route.redrawn_on))), told);
}

export interface IncidentDetail {
  uid: string;
  category: string;
  state: string;
  text: string;
  address: string;
  reported_at: string;
  /** null where the incident is old, and kept for statistics. */
  reported_by: string | null;
  community: Named | null;
  grid: Named | null;
  building: (Named & { address?: string }) | null;
  responsible: { post: string; name: string | null } | null;
  photo: { width: number; height: number } | null;
}

export function incidentPanel(session: Session, { properties: incident }: Detail<IncidentDetail>): HTMLElement {
  const { photo, responsible, building } = incident;
  const who = responsible?.name
    ? t("{name} ({post})", { name: responsible.name, post: postWord(responsible.post) })
    : t("nobody yet: the post is vacant");
  return h(
    "div",
    { class: "stack" },
    h("p", {}, h("span", { class: "tag" }, stateWord(incident.state)), " ", h("span", { class: "quiet" }, moment(incident.reported_at))),
    incident.text ? h("p", {}, incident.text) : null,
    photo ? picture(incident.uid, photo) : null,
    facts([
      [t("Address"), incident.address],
      [t("Building"), linkTo(session, "building", building && { ...building, name: building.name || building.address || t("Building") })],
      [t("Grid"), linkTo(session, "grid", incident.grid)],
      [t("Community"), linkTo(session, "area", incident.community)],
      [t("Responsible"), who],
      [t("Reported by"), incident.reported_by ?? t("not kept any more")],
    ]),
  );
}

function picture(uid: string, { width, height }: { width: number; height: number }): HTMLElement {
  const alt = t("Photo of the incident");
  return h("img", { class: "photo", src: `/api/v1/incidents/${uid}/photo`, width, height, alt });
}
