// Opens the panel of whatever is selected: fetches it, shows it, and says so where that fails.
import { api, ApiError, sentenceOf } from "../api.js";
import { h } from "../dom.js";
import { nameOf, t } from "../i18n.js";
import { buildingWord, categoryWord, stationWord, subjectWord } from "../words.js";
import { collectionOf, rowOf } from "../map/layers.js";
import { actRow } from "../toolbar.js";
import { buildingPanel } from "./building.js";
import { gridPanel } from "./grid.js";
import { otherNames } from "./names.js";
import { boundsOf, ghost, middleOf, trouble } from "./parts.js";
import * as places from "./places.js";
import type { Sheet } from "./panel.js";
import type { Session } from "../session.js";
import type { BuildingDetail, Detail, GridDetail, StationDetail, Subject } from "../types.js";

type Properties = Record<string, unknown>;

export class SubjectPanel {
  private sheet: Sheet | null = null;
  private shown: Subject | null = null;
  private asked = 0;
  private readonly opened: { dwelling: number | null } = { dwelling: null };

  constructor(private readonly session: Session) {}

  /** Show `subject`, or nothing; `zoom` moves the map there once it is known where it is, `dwelling` is a door to open. */
  async show(subject: Subject | null, zoom: boolean, dwelling: number | null = null): Promise<void> {
    const asked = ++this.asked;
    const former = this.sheet;
    this.shown = subject;
    this.opened.dwelling = dwelling;
    this.session.map.mark("selected", subject && { layer: rowOf(subject.kind).id, id: subject.id });
    if (!subject) {
      this.sheet = null;
      if (former?.open) former.close();
      return;
    }
    this.sheet = this.session.panel.open(subjectWord(subject.kind), ghost(), {
      icon: rowOf(subject.kind).icon,
      onClose: () => {
        if (this.shown === subject) this.session.select(null);
      },
    });
    await this.load(subject, asked, zoom);
  }

  /** Fetch what is shown again, because its dataset has changed. */
  async reload(): Promise<void> {
    if (this.shown && this.sheet?.open) await this.load(this.shown, this.asked, false);
  }

  /** The kind of the subject whose panel is open. */
  get kind(): Subject["kind"] | null {
    return this.shown?.kind ?? null;
  }

  private async load(subject: Subject, asked: number, zoom: boolean): Promise<void> {
    try {
      const detail = await api.get<Detail<Properties>>(`/${collectionOf(subject.kind)}/${subject.id}`);
      if (asked !== this.asked || !this.sheet) return;
      const { name, subtitle } = titlesOf(subject, detail.properties);
      this.sheet.setTitle(name, subtitle);
      const acts = actRow(this.session, { ...subject, name }, middleOf(detail.geometry));
      this.sheet.setContent(h("div", { class: "stack" }, acts, otherNames(detail.properties), this.content(subject, detail)));
      const box = boundsOf(detail.geometry);
      if (zoom && box) this.session.map.fitBounds(box, { maxZoom: 17.5 });
    } catch (error) {
      if (asked !== this.asked || !this.sheet) return;
      const gone = error instanceof ApiError && error.status === 404;
      const sentence = gone ? t("This does not exist any more, or lies outside your area.") : sentenceOf(error);
      this.sheet.setContent(trouble(sentence, () => void this.load(subject, asked, zoom)));
    }
  }

  private content(subject: Subject, detail: Detail<Properties>): HTMLElement {
    const { session } = this;
    switch (subject.kind) {
      case "grid":
        return gridPanel(session, detail as unknown as Detail<GridDetail>);
      case "building":
        return buildingPanel(session, detail as unknown as Detail<BuildingDetail>, { opened: this.opened, reload: () => this.reload() });
      case "station":
        return places.stationPanel(session, detail as unknown as Detail<StationDetail>);
      case "area":
        return places.areaPanel(session, detail as unknown as Detail<places.AreaDetail>);
      case "compound":
        return places.compoundPanel(session, detail as unknown as Detail<places.CompoundDetail>);
      case "patrol-route":
        return places.routePanel(session, detail as unknown as Detail<places.RouteDetail>);
      case "incident":
        return places.incidentPanel(session, detail as unknown as Detail<places.IncidentDetail>);
    }
  }
}

function titlesOf({ kind }: Subject, properties: Properties): { name: string; subtitle: string } {
  const name = nameOf(properties);
  const word = subjectWord(kind);
  if (kind === "incident") return { name: categoryWord(properties["category"]), subtitle: word };
  if (kind === "station") return { name, subtitle: stationWord(properties["kind"]) };
  if (kind === "building") {
    const address = String(properties["address"] ?? "");
    return { name: name || address || buildingWord(properties["kind"]), subtitle: buildingWord(properties["kind"]) };
  }
  return { name: name || word, subtitle: word };
}
