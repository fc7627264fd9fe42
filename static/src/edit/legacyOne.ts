// One plan of many nets: of which, how it is called, the search for it, and what came of that.
import { api, sentenceOf } from "../api.js";
import { newId } from "../acts/newId.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { isOver, type Job } from "../jobs.js";
import { part } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { showProgress } from "./legacyParts.js";
import type { Net, Proposal } from "./legacyTypes.js";
import type { PlanRoom } from "./room.js";

/** The search for one plan that goes on, by the plan at whose side it was asked for. */
const searching = new Map<string, number>();

type Follow = (job: number, onChange: (now: Job<Proposal>, cancel: () => void) => void) => void;

export class OnePlan {
  readonly element = h("div", {});
  private nets: readonly Net[] = [];
  private followed: number | null = null;
  private made: Proposal | null = null;
  /** The nets of the form that is drawn; null where something else is. */
  private drawn: string | null = null;
  private name: string | null = null;
  private readonly left = new Set<number>();

  constructor(private readonly room: PlanRoom, private readonly follow: Follow) {}

  /** Offer these nets; what was chosen and typed stays. */
  offer(nets: readonly Net[]): void {
    this.nets = nets;
    this.draw();
  }

  private draw(): void {
    const job = searching.get(this.room.plan().id);
    if (job !== undefined) {
      if (this.followed !== job) this.follow(job, (now, cancel) => this.told(now, cancel));
      return void (this.followed = job);
    }
    if (this.made) return;
    const drawn = this.nets.map(({ id, name }) => `${id} ${name}`).join("\n");
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    replace(this.element, this.nets.length ? this.form() : null);
  }

  private form(): HTMLElement {
    const boxes = this.nets.map((net) => {
      const input = h("input", { type: "checkbox", value: net.id });
      input.checked = !this.left.has(net.id);
      input.addEventListener("change", () => void (input.checked ? this.left.delete(net.id) : this.left.add(net.id)));
      return h("label", { class: "suggest-grid" }, input, h("span", {}, net.name));
    });
    const name = h("input", { type: "text", id: "net-plan-name", maxlength: 100, required: true, autocomplete: "off", value: this.name ?? t("One net of {n}", { n: this.nets.length }) });
    name.addEventListener("input", () => (this.name = name.value));
    const wrong = h("p", { class: "field-error", role: "alert" });
    const submit = (event: Event): void => {
      event.preventDefault();
      const chosen = this.nets.filter(({ id }) => !this.left.has(id)).map(({ id }) => id);
      if (chosen.length && name.value.trim()) return void this.propose(name.value.trim(), chosen);
      wrong.textContent = chosen.length ? t("Give the plan a name.") : t("Choose at least one net.");
    };
    return part(t("One plan of all"), t("a draft of its own"), h("form", { class: "stack", novalidate: true, on: { submit } }, h("div", { class: "suggest-grids" }, boxes), h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the plan")), name), wrong, h("p", { class: "quiet small" }, t("Blocks that all of them keep together stay together; of the rest, the plan is found in which most households keep their neighbours.")), h("button", { class: "button button-main button-wide", type: "submit", "data-net-act": "propose" }, icon("suggest", 18), t("Propose one plan"))));
  }

  private async propose(name: string, nets: readonly number[]): Promise<void> {
    const { id: plan, area } = this.room.plan();
    this.name = name;
    this.drawn = null;
    showProgress(this.element, t("Waiting for a free worker…"), 0, null);
    try {
      const { job } = await api.post<{ job: number }>("/legacy/proposal", { id: newId(), name, area_id: area.id, nets });
      searching.set(plan, job);
      this.name = null;
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
    this.draw();
  }

  private told({ state, note, progress, error, result }: Job<Proposal>, cancel: () => void): void {
    this.drawn = null;
    if (!isOver({ state })) return showProgress(this.element, note || t("Waiting for a free worker…"), progress, cancel);
    searching.delete(this.room.plan().id);
    if (state !== "done" || !result?.plan) {
      toast(error || t("The search was cancelled."), { kind: "error" });
      return this.draw();
    }
    this.made = result;
    const { plan } = result;
    const again = (): void => {
      this.made = null;
      this.draw();
      this.element.querySelector("input")?.focus();
    };
    const rows = result.nets.map((net) => h("li", { class: "row moving-row" }, h("span", {}, net.name), h("span", { class: "more" }, h("b", {}, t("{n}%", { n: number(net.kept * 100, 0) })))));
    replace(this.element, part(t("One plan of all"), t("households that keep their neighbours"), h("div", { class: "stack" }, h("ul", { class: "plan-rows", "data-net-proposal": plan }, rows), h("p", { class: "quiet small" }, t("{n}% of its grids are in the range.", { n: number(result.scores.in_range * 100, 0) })), h("button", { class: "button button-main button-wide", type: "button", "data-net-act": "open", on: { click: () => void (location.hash = `#plan=${plan}`) } }, icon("redraw", 18), t("Open the draft")), h("button", { class: "button button-wide", type: "button", on: { click: again } }, t("Propose another")))));
  }
}
