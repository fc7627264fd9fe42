// The act "redraw": the plans of the grids, and one of them open. "#plan=<id>" is the address of a plan.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { nameOf, t } from "../i18n.js";
import { foldLayers } from "../panels/layers.js";
import { ghost, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { newId } from "../acts/newId.js";
import { registerAct, type ActContext } from "../acts/registry.js";
import type { Me } from "../types.js";
import type { OpenPlan } from "./openPlan.js";
import type { PlanDoc, PlanHead } from "./plan.js";
import { newPlanForm, plannedPlaces, planList, type Listed } from "./plans.js";

const HASH = "#plan=";

registerAct({
  id: "redraw",
  address: "plan",
  icon: "redraw",
  label: () => t("Redraw the grids"),
  short: () => t("Redraw"),
  hint: () => t("Plans of grids: paint blocks, see what it does, hand it in"),
  available: (me) => mayRedraw(me) === true || me.can.includes("plans.approve") || t("Your role neither redraws grids nor approves plans."),
  subjects: ["area"],
  quiet: true,
  start: (context) => new Desk(context).stop,
});

function mayRedraw(me: Me): true | string {
  return me.can.includes("grids.redraw") || t("Your role does not redraw grids. You see the plans that others submit.");
}

class Desk {
  private over = false;
  private open: OpenPlan | null = null;
  private readonly body = h("div", { class: "stack" });
  private readonly sheet;
  private readonly stopLayers: () => void;
  private readonly unfold: () => void;

  constructor(private readonly context: ActContext) {
    const { panel, subject, store } = context;
    this.hide(["grids", "stations", "incidents"]);
    this.stopLayers = store.on(["layers"], () => this.hide(["grids"]));
    this.unfold = foldLayers();
    this.sheet = panel.open(t("Redraw the grids"), this.body, { icon: "redraw", onClose: () => context.end() });
    const shared = new RegExp(`^${HASH}([0-9a-f-]{36})$`).exec(location.hash)?.[1];
    if (shared) void this.show(shared);
    else if (subject && mayRedraw(context.me) === true) void this.form(Number(subject.id));
    else void this.list();
  }

  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.stopLayers();
    this.unfold();
    this.open?.stop();
    if (location.hash.startsWith(HASH)) this.address("");
    this.context.map.restyle({ on: this.context.store.get().layers });
    this.sheet.close();
  };

  /** Today's grids would shine through those of the plan, and stations hide them: until somebody switches layers. */
  private hide(layers: readonly string[]): void {
    const { map, store } = this.context;
    map.restyle({ on: new Set([...store.get().layers].filter((layer) => !layers.includes(layer))) });
  }

  private list(): Promise<void> {
    this.open?.stop();
    this.open = null;
    this.address("");
    this.sheet.setTitle(t("Redraw the grids"), "");
    return this.attempt(
      async () => {
        const { plans } = await api.get<{ plans: Listed[] }>("/plans");
        return planList(plans, mayRedraw(this.context.me), () => void this.form(null), ({ id }) => void this.show(id));
      },
      () => this.list(),
    );
  }

  private form(area: number | null): Promise<void> {
    const again = (): Promise<void> => this.form(area);
    return this.attempt(async () => newPlanForm(this.context.me, await plannedPlaces(this.context.me), area, (name, id) => void this.begin(name, id), () => void this.list()), again);
  }

  private async begin(name: string, area: number): Promise<void> {
    try {
      const { id } = await api.post<PlanHead>("/plans", { id: newId(), name, area_id: area });
      await this.show(id);
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private show(id: string): Promise<void> {
    return this.attempt(
      async () => {
        const { fetchPlan, OpenPlan } = await import("./openPlan.js"); // the map page is quicker without
        const [doc, ground] = await fetchPlan(id);
        if (this.over) return null;
        this.open?.stop();
        this.address(HASH + id);
        this.open = new OpenPlan(this.context, doc, ground, { leave: () => void this.list(), named: (head) => this.title(head), resize: (size) => this.sheet.resize(size), copied: (copy) => void this.show(copy.id) });
        this.title(doc);
        return this.open.element;
      },
      () => this.show(id),
    );
  }

  private title(head: PlanHead | PlanDoc): void {
    this.sheet.setTitle(head.name, nameOf(head.area));
  }

  private address(hash: string): void {
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }

  private async attempt(make: () => Promise<HTMLElement | null>, again: () => Promise<void>): Promise<void> {
    replace(this.body, ghost());
    try {
      const element = await make();
      if (element && !this.over) replace(this.body, element);
    } catch (error) {
      if (!this.over) replace(this.body, trouble(sentenceOf(error), () => void again()));
    }
  }
}
