// "Where am I" and "what is here": the place on the map, and who answers for it.
import { api, query, sentenceOf } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { toast } from "./toasts.js";
import { postWord } from "./words.js";
import { actsFor } from "./toolbar.js";
import { icon } from "./icons.js";
import { linkTo } from "./panels/parts.js";
import type { Overlay } from "./map/view.js";
import type { Session } from "./session.js";
import type { Here, LngLat, Named, SubjectKind } from "./types.js";

let mark: Overlay | null = null;

/** Ask the device where it is, move the map there and tell what is there. */
export function locate(session: Session): void {
  if (!("geolocation" in navigator) || !window.isSecureContext) {
    toast(t("This address does not let the browser share your position. Press the map where you are instead."), { kind: "info" });
    return;
  }
  const waiting = toast(t("Looking for your position…"), { kind: "info", stay: 0 });
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      waiting();
      const at = { lon: coords.longitude, lat: coords.latitude };
      session.map.flyTo(at, 17);
      void whatIsAt(session, at, { title: t("Where you are"), accuracy: coords.accuracy });
    },
    (error) => {
      waiting();
      const denied = error.code === error.PERMISSION_DENIED;
      toast(
        denied
          ? t("The browser may not share your position. Allow it in the browser's settings, or press the map long.")
          : t("Your position could not be found. Go outside or press the map where you are."),
        { kind: "error" },
      );
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
  );
}

/** Show in the panel what is at a place: community, grid, building, and who answers for it. */
export async function whatIsAt(session: Session, at: LngLat, { title = t("What is here"), accuracy = 0 } = {}): Promise<void> {
  try {
    const here = await api.get<Here>(`/here?${query({ lon: at.lon, lat: at.lat })}`);
    session.select(null);
    showMark(session, at);
    const subtitle = accuracy ? t("within about {m} m", { m: Math.round(accuracy) }) : `${at.lat.toFixed(6)}, ${at.lon.toFixed(6)}`;
    session.panel.open(title, facts(session, here, at), { icon: "pin", subtitle, onClose: hideMark });
  } catch (error) {
    toast(sentenceOf(error), { kind: "error" });
  }
}

function showMark(session: Session, { lon, lat }: LngLat): void {
  hideMark();
  const point: GeoJSON.Feature = { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: {} };
  mark = session.map.addOverlay("here", point, [
    { type: "symbol", above: true, layout: { "icon-image": "pin", "icon-anchor": "bottom", "icon-allow-overlap": true } },
  ]);
}

function hideMark(): void {
  mark?.remove();
  mark = null;
}

function facts(session: Session, here: Here, at: LngLat): HTMLElement {
  const link = (kind: SubjectKind, thing: Named | null): Node | string =>
    thing ? linkTo(session, kind, thing) ?? "" : t("none");
  const building = here.building && { ...here.building, name: here.building.name || here.building.address };
  const responsible = here.responsible
    ? t("{name} ({post})", { name: here.responsible.name, post: postWord(here.responsible.post) })
    : t("nobody yet: the post is vacant");
  const rows: [string, Node | string][] = [
    [t("Community"), link("area", here.community)],
    [t("Grid"), link("grid", here.grid)],
    [t("Compound"), link("compound", here.compound)],
    [t("Building"), link("building", building)],
    [t("Address"), here.address || t("unknown")],
    [t("Responsible"), responsible],
  ];
  return h(
    "div",
    { class: "stack" },
    h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h(
      "div",
      { class: "act-row" },
      actsFor(session, "place").map((act) =>
        h("button", { class: "button", type: "button", on: { click: () => session.act(act.id, { place: at }) } }, icon(act.icon), act.label()),
      ),
    ),
  );
}
