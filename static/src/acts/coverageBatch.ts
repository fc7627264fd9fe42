// The coverage of a whole district in the background: asked, followed, cancelled, and what came of it.
import { api, sentenceOf } from "../api.js";
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, t, tn } from "../i18n.js";
import { followJob, isOver, type Job } from "../jobs.js";
import { part } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { bodyOf } from "./coverageQuestion.js";
import type { Coverage, Question } from "./coverageTypes.js";

/** What such a job has found: an answer without what is said of its area. */
export type Whole = Omit<Coverage, "area" | "box" | "assumptions"> & { parts: number };

export interface Finished {
  job: number;
  at: string;
  area: Coverage["area"];
  found: Whole;
}

type Told = Job<Whole> & { readonly finished_at: string | null; readonly area_id: number | null };

const KIND = "coverage";
const LARGE: readonly string[] = ["district", "subdistrict"];

export class WholeCity {
  readonly element = h("div", { class: "screen-only" });
  private readonly state = h("div", { class: "stack", "aria-live": "polite" });
  private following: ReturnType<typeof followJob> | null = null;
  private known: Told | null = null;
  private area: Coverage["area"] | null = null;

  constructor(
    private readonly question: () => Question | null,
    private readonly open: (finished: Finished) => void,
  ) {}

  /** The panel is about this area now. */
  about(area: Coverage["area"]): void {
    const other = area.id !== this.area?.id;
    this.area = area;
    const large = LARGE.includes(area.level);
    replace(this.element, large ? part(t("In the background"), t("community by community"), this.state) : null);
    if (large && other) void this.find(area.id);
  }

  /** Look no longer; what is being reckoned goes on. */
  stop(): void {
    this.following?.stop();
    this.following = null;
  }

  /** Take up the newest computation about the area, which may have been asked for on another day. */
  private async find(area: number): Promise<void> {
    this.stop();
    this.known = null;
    this.show();
    try {
      const { jobs } = await api.get<{ jobs: (Told & { kind: string })[] }>("/jobs");
      const newest = jobs.find((job) => job.kind === KIND && job.area_id === area && (job.state === "done" || !isOver(job)));
      if (newest && this.area?.id === area) this.follow(newest.id);
    } catch (error) {
      this.say(sentenceOf(error));
    }
  }

  private async start(): Promise<void> {
    const [question, area] = [this.question(), this.area];
    if (!question || !area) return;
    try {
      const { job } = await api.post<{ job: number }>("/coverage/batch", { ...bodyOf(question), area: area.id });
      this.follow(job);
    } catch (error) {
      this.say(sentenceOf(error));
    }
  }

  private follow(id: number): void {
    this.stop();
    this.following = followJob<Whole>(id, {
      onChange: (job) => {
        this.known = job as Told;
        this.show();
      },
      onTrouble: (sentence) => this.say(sentence),
    });
  }

  private async cancel(): Promise<void> {
    try {
      await this.following?.cancel();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private show(): void {
    const job = this.known;
    if (!job) return this.say(t("Reckons large areas without waiting on this page, and keeps the answer for later."));
    if (!isOver(job)) return this.tellProgress(job);
    if (job.state === "done" && job.result) return this.tellResult(job, job.result);
    this.say(job.state === "failed" ? job.error : t("It was cancelled."));
  }

  private say(sentence: string): void {
    replace(this.state, h("p", { class: "quiet" }, sentence), h("div", { class: "act-row" }, this.again(t("Reckon in the background"))));
  }

  private tellProgress(job: Told): void {
    const share = t("{n}%", { n: Math.round(job.progress * 100) });
    const doing = job.state === "running" ? t("{share} is reckoned", { share }) : t("Waiting for a free worker…");
    const bar = h("progress", { class: "job-bar", max: 1, value: job.progress, "aria-label": t("Share that is reckoned") });
    const cancel = h("button", { class: "button", type: "button", on: { click: () => void this.cancel() } }, icon("close", 18), t("Cancel"));
    const focused = this.state.contains(document.activeElement);
    replace(this.state, h("p", { "data-job": job.state }, doing), bar, h("div", { class: "act-row" }, cancel));
    if (focused) cancel.focus();
  }

  private tellResult(job: Told, found: Whole): void {
    const { area } = this;
    if (!area) return;
    const at = job.finished_at ?? "";
    const show = h("button", { class: "button", type: "button", on: { click: () => this.open({ job: job.id, at, area, found }) } }, icon("coverage", 18), t("Show the answer"));
    const told = tn("{area}, {households} in {n} part: reckoned {when}.", "{area}, {households} in {n} parts: reckoned {when}.", found.parts, { area: nameOf(area), households: tn("{n} household", "{n} households", found.totals.households), when: moment(at) });
    replace(this.state, h("p", { "data-job": "done" }, told), h("div", { class: "act-row" }, show, this.again(t("Reckon anew"))));
  }

  private again(word: string): Child {
    return h("button", { class: "button", type: "button", on: { click: () => void this.start() } }, icon("timer", 18), word);
  }
}
