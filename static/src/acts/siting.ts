// Siting: where new stations should stand. The first answer comes at once, its proof goes on in the background.
// The address keeps it, "#siting=12", so that it can be shared.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import { followJob, isOver } from "../jobs.js";
import type { Overlay } from "../map/view.js";
import { ghost, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { registerAct, type ActContext } from "./registry.js";
import { sitingForm, type Asked, type ScenarioRow } from "./sitingForm.js";
import { proofState, sitingResult, type Proving } from "./sitingResult.js";
import { DOOR_LAYERS, doorsOf, SITE_LAYERS, sitesOf } from "./sitingStyle.js";
import type { Known, Question, Siting } from "./sitingTypes.js";
import { newId } from "./newId.js";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const FIRST: Question = { area: 0, mode: "foot", minutes: 3, sites: 5, sources: ["public"], kinds: [], moves: 0, weight: "households", scenario: null };

let last: Question = FIRST;
let lastList = "";

registerAct({
  id: "siting",
  icon: "siting",
  label: () => t("Siting"),
  short: () => t("Sites"),
  hint: () => t("Where new stations should stand so that most households are reached in time"),
  available: (me) => me.can.includes("response.plan") || t("Your role does not plan the response."),
  quiet: true,
  start: (context) => new SitingAct(context).stop,
});

class SitingAct {
  private over = false;
  private siting: Siting | null = null;
  private chosen: number | null = null;
  private following: ReturnType<typeof followJob> | null = null;
  private proving: Proving = { state: "none", note: "" };
  private readonly body = h("div", { class: "stack" });
  private readonly proof = h("div", {});
  private readonly result = h("div", { class: "stack" });
  private readonly sheet: ReturnType<ActContext["panel"]["open"]>;
  private readonly shown: { doors: Overlay; sites: Overlay };
  private readonly unpress: () => void;

  constructor(private readonly context: ActContext) {
    const { map, panel } = context;
    this.shown = { doors: map.addOverlay("siting-doors", NOTHING, DOOR_LAYERS), sites: map.addOverlay("siting-sites", NOTHING, SITE_LAYERS) };
    this.sheet = panel.open(t("Siting"), this.body, { icon: "siting", onClose: () => this.context.end() });
    this.unpress = map.onPress((_at, features) => this.press(features.find(({ layer }) => layer.startsWith("siting-sites"))?.properties["site"]));
    const shared = /^#siting=(\d+)$/.exec(location.hash)?.[1];
    if (shared) void this.load(Number(shared));
    else void this.ask();
  }

  /** Take sites and panel away; a proof goes on. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.following?.stop();
    this.unpress();
    this.shown.doors.remove();
    this.shown.sites.remove();
    this.address(null);
    this.sheet.close();
  };

  /** Show the form. */
  private async ask(): Promise<void> {
    this.leave();
    replace(this.body, ghost());
    try {
      const [known, { scenarios }] = await Promise.all([api.get<Known>("/sitings"), api.get<{ scenarios: ScenarioRow[] }>("/scenarios")]);
      if (this.over) return;
      if (!known.areas.length) {
        replace(this.body, h("p", { class: "quiet" }, t("You do not plan for the whole of any area.")));
        return;
      }
      if (last === FIRST) last = { ...FIRST, kinds: known.kinds.filter((kind) => known.stations[kind]) };
      const area = known.areas.some(({ id }) => id === last.area) ? last.area : (known.areas[0]?.id ?? 0);
      const flags = this.context.me.can.includes("households.see");
      const form = sitingForm({
        known, scenarios, flags, list: lastList, question: { ...last, area },
        ask: (question, list) => void this.send(question, list), open: ({ id }) => void this.load(id),
      });
      replace(this.body, form);
    } catch (error) {
      if (!this.over) replace(this.body, trouble(sentenceOf(error), () => void this.ask()));
    }
  }

  private async send(question: Asked, list: string): Promise<void> {
    const { places: _places, names: _names, ...rest } = question;
    last = rest;
    lastList = list;
    const form = [...this.body.childNodes];
    replace(this.body, ghost());
    try {
      const siting = await api.post<Siting>("/sitings", question);
      if (!this.over) this.show(siting, true);
    } catch (error) {
      if (this.over) return;
      this.body.replaceChildren(...form);
      const place = this.body.querySelector(".field-error");
      place?.replaceChildren(icon("warning", 18), sentenceOf(error));
      place?.scrollIntoView({ block: "nearest" });
    }
  }

  private async load(id: number, move = true): Promise<void> {
    if (move) replace(this.body, ghost());
    try {
      const siting = await api.get<Siting>(`/sitings/${id}`);
      if (!this.over) this.show(siting, move);
    } catch (error) {
      if (!this.over) replace(this.body, trouble(sentenceOf(error), () => void this.load(id)), this.another());
    }
  }

  private show(siting: Siting, move: boolean): void {
    this.siting = siting;
    if (move) this.chosen = null;
    this.address(siting.id);
    if (move || !this.proof.isConnected) replace(this.body, this.proof, this.result, this.foot(siting));
    this.draw();
    if (move) this.context.map.fitBounds(siting.box);
    if (move && siting.job !== null && !siting.proven) this.follow(siting.job);
    this.tellProof();
  }

  private draw(): void {
    const { siting, chosen } = this;
    if (!siting) return;
    this.shown.doors.set(doorsOf(siting));
    this.shown.sites.set(sitesOf(siting, chosen));
    const kinds = this.context.me.can.includes("households.see") ? this.context.flagKinds : [];
    const focused = document.activeElement?.getAttribute("data-site");
    replace(this.result, sitingResult({ siting, kinds, chosen, choose: (index) => this.choose(index) }));
    if (focused) this.result.querySelector<HTMLElement>(`[data-site="${focused}"]`)?.focus();
  }

  private choose(index: number): void {
    this.chosen = this.chosen === index ? null : index;
    const site = this.siting?.sites[index];
    if (site && this.chosen === index) this.context.map.flyTo(site, 15);
    this.draw();
  }

  /** A press on the number of a site is a choice in the list. */
  private press(site: unknown): boolean {
    if (typeof site !== "number") return false;
    this.choose(site);
    this.result.querySelector(`[data-site="${site}"]`)?.scrollIntoView({ block: "nearest" });
    return true;
  }

  private follow(job: number): void {
    this.following?.stop();
    let seen = 0;
    this.proving = { state: "waiting", note: "" };
    this.following = followJob<{ proven: boolean }>(job, {
      onChange: (now) => {
        this.proving = { state: isOver(now) ? "stopped" : now.state === "running" ? "running" : "waiting", note: now.note };
        if (now.state === "failed") toast(now.error, { kind: "error" });
        if (now.revision > seen && this.siting) void this.load(this.siting.id, false);
        seen = Math.max(seen, now.revision);
        this.tellProof();
      },
      onTrouble: () => {
        this.proving = { state: "none", note: "" }; // somebody else's proof: only they can stop it
        this.tellProof();
      },
    });
  }

  private tellProof(): void {
    if (!this.siting) return;
    const told = proofState(this.siting, this.proving, { cancel: () => void this.cancel(), prove: () => void this.prove() });
    if (this.proof.textContent !== told.textContent || !this.proof.firstChild) replace(this.proof, told);
  }

  private async cancel(): Promise<void> {
    try {
      await this.following?.cancel();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private async prove(): Promise<void> {
    if (!this.siting) return;
    try {
      const { job } = await api.post<{ job: number | null }>(`/sitings/${this.siting.id}/proof`);
      if (job !== null) this.follow(job);
      else toast(t("Several of your computations are not over yet. Try again later."), { kind: "info" });
      this.tellProof();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private another(): HTMLElement {
    return h("button", { class: "button", type: "button", on: { click: () => void this.ask() } }, icon("edit", 20), t("Ask another question"));
  }

  private foot({ id }: Siting): HTMLElement {
    const button = (name: string, word: string, click: () => void): HTMLElement => h("button", { class: "button", type: "button", on: { click } }, icon(name, 20), word);
    const file = (form: string): void => location.assign(`/api/v1/sitings/${id}/file?format=${form}`);
    return h(
      "div",
      { class: "act-row" },
      this.another(),
      button("link", t("Copy the link"), () => void copyAddress()),
      button("list", t("Table (Excel)"), () => file("xlsx")),
      button("list", t("Table (CSV)"), () => file("csv")),
      button("layers", t("Go on as a scenario"), () => void this.takeOver(id)),
    );
  }

  private async takeOver(id: number): Promise<void> {
    const name = t("Siting {n}", { n: String(id) });
    try {
      await api.post(`/sitings/${id}/scenario`, { id: newId(), name });
      toast(t("The scenario “{name}” is kept, with all the sites in it.", { name }));
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  /** Take the answer away. */
  private leave(): void {
    this.following?.stop();
    this.following = null;
    this.proving = { state: "none", note: "" };
    this.siting = null;
    this.chosen = null;
    this.shown.doors.set(NOTHING);
    this.shown.sites.set(NOTHING);
    this.address(null);
  }

  private address(id: number | null): void {
    if (id === null && !location.hash.startsWith("#siting=")) return;
    history.replaceState(history.state, "", location.pathname + location.search + (id === null ? "" : `#siting=${id}`));
  }
}

async function copyAddress(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("The link is copied. It shows this siting to everybody who plans for this area."));
  } catch {
    toast(location.href, { kind: "info", stay: 0 });
  }
}
