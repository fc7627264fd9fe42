// Coverage: which households the first station reaches in time, on the map by building, grid and community.
// The address keeps the question (coverageQuestion.ts), so that it can be shared.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { moment, nameOf, t } from "../i18n.js";
import { showNote } from "../map/note.js";
import { printButton } from "../print.js";
import { ghost, trouble } from "../panels/parts.js";
import { WholeCity, type Finished } from "./coverageBatch.js";
import { difference, gain, keeper, signed, snapshots } from "./coverageCompare.js";
import { doorsOutside } from "./coverageDoors.js";
import { coverageForm } from "./coverageForm.js";
import { addressOf, fromAddress, queryOf, questionOf } from "./coverageQuestion.js";
import { coverageResult, headline } from "./coverageResult.js";
import { CoverageLayers, LATER, percent, SOONER } from "./coverageStyle.js";
import { registerAct, type ActContext } from "./registry.js";
import type { Changed, Coverage, Difference, Door, Question, Row, Views } from "./coverageTypes.js";

let last: Question | null = null;

registerAct({
  id: "coverage",
  icon: "coverage",
  label: () => t("Coverage"),
  hint: () => t("Which households the first station reaches in time, and which it does not"),
  available: (me) => me.can.includes("response.plan") || t("Your role does not plan responses."),
  subjects: ["area"],
  quiet: true,
  start: (context) => new CoverageAct(context).stop,
});

class CoverageAct {
  private over = false;
  private asked: AbortController | null = null;
  private views: Views | null = null;
  private question: Question | null = null;
  private found: Coverage | null = null;
  private readonly layers: CoverageLayers;
  private readonly whole: WholeCity;
  private readonly head = h("div", { class: "coverage-top" });
  private readonly form = h("div", {});
  private readonly result = h("div", { "aria-live": "polite" });
  private readonly kept = h("div", { class: "screen-only" });
  private readonly sheet: ReturnType<ActContext["panel"]["open"]>;

  constructor(private readonly context: ActContext) {
    this.layers = new CoverageLayers(context.map);
    this.whole = new WholeCity(() => this.question, (finished) => this.open(finished));
    const content = h("div", { class: "stack coverage" }, this.head, this.form, this.result, this.whole.element, this.kept);
    this.sheet = context.panel.open(t("Coverage"), content, { icon: "coverage", onClose: () => context.end() });
    void this.begin();
  }

  /** Take colours and the panel away. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.asked?.abort();
    this.whole.stop();
    this.layers.remove();
    showNote(null);
    if (location.hash.startsWith("#coverage=")) history.replaceState(history.state, "", location.pathname + location.search);
    this.sheet.close();
  };

  private async begin(): Promise<void> {
    replace(this.result, ghost());
    try {
      this.views = await api.get<Views>("/coverage/views");
    } catch (error) {
      replace(this.result, trouble(sentenceOf(error), () => void this.begin()));
      return;
    }
    const [first] = this.views.presets;
    if (this.over || !first) return;
    const { subject } = this.context;
    const area = subject?.kind === "area" ? Number(subject.id) : null;
    const shared = fromAddress(location.hash, this.views);
    this.question = shared ?? { ...(last ?? questionOf(first)), ...(area ? { area } : {}) };
    await this.ask(true);
  }

  private readonly change = (part: Partial<Question>): void => {
    if (!this.question) return;
    this.question = { ...this.question, ...part };
    void this.ask(part.area !== undefined && part.area !== this.found?.area.id);
  };

  /** Ask the question; `move` shows the whole area. */
  private async ask(move = false): Promise<void> {
    const { question, views } = this;
    if (!question || !views || this.over) return;
    last = question;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    history.replaceState(history.state, "", location.pathname + location.search + addressOf(question));
    this.showForm(views, question);
    for (const part of [this.head, this.result]) part.setAttribute("aria-busy", "true");
    if (!this.found) replace(this.result, ghost());
    try {
      const found = await api.get<Coverage>(`/coverage?${queryOf(question)}`, { signal: asked.signal });
      if (!asked.signal.aborted) this.show(found, views, move);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.layers.clear();
      showNote(null);
      this.found = null;
      replace(this.head);
      replace(this.result, trouble(sentenceOf(error), () => void this.ask(move)));
    }
    for (const part of [this.head, this.result]) part.removeAttribute("aria-busy");
  }

  /** The form anew, with what was open and what had the focus as before. */
  private showForm(views: Views, question: Question): void {
    const open = this.form.querySelector("details")?.open ?? false;
    const focus = document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLSelectElement ? document.activeElement : null;
    replace(this.form, coverageForm(views, question, this.change));
    const details = this.form.querySelector("details");
    if (details) details.open = open;
    if (!focus) return;
    const same = focus.id ? `#${focus.id}` : `input[value="${focus.value}"]${focus.getAttribute("name") ? `[name="${focus.getAttribute("name")}"]` : ""}`;
    if (!this.form.contains(document.activeElement)) this.form.querySelector<HTMLElement>(same)?.focus({ preventScroll: true });
  }

  private show(found: Coverage, views: Views, move: boolean): void {
    const { map, flagKinds } = this.context;
    this.found = found;
    this.colour(found);
    const look = ({ lon, lat }: Row, zoom: number): void => map.flyTo({ lon, lat }, zoom);
    replace(this.head, headline(found));
    replace(this.result, coverageResult(found, views, flagKinds, { ask: this.change, look, print: () => printButton(map), list: () => this.list() }));
    this.whole.about(found.area);
    this.showKept();
    void map.drawn().then(() => performance.mark("coverage drawn")); // the benchmarks wait for it
    this.sheet.setTitle(t("Coverage"));
    if (move) map.fitBounds(found.box);
  }

  private showKept(): void {
    const { me } = this.context;
    replace(this.kept, snapshots(() => this.question ?? (last as Question), me.id, (path, title) => void this.compare(path, title)));
  }

  private colour({ buildings, bands, communities, grids, stations }: Coverage): void {
    showNote(stations.length ? null : t("No station that counts stands here, so nothing is coloured. The panel says what to do."));
    if (!stations.length) return this.layers.clear();
    const band = (seconds: number | null): number => (seconds === null ? bands.length : bands.filter((end) => seconds > end + 0.05).length);
    this.layers.colour(buildings.id, buildings.seconds.map(band));
    this.layers.shade(communities, grids, (row) => row.inside / row.households, (row) => percent(row.inside, row.households));
  }

  private list(): void {
    const { panel, map, flagKinds } = this.context;
    if (!this.question) return;
    const look = (door: Door): void => {
      map.flyTo({ lon: door.lon, lat: door.lat }, 17);
      map.mark("selected", { layer: "buildings", id: String(door.building_id) });
    };
    const list = doorsOutside(this.question, flagKinds, look);
    panel.open(t("Households outside"), list, { icon: "list", over: true, onClose: () => map.mark("selected", null) });
  }

  /** What was reckoned in the background: on the map, in numbers, and to be kept. */
  private open({ job, at, area, found }: Finished): void {
    const { panel, map, flagKinds } = this.context;
    const { views } = this;
    if (!views) return;
    const whole: Coverage = { ...found, area, box: [0, 0, 0, 0], assumptions: [] };
    const look = ({ lon, lat }: Row, zoom: number): void => map.flyTo({ lon, lat }, zoom);
    const content = h("div", { class: "stack coverage" }, headline(whole, false), coverageResult(whole, views, flagKinds, { ask: this.change, look, print: () => printButton(map) }), keeper({ job }, () => Promise.resolve(this.showKept())));
    panel.open(t("Reckoned {when}", { when: moment(at) }), content, {
      icon: "coverage", subtitle: nameOf(area), over: true, onClose: () => this.found && !this.over && this.colour(this.found),
    });
    this.colour(whole);
  }

  private async compare(path: string, title: string): Promise<void> {
    const { panel, map } = this.context;
    const content = h("div", {}, ghost());
    const sheet = panel.open(title, content, { icon: "coverage", over: true, onClose: () => this.found && !this.over && this.colour(this.found) });
    try {
      const found = await api.get<Difference>(path);
      if (!sheet.open || this.over) return;
      const look = ({ lon, lat }: Changed): void => map.flyTo({ lon, lat }, 14);
      replace(content, difference(found, look));
      this.layers.colour(found.buildings.id, found.buildings.change, true);
      const moved = (rows: Changed[]): Changed[] => rows.filter((row) => gain(row) !== 0);
      this.layers.shade(moved(found.communities), moved(found.grids), (row) => (gain(row) > 0 ? SOONER : LATER), (row) => signed(gain(row)));
    } catch (error) {
      replace(content, trouble(sentenceOf(error), () => void this.compare(path, title)));
    }
  }
}
