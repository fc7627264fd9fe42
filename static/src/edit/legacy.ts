// The tab "Nets": grids of other departments over the blocks, where they disagree, what they miss, and one plan of them all.
import { api, query, sentenceOf } from "../api.js";
import { confirm } from "../dialogs.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import { followJob, isOver, type Job } from "../jobs.js";
import { FONT } from "../map/ground.js";
import { paletteOf } from "../map/palette.js";
import type { Overlay } from "../map/view.js";
import { boundsOf, empty, ghost, part, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { sendForm } from "../upload.js";
import { NetComparison } from "./legacyCompare.js";
import { OnePlan } from "./legacyOne.js";
import { netForm, netList, placeList, showProgress } from "./legacyParts.js";
import { isBeingTaken, NetQuestion } from "./legacyQuestion.js";
import type { Amiss, Laid, Net, NetShapes } from "./legacyTypes.js";
import { registerTab, type PlanRoom, type Stop } from "./room.js";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const ROUNDS = 2; // that nets are laid by themselves, where the blocks change while they are

/** The file that is read for an area, and the job that lays its nets: they go on when the tab is left. */
const readings = new Map<number, { readonly net: number; readonly job: number }>();
const layings = new Map<number, number>();
/** Why the nets of an area could not be laid: that is tried again when somebody asks. */
const refusals = new Map<number, string>();

registerTab({ id: "legacy", icon: "layers", label: () => t("Nets"), order: 2.5, start: (room) => new NetsTab(room).stop });

class NetsTab {
  private over = false;
  private nets: readonly Net[] = [];
  private laid: ReadonlyMap<number, Laid> = new Map();
  private looked: number | null = null;
  private reading: number | null = null;
  private readonly unreadable = new Set<number>();
  private loads = 0;
  private shown = 0;
  private laying = false;
  private rounds = 0;
  private readonly area: number;
  private readonly list = h("div", {});
  private readonly adding = h("div", {});
  private readonly progress = h("div", { "data-net-laying": "" });
  private readonly amiss = h("div", { class: "stack" });
  private readonly question: NetQuestion;
  private readonly comparison: NetComparison;
  private readonly one: OnePlan;
  private readonly shapes: Overlay;
  private readonly endings: Stop[] = [];

  constructor(private readonly room: PlanRoom) {
    const [day, night] = [paletteOf("day"), paletteOf("night")];
    this.area = room.plan().area.id;
    this.comparison = new NetComparison(room);
    this.one = new OnePlan(room, (job, onChange) => this.follow(job, onChange));
    this.question = new NetQuestion({
      show: (net, code) => this.show(net, code),
      hide: () => this.hide(),
      follow: (job, onChange) => this.follow(job, onChange),
      changed: () => this.asked(),
      taken: (net, code) => void this.load().then(() => (this.over || this.question.open ? undefined : this.look({ ...net, crs: code }))),
    });
    this.shapes = room.map.addOverlay("net-shapes", NOTHING, [
      { type: "line", above: true, layout: { "line-join": "round" }, paint: { "line-color": day.halo, "line-width": 6, "line-opacity": 0.8 }, night: { "line-color": night.halo } },
      { type: "line", above: true, layout: { "line-join": "round" }, paint: { "line-color": day.route, "line-width": 3 }, night: { "line-color": night.route } },
      { type: "symbol", above: true, minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 8 }, paint: { "text-color": day.route, "text-halo-color": day.halo, "text-halo-width": 1.8 }, night: { "text-color": night.route, "text-halo-color": night.halo } },
    ]);
    replace(room.body, h("div", { class: "stack plan-part" }, this.question.element, part(t("Nets of other departments"), t("press one to see it"), this.list, this.progress), this.adding, this.comparison.element, this.amiss, this.one.element));
    this.drawForm();
    replace(this.list, ghost());
    void this.load();
  }

  readonly stop = (): void => {
    this.over = true;
    for (const end of this.endings) end();
    this.question.stop();
    this.comparison.stop();
    this.shapes.remove();
  };

  // The nets there are

  private async load(): Promise<void> {
    const asked = (this.loads += 1);
    const area = query({ area_id: this.area });
    try {
      const [{ nets }, overlay, gaps] = await Promise.all([
        api.get<{ nets: Net[] }>(`/legacy/nets?${area}`),
        api.get<{ nets: Laid[]; unlaid: number[] }>(`/legacy/overlay?${area}`),
        api.get<{ nets: Amiss[] }>(`/legacy/gaps?${area}`),
      ]);
      if (this.over || asked !== this.loads) return;
      this.nets = nets;
      this.laid = new Map(overlay.nets.map((one) => [one.id, one] as const));
      this.drawList();
      this.comparison.offer(this.usable());
      this.drawAmiss(gaps.nets);
      this.one.offer(this.usable());
      this.question.resume(nets);
      if (!overlay.unlaid.length) this.allLaid();
      else if (!this.laying) this.layAgain();
      const unread = nets.find(({ id, state, job }) => state === "reading" && job !== null && !this.unreadable.has(id));
      const next = readings.get(this.area) ?? (unread?.job ? { net: unread.id, job: unread.job } : null);
      if (next && this.reading === null) this.read(next.net, next.job);
    } catch (error) {
      if (!this.over && asked === this.loads) replace(this.list, trouble(sentenceOf(error), () => void this.load()));
    }
  }

  /** The nets of which it is known how they lie on the blocks. */
  private usable(): readonly Net[] {
    return this.nets.filter(({ id }) => this.laid.has(id));
  }

  private allLaid(): void {
    this.rounds = 0;
    refusals.delete(this.area);
    if (this.laying) return;
    layings.delete(this.area);
    replace(this.progress);
  }

  /** Lay nets that are not, unless that was tried; where the blocks change all the time, not without end. */
  private layAgain(): void {
    const why = refusals.get(this.area);
    this.rounds += 1;
    if (why !== undefined || this.rounds > ROUNDS) this.unlaid(why ?? "");
    else void this.lay();
  }

  private unlaid(why: string): void {
    const sentence = why || t("The nets are not laid over the blocks as they are now.");
    refusals.set(this.area, sentence);
    replace(this.progress, trouble(sentence, () => void this.lay()));
  }

  /** Have the nets laid over the blocks that have changed. */
  private async lay(): Promise<void> {
    this.laying = true;
    refusals.delete(this.area);
    showProgress(this.progress, t("Waiting for a free worker…"), 0, null);
    try {
      const job = layings.get(this.area) ?? (await api.post<{ job: number }>("/legacy/overlay", { area_id: this.area })).job;
      layings.set(this.area, job);
      if (this.over) return;
      this.follow<object>(job, (now, cancel) => {
        if (!isOver(now)) return showProgress(this.progress, now.note || t("Waiting for a free worker…"), now.progress, cancel);
        layings.delete(this.area);
        this.laying = false;
        if (now.state === "done") replace(this.progress);
        else this.unlaid(now.error);
        void this.load();
      });
    } catch (error) {
      this.laying = false;
      if (!this.over) this.unlaid(sentenceOf(error));
    }
  }

  private drawList(): void {
    const focused = this.list.querySelector<HTMLElement>(":focus")?.dataset["net"];
    const acts = { look: (net: Net) => void this.look(net), ask: (net: Net) => void this.question.ask(net), remove: (net: Net) => void this.remove(net) };
    replace(this.list, this.nets.length ? netList(this.nets, { laid: this.laid, looked: this.looked, isBeingTaken }, acts) : empty("layers", t("Send the grids that police, sanitation or others have drawn, and see where they differ from today's and from each other.")));
    if (focused) this.list.querySelector<HTMLElement>(`[data-net="${focused}"]`)?.focus();
  }

  /** Something is asked about a net: the map is the question's. */
  private asked(): void {
    if (this.question.open) this.looked = null;
    this.drawList();
  }

  /** Show the lines of a net over the blocks; once more takes them away. */
  private async look(net: Net): Promise<void> {
    this.looked = this.looked === net.id ? null : net.id;
    this.drawList();
    if (this.looked === null) return this.hide();
    const asked = this.shown + 1;
    if (!(await this.show(net.id, net.crs)) && !this.over && asked === this.shown) {
      this.looked = null;
      this.hide();
      this.drawList();
    }
  }

  /** Show a net in a system; false where it cannot be, or another has been asked for meanwhile. */
  private async show(id: number, code: string | null): Promise<boolean> {
    const asked = (this.shown += 1);
    try {
      const found = await api.get<NetShapes>(`/legacy/nets/${id}?${query({ crs: code })}`);
      if (this.over || asked !== this.shown) return false;
      this.shapes.set({ type: "FeatureCollection", features: found.features });
      const box = boundsOf({ type: "GeometryCollection", geometries: found.features.map(({ geometry }) => geometry) });
      if (box) this.room.map.fitBounds(box);
      return true;
    } catch (error) {
      if (!this.over) toast(sentenceOf(error), { kind: "error" });
      return false;
    }
  }

  private hide(): void {
    this.shown += 1;
    this.shapes.set(NOTHING);
  }

  private async remove(net: Net): Promise<void> {
    if (!(await confirm(t("Delete the net “{name}”? The grids and plans stay as they are.", { name: net.name }), t("Delete")))) return;
    try {
      await api.delete(`/legacy/nets/${net.id}`);
    } catch (error) {
      return void toast(sentenceOf(error), { kind: "error" });
    }
    if (readings.get(this.area)?.net === net.id) readings.delete(this.area);
    refusals.delete(this.area); // of what is left, nobody knows
    if (this.over) return;
    if (this.looked === net.id) {
      this.looked = null;
      this.hide();
    }
    if (this.reading === net.id) {
      this.reading = null;
      this.drawForm();
    }
    this.question.forget(net.id);
    await this.load();
  }

  // A new net: sent and read

  private drawForm(name = ""): void {
    replace(this.adding, h("details", { class: "siting-more", open: name !== "", "data-net-form": "" }, h("summary", {}, t("Add a net")), netForm(name, (called, file) => void this.send(called, file))));
  }

  /** Send a file; that goes on when the tab is left. */
  private async send(name: string, file: File): Promise<void> {
    const form = new FormData();
    form.append("name", name);
    form.append("area_id", String(this.area));
    form.append("file", file);
    let cancelled = false;
    const cancel = (): void => {
      cancelled = true;
      sending.stop();
    };
    const tell = (share: number): unknown => this.over || showProgress(this.adding, t("Sending {file}…", { file: file.name }), share, cancel);
    const sending = sendForm<{ net: number; job: number }>("/legacy/nets", form, tell);
    tell(0);
    try {
      const { net, job } = await sending.answer;
      readings.set(this.area, { net, job });
      if (!this.over) this.read(net, job);
    } catch (error) {
      if (cancelled) {
        if (this.over) return;
        this.drawForm(name);
        await this.load(); // the server may have it all the same
      } else if (this.over) toast(`${name}: ${sentenceOf(error)}`, { kind: "error", stay: 0 });
      else this.failed(sentenceOf(error), name);
    }
  }

  private read(net: number, job: number): void {
    this.reading = net;
    showProgress(this.adding, t("Waiting for a free worker…"), 0, null);
    this.follow<object>(job, (now, cancel) => {
      if (this.reading !== net) return; // it is deleted
      if (!isOver(now)) return showProgress(this.adding, now.note || t("The file is being read…"), now.progress, cancel);
      this.reading = null;
      readings.delete(this.area);
      if (now.state !== "done") {
        this.failed(now.error || t("The reading was cancelled."));
        this.unreadable.add(net);
        return void this.load().then(() => this.discard(net));
      }
      this.drawForm();
      void this.load().then(() => {
        const found = this.nets.find(({ id, state }) => id === net && state === "read");
        if (found && !this.over && !this.question.open) void this.question.ask(found);
      });
    });
  }

  /** Delete a net whose file nobody reads any more: one that cannot be read is gone by itself, unless the reading broke off. */
  private async discard(net: number): Promise<void> {
    if (this.over || !this.nets.some(({ id }) => id === net)) return;
    await api.delete<undefined>(`/legacy/nets/${net}`).catch(() => undefined);
    if (!this.over) await this.load();
  }

  private failed(sentence: string, name = ""): void {
    this.drawForm(name);
    this.adding.prepend(h("p", { class: "field-error", role: "alert", "data-net-refused": "" }, icon("warning", 18), sentence));
    this.adding.querySelector("details")?.setAttribute("open", "");
  }

  private follow<T>(id: number, onChange: (job: Job<T>, cancel: () => void) => void): void {
    const cancel = (): void => void following.cancel().catch((error: unknown) => toast(sentenceOf(error), { kind: "error" }));
    const following = followJob<T>(id, { onChange: (job) => !this.over && onChange(job, cancel), onTrouble: (sentence) => !this.over && toast(sentence, { kind: "error" }) });
    this.endings.push(following.stop);
  }

  // What nets miss

  private drawAmiss(nets: readonly Amiss[]): void {
    const go = (blocks: readonly number[]): void => {
      this.room.highlight(blocks);
      this.room.zoomTo(blocks);
    };
    const households = (n: number): string => tn("{n} household", "{n} households", n);
    replace(this.amiss, nets.flatMap((net) => [
      net.gaps.length || net.doubles.length ? null : h("p", { class: "check-fine" }, icon("check", 18), t("{net}: nothing is left out or covered twice.", { net: net.name })),
      net.gaps.length ? placeList(t("{net}: in no grid", { net: net.name }), households(net.households.in_no_grid), net.gaps.map(({ block, households: n }) => ({ words: t("Block {n}", { n: block }), more: households(n), blocks: [block] })), go) : null,
      net.doubles.length ? placeList(t("{net}: covered twice", { net: net.name }), households(net.households.in_several), net.doubles.map(({ grids, blocks, households: n }) => ({ words: grids.map(({ name }) => name).join(" + "), more: households(n), blocks })), go) : null,
    ]));
  }
}
