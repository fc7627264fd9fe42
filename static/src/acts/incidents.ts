// The incidents of the user's area, newest first, by state and kind. Follows what is reported while it is open.
import { api, query, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, t } from "../i18n.js";
import { incidentColour } from "../map/palette.js";
import { empty, ghost, trouble } from "../panels/parts.js";
import { CATEGORY_KINDS, categoryWord, stateWord } from "../words.js";
import { registerAct, type ActContext } from "./registry.js";
import type { Named } from "../types.js";

const STATES = ["reported", "accepted", "filed", "dispatched", "handled", "verified", "closed"];
const PAGE = 50;
const LOOK_EVERY = 3000; // milliseconds between two questions whether anything is new

interface Listed {
  uid: string;
  category: string;
  state: string;
  text: string;
  address: string;
  reported_at: string;
  grid: Named | null;
  community: Named | null;
}

interface Page {
  features: GeoJSON.Feature<GeoJSON.Point, Listed>[];
  links: { rel: string; href: string }[];
}

registerAct({
  id: "incidents",
  icon: "list",
  label: () => t("Incidents"),
  hint: () => t("What was reported, newest first"),
  available: (me) => me.can.includes("incidents.see") || t("Your role does not see incidents."),
  start: (context) => {
    const list = new IncidentList(context);
    return () => list.stop();
  },
});

class IncidentList {
  private over = false;
  private timer = 0;
  private version = -1;
  private readonly rows = h("div", { "aria-live": "polite" });
  private readonly state = select("incident-state", STATES, stateWord);
  private readonly category = select("incident-kind", CATEGORY_KINDS, categoryWord);
  private readonly sheet;

  constructor(private readonly context: ActContext) {
    for (const field of [this.state, this.category]) field.addEventListener("change", () => void this.load());
    const filters = h(
      "div",
      { class: "filters" },
      h("div", { class: "field" }, h("label", { for: this.state.id }, t("State")), this.state),
      h("div", { class: "field" }, h("label", { for: this.category.id }, t("Kind")), this.category),
    );
    this.sheet = context.panel.open(t("Incidents"), h("div", { class: "stack" }, filters, this.rows), { icon: "alert", onClose: () => context.end() });
    replace(this.rows, ghost());
    void this.follow();
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    window.clearTimeout(this.timer);
    this.sheet.close();
  }

  /** Load the list whenever the incidents have changed. */
  private async follow(): Promise<void> {
    const versions = await api.get<Record<string, number>>("/versions").catch(() => ({}) as Record<string, number>);
    const version = versions["incidents"] ?? this.version;
    if (version !== this.version) {
      this.version = version;
      await this.load();
    }
    if (!this.over) this.timer = window.setTimeout(() => void this.follow(), LOOK_EVERY);
  }

  private async load(): Promise<void> {
    const asked = query({ limit: PAGE, state: this.state.value || null, category: this.category.value || null });
    try {
      const page = await api.get<Page>(`/incidents?${asked}`);
      if (!this.over) replace(this.rows, page.features.length ? this.list(page) : empty("alert", t("No incident fits.")));
    } catch (error) {
      if (!this.over) replace(this.rows, trouble(sentenceOf(error), () => void this.load()));
    }
  }

  private list(page: Page): HTMLElement {
    const more = page.links.some(({ rel }) => rel === "next") ? h("p", { class: "quiet small" }, t("Older ones are left out: narrow it down by state or kind.")) : null;
    return h("div", {}, h("ul", { class: "incident-list" }, page.features.map((feature) => h("li", {}, this.row(feature)))), more);
  }

  private row({ properties: incident, geometry }: Page["features"][number]): HTMLElement {
    const [lon, lat] = geometry.coordinates as [number, number];
    const open = (): void => {
      this.context.map.flyTo({ lon, lat }, 17);
      this.context.select({ kind: "incident", id: incident.uid });
    };
    const where = incident.address || [incident.community, incident.grid].flatMap((one) => (one ? nameOf(one) : [])).join(" · ");
    return h(
      "button",
      { class: "row incident-row", type: "button", on: { click: open } },
      h("span", { class: "mark", style: { background: incidentColour(incident.category) } }, icon(incident.category, 18)),
      h("span", {}, h("b", {}, categoryWord(incident.category)), h("small", {}, incident.text || where), h("small", {}, moment(incident.reported_at))),
      h("span", { class: "tag" }, stateWord(incident.state)),
    );
  }
}

function select(id: string, values: readonly string[], word: (value: string) => string): HTMLSelectElement {
  return h("select", { id }, h("option", { value: "" }, t("All")), values.map((value) => h("option", { value }, word(value))));
}
