// The tab "Suggest": asks for plans in the background, shows them as they get better, and takes one as a single edit.
import { api, ApiError, sentenceOf } from "../api.js";
import { byId, h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { followJob, isOver, type Job } from "../jobs.js";
import { toast } from "../toasts.js";
import type { LngLat } from "../types.js";
import { editTo, numbersOf } from "./answers.js";
import { isNothing, NO_GRID } from "./plan.js";
import { fetchSites } from "./seedChoice.js";
import { registerTab, type PlanRoom } from "./room.js";
import type { Scores } from "./scores.js";
import { refill, suggestForm, toggle, type Picked } from "./suggestForm.js";
import { alternatives, progress } from "./suggestResult.js";
import { SEED_KINDS, usualQuestion, type Alternative, type Question, type Site, type Suggested } from "./suggestTypes.js";

/** What was asked last of each plan, and the job that searches: there when the tab is opened again. */
const asked = new Map<string, { question: Question; job: number | null }>();

const HEAD = 70; // pixels that the tabs take of the panel
const STILL = 140; // pixels that the panel moves by itself as its content changes

registerTab({ id: "suggest", icon: "suggest", label: () => t("Suggest"), order: 2, start: (room) => new SuggestTab(room).stop });

class SuggestTab {
  private over = false;
  private readonly question: Question;
  private picking: Picked | null = null;
  private picked: number[] = [];
  private following: ReturnType<typeof followJob> | null = null;
  private job: Job<Suggested> | null = null;
  private scores: Scores | null = null;
  private sites: readonly Site[] = [];
  private chosen: number | null = null;
  /** Where the panel stood after it was brought to its head; null where it was not. */
  private led: number | null = null;
  private readonly form = h("div", {});
  private readonly state = h("div", {});
  private readonly result = h("div", {});
  private readonly endings: (() => void)[] = [];

  constructor(private readonly room: PlanRoom) {
    const known = asked.get(room.plan().id);
    this.question = known?.question ?? usualQuestion();
    asked.set(room.plan().id, { question: this.question, job: known?.job ?? null });
    replace(room.body, h("div", { class: "stack plan-part" }, this.state, this.result, this.form));
    this.endings.push(
      room.map.onPress((at) => this.press(at)),
      room.map.onKey((key) => key === "Enter" && this.press(room.map.look()), (focused) => (byId("map-cross").hidden = !focused || !this.picking)),
      room.onChange(() => this.changed()),
    );
    this.drawForm();
    if (known?.job) this.follow(known.job);
    void this.loadScores();
    void this.loadSites();
  }

  /** Leave; a search goes on. */
  readonly stop = (): void => {
    this.over = true;
    this.following?.stop();
    for (const end of this.endings) end();
    byId("map-cross").hidden = true;
  };

  // The question

  private drawForm(): void {
    refill(this.form, suggestForm(this.room, this.question, { picking: this.picking, picked: this.picked, again: this.job !== null, sites: this.sites }, {
      pick: (what) => this.pick(what),
      start: () => void this.start(),
      changed: () => this.drawForm(),
      sized: () => void this.loadSites(),
      light: (blocks) => this.room.highlight(blocks),
      look: (blocks) => this.look(blocks),
    }));
  }

  /** Let grids or blocks be pressed on the map; what was chosen before is kept. */
  private pick(what: Picked | null): void {
    const { picking, picked, question } = this;
    if ((picking === "together" || picking === "dedicated") && picked.length) question[picking].push(picked);
    this.picking = what;
    this.picked = [];
    this.light();
    this.drawForm();
    if (!what) return;
    this.room.uncover();
    this.show(null);
  }

  private press(at: LngLat): boolean {
    if (!this.picking) return true; // the panel of a building would take the place of this one
    const block = this.room.ground().blocks.id[this.room.blocks.shapes.at(at.lon, at.lat)];
    if (block === undefined) return true;
    if (this.picking === "together" || this.picking === "dedicated") toggle(this.picked, block);
    else {
      const grid = this.room.plan().blocks[block] ?? NO_GRID;
      if (grid !== NO_GRID) toggle(this.question[this.picking], grid);
    }
    this.drawForm();
    this.light();
    return true;
  }

  /** Mark on the map what is chosen by now. */
  private light(): void {
    const { picking, picked, question, room } = this;
    if (!picking) return room.highlight([]);
    if (picking === "together" || picking === "dedicated") return room.highlight(picked);
    const chosen = new Set(question[picking]);
    room.highlight(Object.entries(room.plan().blocks).filter(([, grid]) => chosen.has(grid)).map(([block]) => Number(block)));
  }

  private async start(): Promise<void> {
    this.pick(null);
    const { question, room } = this;
    question.seed = 1 + Math.floor(Math.random() * 1_000_000);
    const body = { ...question, grids: question.way === "chosen" ? question.grids : [] };
    const plan = room.plan().id;
    try {
      if (!(await room.saved())) return; // the desk says why
      const { job } = await api.post<{ job: number }>(`/plans/${plan}/suggestions`, body);
      asked.set(plan, { question, job });
      if (this.over) return;
      this.job = null;
      this.show(null);
      replace(this.result);
      this.follow(job);
      this.lead();
    } catch (error) {
      if (!this.over) toast(sentenceOf(error), { kind: "error" });
    }
  }

  // The answer

  private follow(id: number): void {
    this.following?.stop();
    const { cancel, stop } = followJob<Suggested>(id, {
      onChange: (job) => this.take(job),
      onTrouble: (sentence) => replace(this.state, h("p", { class: "field-error", role: "alert" }, sentence)),
    });
    this.following = { cancel, stop };
  }

  /** Bring how far it is to the head of the panel. */
  private lead(): void {
    const frame = this.state.closest(".panel-body");
    frame?.scrollBy(0, this.state.getBoundingClientRect().top - frame.getBoundingClientRect().top - HEAD);
    this.led = this.room.body.getBoundingClientRect().top;
  }

  private take(job: Job<Suggested>): void {
    const first = !this.job?.result?.alternatives.length && Boolean(job.result?.alternatives.length);
    const better = job.revision !== this.job?.revision;
    const fresh = !this.job;
    this.job = job;
    this.drawState();
    if (fresh) this.drawForm();
    if (first && (!isOver(job) || this.led !== null)) this.show(0); // asked for here, not found when the tab was opened
    else if (better || isOver(job)) this.show(this.chosen);
    // What is drawn may be less high than before: who has not scrolled meanwhile still reads from the beginning.
    if (this.led !== null && Math.abs(this.room.body.getBoundingClientRect().top - this.led) < STILL) this.lead();
    if (isOver(job)) this.led = null;
  }

  private drawState(): void {
    const { job, state } = this;
    if (!job) return replace(state);
    const focused = state.contains(document.activeElement);
    replace(state, progress(job, () => void this.cancel()));
    if (focused) state.querySelector("button")?.focus();
  }

  private async cancel(): Promise<void> {
    try {
      await this.following?.cancel();
    } catch (error) {
      const ended = error instanceof ApiError && error.status === 409; // it was over before the press came there
      if (!ended) toast(sentenceOf(error), { kind: "error" });
    }
  }

  /** Show an alternative on the map, or the plan itself. */
  private show(index: number | null): void {
    const found = this.job?.result;
    const alternative = index === null ? undefined : found?.alternatives[index];
    this.chosen = alternative ? index : null;
    this.room.colours(alternative ? numbersOf(alternative.blocks) : null);
    if (!found) return;
    const focused = document.activeElement?.getAttribute("data-alternative");
    replace(this.result, alternatives({
      found, today: this.scores, chosen: this.chosen,
      choose: (chosen) => (this.room.uncover(), this.show(chosen)),
      take: (taken, number) => this.adopt(taken, number),
      may: this.room.plan().may.edit,
      look: (blocks) => this.look(blocks),
    }));
    if (focused) this.result.querySelector<HTMLElement>(`[data-alternative="${focused}"]`)?.focus();
  }

  private adopt(alternative: Alternative, index: number): void {
    const edit = editTo(this.room.ground(), this.room.plan(), alternative);
    if (isNothing(edit)) {
      toast(t("The plan is like this already."), { kind: "info" });
      return;
    }
    this.room.apply(edit, t("Suggestion {n} taken", { n: index + 1 }));
    this.show(null);
    toast(t("Suggestion {n} is the plan now. One step back undoes it.", { n: index + 1 }));
  }

  private changed(): void {
    this.drawForm();
    this.light();
    void this.loadScores();
    void this.loadSites();
  }

  private look(blocks: readonly number[]): void {
    this.room.highlight(blocks);
    this.room.zoomTo(blocks);
  }

  /** What can become dedicated grids, as the plan is now. */
  private async loadSites(): Promise<void> {
    const least = { ...this.question.least };
    const found = await fetchSites(this.room.plan().id, least).catch(() => null);
    if (this.over || !found || SEED_KINDS.some((kind) => least[kind] !== this.question.least[kind])) return; // asked anew since
    this.sites = found;
    this.drawForm();
  }

  /** The scores of the plan as it is, to be seen beside those of the suggestions. */
  private async loadScores(): Promise<void> {
    const found = await api.get<{ scores: Scores }>(`/plans/${this.room.plan().id}/faults`).catch(() => null);
    if (this.over || !found) return;
    this.scores = found.scores;
    this.show(this.chosen);
  }
}
