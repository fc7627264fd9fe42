// What if: stations added, moved and closed, roads closed by a barrier, a flood or an order, an incident that is dragged.
// The zone and the households follow the pointer. Nothing touches the register; "#whatif=<id>" shares what was saved.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t } from "../i18n.js";
import { ghost, part, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { stationWord } from "../words.js";
import { newId } from "./newId.js";
import { registerAct, type ActContext } from "./registry.js";
import * as act from "./whatifContent.js";
import { coverChoice, modeChoice, stationCard, toolGrid, type Asked, type Tools } from "./whatifForm.js";
import { ask, Live, type Picture, type Question } from "./whatifLive.js";
import { ScenarioMap, type Known } from "./whatifMap.js";
import { button, changeList, Numbers, scenarioList, type Scenario } from "./whatifPanel.js";
import { watchOthers } from "./whatifOthers.js";
import { copyAddress, isSaved, keep, remove } from "./whatifSaved.js";
import { KnownStations } from "./whatifStations.js";
import { MINUTES } from "./zoneQuestion.js";
import type { LngLat } from "../types.js";

const HASH = "#whatif=";

/** What was not saved when the act ended: it is there when it is started again. */
let left: { scenario: Scenario; history: act.History } | null = null;
let asked: Asked = { mode: "foot", kind: "micro_fire", within: 3 };

registerAct({
  id: "whatif",
  icon: "whatif",
  label: () => t("What if"),
  short: () => t("If…"),
  hint: () => t("Move stations, close roads, and see at once who is reached"),
  available: (me) => me.can.includes("response.plan") || t("Your role does not plan the response."),
  place: true,
  subjects: ["station", "incident"],
  quiet: true,
  start: (context) => new WhatIf(context).stop,
});

class WhatIf {
  private over = false;
  private readonly body = h("div", { class: "stack" });
  private readonly sheet;
  private readonly live = new Live((picture, question) => this.show(picture, question), (error) => this.complain(error));
  private readonly stations = new KnownStations();
  private readonly drawing: ScenarioMap;
  private scenario: Scenario | null = null;
  private history = new act.History(act.NO_CHANGE);
  private chosen: Known | null = null;
  private held: act.Action | null = null;
  private before: { asked: string; households: Picture["households"] } | null = null;
  private numbers = new Numbers();
  private saving = false;
  private readonly others = watchOthers(() => (this.saving ? null : this.scenario), (theirs) => this.take(theirs));
  private readonly tools: Tools = {
    station: () => this.addStation(), incident: () => this.addIncident(), flood: () => this.addFlood(), barrier: () => this.addBarrier(), road: () => this.addRoad(),
  };
  private readonly card = h("div", { class: "scenario-card" });
  private readonly changes = h("div", {});
  private readonly steps = h("div", { class: "button-row" });
  private readonly foot = h("div", { class: "form-foot scenario-foot" });

  constructor(private readonly context: ActContext) {
    const { map, panel } = context;
    this.drawing = new ScenarioMap(map, {
      move: (station, at) => this.drag(station, at),
      end: () => this.drop(),
      choose: (station) => this.choose(station),
    });
    this.sheet = panel.open(t("What if"), this.body, { icon: "whatif", onClose: () => context.end() });
    document.addEventListener("keydown", this.onKey);
    map.prepareDrawing();
    void this.begin();
  }

  /** Take everything away; what is not saved stays for the next time. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.live.stop();
    this.others.stop();
    document.removeEventListener("keydown", this.onKey);
    this.drawing.stop();
    left = this.scenario && !isSaved(this.scenario, this.history.content) ? { scenario: this.scenario, history: this.history } : null;
    if (left) toast(t("Your scenario is not saved. It is kept here until you reload the page."), { kind: "info" });
    if (location.hash.startsWith(HASH)) this.address("");
    this.sheet.close();
  };

  private async begin(): Promise<void> {
    const { place, subject } = this.context;
    const shared = new RegExp(`^${HASH}([0-9a-f-]{36})$`).exec(location.hash)?.[1];
    if (shared && !place) return this.attempt(async () => this.open(await api.get<Scenario>(`/scenarios/${shared}`)));
    if (left && !place) return this.edit(left.scenario, left.history);
    if (!place && !subject) return this.list();
    this.edit(this.fresh(), new act.History(act.NO_CHANGE));
    if (subject?.kind === "station") await this.attemptQuietly(async () => this.choose(await this.stations.take(Number(subject.id))));
    else if (place) this.do(act.placeIncident(place));
  }

  private list(): Promise<void> {
    this.sheet.setTitle(t("What if"), "");
    this.address("");
    return this.attempt(async () => {
      const { scenarios } = await api.get<{ scenarios: Scenario[] }>("/scenarios");
      if (this.over) return;
      const begin = (): void => this.edit(this.fresh(), new act.History(act.NO_CHANGE));
      replace(this.body, scenarioList(scenarios, begin, (one) => this.open(one)));
    });
  }

  private fresh(): Scenario {
    const { area, display_name: me } = this.context.me;
    const name = t("Scenario of {date}", { date: new Date().toLocaleDateString(document.documentElement.lang) });
    return { id: newId(), name, area, version: 0, content: act.NO_CHANGE, owner: me, changed_by: me, changed_at: "" };
  }

  private open(scenario: Scenario): void {
    this.edit(scenario, new act.History(scenario.content));
  }

  private edit(scenario: Scenario, history: act.History): void {
    if (this.over) return;
    this.scenario = scenario;
    this.history = history;
    this.numbers = new Numbers();
    this.chosen = null;
    this.sheet.setTitle(t("What if"), nameOf(scenario.area));
    this.others.clear();
    replace(this.body, this.others.element, this.numbers.short, toolGrid(this.tools), this.card, modeChoice(asked, (change) => this.ask(change)), this.numbers.element, coverChoice(asked, (change) => this.ask(change)),
      part(t("Changes"), "", this.steps, this.changes), this.nameField(), this.foot);
    if (scenario.version) this.address(HASH + scenario.id);
    void this.attemptQuietly(() => this.stations.takeAll(history.content)).then(() => this.changed());
    const { incident, added, moved } = history.content;
    const first = incident ?? added[0] ?? moved[0];
    if (first && scenario.version) this.context.map.flyTo(first);
  }

  // The form

  private nameField(): HTMLElement {
    const input = h("input", { type: "text", id: "scenario-name", maxlength: 100, required: true, value: this.scenario?.name ?? "", autocomplete: "off" });
    input.addEventListener("input", () => {
      if (this.scenario && input.value.trim()) this.scenario = { ...this.scenario, name: input.value.trim() };
      this.showFoot();
    });
    return h("div", { class: "field" }, h("label", { for: input.id }, t("Name of the scenario")), input);
  }

  // What the person does

  private async addStation(): Promise<void> {
    const { kind } = asked;
    const at = await this.room(() => this.context.map.pickPoint(t("Press where the new station is to stand")));
    if (!at) return;
    this.do(act.addStation(kind, t("New {kind}", { kind: stationWord(kind) }), at));
    const id = act.newest(this.history.content);
    this.choose(this.stations.get(id) ?? null);
  }

  private async addIncident(): Promise<void> {
    const at = await this.room(() => this.context.map.pickPoint(t("Press the place of the incident")));
    if (!at) return;
    this.chosen = null;
    this.do(act.placeIncident(at));
    this.drawing.focus(0);
  }

  private async addFlood(): Promise<void> {
    const ring = await this.room(() => this.context.map.drawArea(t("Press corner after corner of the flooded area")));
    if (ring) this.do(act.close("flood", ring.slice(0, -1)));
  }

  private async addBarrier(): Promise<void> {
    const line = await this.room(() => this.context.map.drawLine(t("Draw a line across the roads that are closed")));
    if (line) this.do(act.close("barrier", line));
  }

  private async addRoad(): Promise<void> {
    const at = await this.room(() => this.context.map.pickPoint(t("Press the piece of road that is closed")));
    if (at) this.do(act.close("road", [[at.lon, at.lat]]));
  }

  /** Ask for something on the map, with the panel out of the way on a phone. */
  private async room<T extends LngLat | [number, number][]>(question: () => Promise<T | null>): Promise<T | null> {
    this.sheet.resize("strip");
    const answer = await question();
    if (this.over) return null;
    this.sheet.resize("half");
    if (answer && "lon" in answer) this.context.map.reveal(answer);
    return answer;
  }

  private choose(station: Known | null): void {
    this.chosen = station;
    if (station) {
      if (!this.stations.has(station.id)) this.stations.set(station.id, station);
      asked = { ...asked, kind: station.kind };
      const select = document.querySelector<HTMLSelectElement>("#cover-kind");
      if (select) select.value = station.kind;
    }
    this.changed();
    if (station) this.drawing.focus(station.id);
  }

  private drag(station: Known | null, at: LngLat): void {
    if (station && this.history.content.shut.includes(station.id)) return;
    if (station && this.chosen?.id !== station.id) this.choose(station);
    if (!station && this.chosen) this.choose(null);
    this.held = station ? act.moveStation(station.id, at) : act.placeIncident(at);
    this.drawing.follow(station?.id ?? 0, at);
    this.live.ask(this.question(this.held(this.history.content), false));
  }

  private drop(): void {
    if (this.held) this.do(this.held);
  }

  private do(action: act.Action): void {
    this.held = null;
    this.history.do(action);
    this.changed();
  }

  /** Take a note letter by letter: a button pressed next would lose its click if leaving the field drew it anew. */
  private write(index: number, text: string): void {
    this.history.do(act.note(index, text), `note ${index}`);
    this.showSteps();
    this.showFoot();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const typing = (event.target as Element).closest?.("input, textarea, select");
    if (!this.scenario || typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    this.travel(event.shiftKey);
  };

  private travel(forward: boolean): void {
    if (forward) this.history.redo();
    else this.history.undo();
    this.changed();
  }

  // What is shown

  /** Show the scenario as it is now, and ask what it does. */
  private changed(): void {
    if (this.over || !this.scenario) return;
    const { content } = this.history;
    for (const one of content.added) this.stations.set(one.id, { ...one });
    if (this.chosen && this.chosen.id < 0 && !act.placeOf(content, this.chosen.id)) this.chosen = null;
    this.drawing.draw(content, this.stations, this.chosen);
    replace(this.card, this.chosen && stationCard(this.chosen, content, (action) => this.do(action)));
    replace(this.changes, changeList(content, this.stations, {
      station: (id) => this.do(act.resetStation(id)),
      closure: (index) => this.do(act.open(index)),
      incident: () => this.do(act.placeIncident(null)),
      note: (index, text) => this.write(index, text),
    }));
    this.showSteps();
    this.showFoot();
    this.ask({});
  }

  private showSteps(): void {
    const step = (symbol: string, label: string, forward: boolean, can: boolean): HTMLElement =>
      button("", symbol, label, () => this.travel(forward), { disabled: !can, "data-step": symbol });
    replace(this.steps, step("undo", t("Undo"), false, this.history.canUndo), step("redo", t("Redo"), true, this.history.canRedo));
  }

  private showFoot(): void {
    const { scenario } = this;
    if (!scenario) return;
    const saved = isSaved(scenario, this.history.content);
    const small = (symbol: string, label: string, act: () => void, more: Record<string, unknown> = {}): HTMLElement =>
      h("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click: act }, ...more }, icon(symbol));
    replace(
      this.foot,
      button("button-main", "check", saved ? t("Saved") : t("Save"), () => void this.save(), { disabled: saved, "data-tool": "save" }),
      scenario.version ? small("link", t("Copy the link"), () => void copyAddress(), { disabled: !saved }) : null,
      scenario.version ? small("copy", t("Duplicate"), () => this.duplicate()) : null,
      scenario.version ? small("trash", t("Delete"), () => void this.delete(), { "data-tool": "delete" }) : null,
      small("list", t("All scenarios"), () => this.leave()),
    );
  }

  private ask(change: Partial<Asked>): void {
    asked = { ...asked, ...change };
    this.live.ask(this.question(this.history.content, true));
    void this.attemptQuietly(() => this.askBefore());
  }

  private question(content: act.Content, closed: boolean): Question {
    const { mode, kind, within } = asked;
    const station = this.chosen && !content.shut.includes(this.chosen.id) ? { station: this.chosen.id } : {};
    return { area_id: this.scenario?.area.id ?? 0, content, mode, minutes: MINUTES, kind, within, closed, ...station };
  }

  /** Ask how many are inside today: around the station where the register has it, or around the incident. */
  private async askBefore(): Promise<void> {
    const { incident } = this.history.content;
    const station = this.chosen && this.chosen.id > 0 ? { station: this.chosen.id } : {};
    const content = { ...act.NO_CHANGE, incident: this.chosen ? null : incident };
    const question = { area_id: this.scenario?.area.id ?? 0, content, mode: asked.mode, minutes: MINUTES, ...station };
    const key = JSON.stringify(question);
    if (this.before?.asked === key) return;
    const nobody = this.chosen && this.chosen.id < 0;
    const households = nobody ? MINUTES.map((minutes) => [minutes, 0] as const) : (await ask(question)).households;
    this.before = { asked: key, households };
    if (!this.over) this.live.ask(this.question(this.held?.(this.history.content) ?? this.history.content, false));
  }

  private show(picture: Picture, { content }: Question): void {
    this.drawing.picture(picture, this.held !== null);
    if (picture.closed) this.drawing.draw(content, this.stations, this.chosen);
    const dragsIncident = this.held !== null && !this.chosen; // today's number for that place is not asked yet
    this.numbers.show(picture, dragsIncident ? null : (this.before?.households ?? null));
    this.body.dataset["pictures"] = String(Number(this.body.dataset["pictures"] ?? 0) + 1);
  }

  private complain(error: unknown): void {
    this.numbers.show({ zones: [], households: [], cover: null, closed: null, note: sentenceOf(error) }, null);
  }

  // Keeping it

  private async save(): Promise<void> {
    if (!this.scenario) return;
    this.saving = true;
    const kept = await keep(this.scenario, this.history.content);
    this.saving = false;
    if (!kept || this.over) return;
    this.others.clear();
    if (kept.theirs) return this.take(kept.scenario);
    this.scenario = kept.scenario;
    this.address(HASH + this.scenario.id);
    this.showName();
    this.changed();
  }

  /** Go on with what somebody else has saved; one's own is a step back. */
  private take(theirs: Scenario): void {
    this.scenario = theirs;
    this.history.do(() => theirs.content);
    this.address(HASH + theirs.id);
    this.showName();
    void this.attemptQuietly(() => this.stations.takeAll(theirs.content)).then(() => this.changed());
  }

  private showName(): void {
    const name = document.querySelector<HTMLInputElement>("#scenario-name");
    if (name && this.scenario) name.value = this.scenario.name;
  }

  private duplicate(): void {
    if (!this.scenario) return;
    const { name, area } = this.scenario;
    this.edit({ ...this.fresh(), name: t("Copy of {name}", { name }).slice(0, 100), area }, new act.History(this.history.content));
    this.address("");
  }

  private async delete(): Promise<void> {
    if (!this.scenario || !(await remove(this.scenario, () => (this.over ? undefined : this.list())))) return;
    this.leave();
  }

  private leave(): void {
    this.scenario = null;
    this.chosen = null;
    this.history = new act.History(act.NO_CHANGE);
    this.drawing.draw(act.NO_CHANGE, this.stations, null);
    this.drawing.picture({ zones: [], households: [], cover: null, closed: [], note: null }, false);
    void this.list();
  }

  private address(hash: string): void {
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    replace(this.body, ghost());
    try {
      await action();
    } catch (error) {
      if (!this.over) replace(this.body, trouble(sentenceOf(error), () => void this.list()));
    }
  }

  private async attemptQuietly(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.over) toast(sentenceOf(error), { kind: "error" });
    }
  }
}
