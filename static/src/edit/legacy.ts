// The tab "Nets": grids of other departments over the blocks, where they disagree, what they miss, and one plan of them all.
import { api, query, sentenceOf } from "../api.js";
import { newId } from "../acts/newId.js";
import { confirm } from "../dialogs.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t, tn } from "../i18n.js";
import { followJob, isOver, type Job } from "../jobs.js";
import { FONT } from "../map/ground.js";
import { paletteOf } from "../map/palette.js";
import type { Overlay } from "../map/view.js";
import { boundsOf, empty, ghost, part, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { sendForm } from "../upload.js";
import { NetComparison } from "./legacyCompare.js";
import { netForm, netList, placeList, showProgress, systemQuestion } from "./legacyParts.js";
import type { Amiss, Laid, Net, NetShapes, Proposal } from "./legacyTypes.js";
import { registerTab, type PlanRoom, type Stop } from "./room.js";

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** The search for one plan that goes on, by the plan at whose side it was asked for. */
const searching = new Map<string, number>();

registerTab({ id: "legacy", icon: "layers", label: () => t("Nets"), order: 2.5, start: (room) => new NetsTab(room).stop });

class NetsTab {
  private over = false;
  private nets: readonly Net[] = [];
  private laid: ReadonlyMap<number, Laid> = new Map();
  private looked: number | null = null;
  private reading: number | null = null;
  private readonly unreadable = new Set<number>();
  private followed: number | null = null;
  private asking: { net: Net; code: string; refused: string } | null = null;
  private shown = 0;
  private laying = false;
  private readonly list = h("div", {});
  private readonly question = h("div", {});
  private readonly adding = h("div", {});
  private readonly progress = h("div", { "data-net-laying": "" });
  private readonly amiss = h("div", { class: "stack" });
  private readonly one = h("div", {});
  private readonly comparison: NetComparison;
  private readonly shapes: Overlay;
  private readonly endings: Stop[] = [];

  constructor(private readonly room: PlanRoom) {
    const [day, night] = [paletteOf("day"), paletteOf("night")];
    this.comparison = new NetComparison(room);
    this.shapes = room.map.addOverlay("net-shapes", NOTHING, [
      { type: "line", above: true, layout: { "line-join": "round" }, paint: { "line-color": day.halo, "line-width": 6, "line-opacity": 0.8 }, night: { "line-color": night.halo } },
      { type: "line", above: true, layout: { "line-join": "round" }, paint: { "line-color": day.route, "line-width": 3 }, night: { "line-color": night.route } },
      { type: "symbol", above: true, minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 8 }, paint: { "text-color": day.route, "text-halo-color": day.halo, "text-halo-width": 1.8 }, night: { "text-color": night.route, "text-halo-color": night.halo } },
    ]);
    replace(room.body, h("div", { class: "stack plan-part" }, this.question, part(t("Nets of other departments"), t("press one to see it"), this.list, this.progress), this.adding, this.comparison.element, this.amiss, this.one));
    this.drawForm();
    replace(this.list, ghost());
    void this.load();
  }

  readonly stop = (): void => {
    this.over = true;
    for (const end of this.endings) end();
    this.comparison.stop();
    this.shapes.remove();
  };

  // The nets there are

  private async load(): Promise<void> {
    const area = query({ area_id: this.room.plan().area.id });
    try {
      const [{ nets }, overlay, gaps] = await Promise.all([
        api.get<{ nets: Net[] }>(`/legacy/nets?${area}`),
        api.get<{ nets: Laid[]; unlaid: number[] }>(`/legacy/overlay?${area}`),
        api.get<{ nets: Amiss[] }>(`/legacy/gaps?${area}`),
      ]);
      if (this.over) return;
      this.nets = nets;
      this.laid = new Map(overlay.nets.map((one) => [one.id, one] as const));
      this.drawList();
      this.comparison.offer(this.usable());
      this.drawAmiss(gaps.nets);
      this.drawOne();
      if (overlay.unlaid.length && !this.laying) void this.lay();
      const unread = nets.find(({ id, state, job }) => state === "reading" && job !== null && !this.unreadable.has(id));
      if (unread?.job && this.reading === null) this.read(unread.id, unread.job);
    } catch (error) {
      if (!this.over) replace(this.list, trouble(sentenceOf(error), () => void this.load()));
    }
  }

  /** The nets of which it is known how they lie on the blocks. */
  private usable(): readonly Net[] {
    return this.nets.filter(({ id }) => this.laid.has(id));
  }

  /** Have the nets laid over the blocks that have changed; where one cannot be, it is tried again when somebody asks. */
  private async lay(): Promise<void> {
    this.laying = true;
    const failed = (sentence: string): void => replace(this.progress, trouble(sentence, () => void this.lay()));
    try {
      const { job } = await api.post<{ job: number }>("/legacy/overlay", { area_id: this.room.plan().area.id });
      if (this.over) return;
      this.follow<object>(job, (now, cancel) => {
        if (!isOver(now)) return showProgress(this.progress, now.note || t("Waiting for a free worker…"), now.progress, cancel);
        if (now.state === "done") replace(this.progress);
        else failed(now.error || t("The nets are not laid over the blocks as they are now."));
        void this.load().then(() => (this.laying = now.state !== "done"));
      });
    } catch (error) {
      if (!this.over) failed(sentenceOf(error));
    }
  }

  private drawList(): void {
    const acts = { look: (net: Net) => void this.look(net), ask: (net: Net) => void this.ask(net), remove: (net: Net) => void this.remove(net) };
    replace(this.list, this.nets.length ? netList(this.nets, this.laid, this.looked, acts) : empty("layers", t("Send the grids that police, sanitation or others have drawn, and see where they differ from today's and from each other.")));
  }

  /** Show the lines of a net over the blocks; once more takes them away. */
  private async look(net: Net): Promise<void> {
    this.looked = this.looked === net.id ? null : net.id;
    this.drawList();
    if (this.looked === null) this.hide();
    else await this.show(net.id, net.crs);
    this.list.querySelector<HTMLElement>(`[data-net="${net.id}"]`)?.focus();
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
      if (this.looked === net.id) this.hide();
      if (this.asking?.net.id === net.id) this.leave();
      await this.load();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  // A new net: sent, read, looked at, taken

  private drawForm(): void {
    replace(this.adding, h("details", { class: "siting-more", "data-net-form": "" }, h("summary", {}, t("Add a net")), netForm((name, file) => void this.send(name, file))));
  }

  private async send(name: string, file: File): Promise<void> {
    const form = new FormData();
    form.append("name", name);
    form.append("area_id", String(this.room.plan().area.id));
    form.append("file", file);
    const sending = sendForm<{ net: number; job: number }>("/legacy/nets", form, (share) => this.over || showProgress(this.adding, t("Sending {file}…", { file: file.name }), share, sending.stop));
    this.endings.push(sending.stop);
    try {
      const { net, job } = await sending.answer;
      if (!this.over) this.read(net, job);
    } catch (error) {
      if (!this.over) this.failed(sentenceOf(error));
    }
  }

  private read(net: number, job: number): void {
    this.reading = net;
    this.follow<object>(job, (now, cancel) => {
      if (!isOver(now)) return showProgress(this.adding, now.note || t("The file is being read…"), now.progress, cancel);
      this.reading = null;
      if (now.state !== "done") {
        this.failed(now.error || t("The reading was cancelled."));
        this.unreadable.add(net);
        return void this.load().then(() => this.discard(net));
      }
      this.drawForm();
      void this.load().then(() => {
        const found = this.nets.find(({ id }) => id === net);
        if (found) void this.ask(found);
      });
    });
  }

  /** Delete a net whose file nobody reads any more: one that cannot be read is gone by itself, unless the reading broke off. */
  private async discard(net: number): Promise<void> {
    if (this.over || !this.nets.some(({ id }) => id === net)) return;
    await api.delete<undefined>(`/legacy/nets/${net}`).catch(() => undefined);
    if (!this.over) await this.load();
  }

  private failed(sentence: string): void {
    this.drawForm();
    this.adding.prepend(h("p", { class: "field-error", role: "alert", "data-net-refused": "" }, icon("warning", 18), sentence));
    this.adding.querySelector("details")?.setAttribute("open", "");
  }

  private follow<T>(id: number, onChange: (job: Job<T>, cancel: () => void) => void): void {
    const cancel = (): void => void following.cancel().catch((error: unknown) => toast(sentenceOf(error), { kind: "error" }));
    const following = followJob<T>(id, { onChange: (job) => !this.over && onChange(job, cancel), onTrouble: (sentence) => !this.over && toast(sentence, { kind: "error" }) });
    this.endings.push(following.stop);
  }

  private async ask(net: Net): Promise<void> {
    this.asking = { net, code: net.crs ?? net.report.guesses?.[0]?.code ?? "EPSG:4326", refused: "" };
    this.looked = null;
    this.drawList();
    this.drawQuestion();
    this.question.querySelector<HTMLElement>("input:checked")?.focus({ preventScroll: true });
    this.question.firstElementChild?.scrollIntoView({ block: "start" });
    await this.show(net.id, this.asking.code);
  }

  private drawQuestion(): void {
    const { asking } = this;
    if (!asking) return replace(this.question);
    const focused = this.question.querySelector<HTMLElement>(":focus")?.getAttribute("value");
    replace(this.question, systemQuestion({ net: asking.net, chosen: asking.code, refused: asking.refused, choose: (code) => void this.choose(code), take: () => void this.take(), leave: () => this.leave() }));
    if (focused) this.question.querySelector<HTMLElement>(`input[value="${focused}"]`)?.focus();
  }

  private async choose(code: string): Promise<void> {
    const { asking } = this;
    if (!asking) return;
    const [before, found] = [this.shown + 1, await this.show(asking.net.id, code)];
    if (this.over || before !== this.shown || this.asking?.net.id !== asking.net.id) return;
    if (found) this.asking = { ...asking, code, refused: "" };
    this.drawQuestion(); // also where that system cannot be shown: the map still shows the one before
  }

  private async take(): Promise<void> {
    const { asking } = this;
    if (!asking) return;
    const { net, code } = asking;
    showProgress(this.question, t("Waiting for a free worker…"), 0, () => undefined);
    try {
      const { job } = await api.post<{ job: number }>(`/legacy/nets/${net.id}/accept`, { crs: code });
      if (this.over) return;
      this.follow<object>(job, (now, cancel) => {
        if (!isOver(now)) return showProgress(this.question, now.note || t("Waiting for a free worker…"), now.progress, cancel);
        if (now.state !== "done") return this.refuse(asking, now.error);
        toast(t("“{name}” lies over the blocks now", { name: net.name }));
        this.leave();
        void this.load().then(() => (this.over ? undefined : this.look({ ...net, crs: code })));
      });
    } catch (error) {
      if (!this.over) this.refuse(asking, sentenceOf(error));
    }
  }

  /** Ask again, with the reason why a net was not taken; none where that was cancelled. */
  private refuse(asking: { net: Net; code: string }, refused: string): void {
    this.asking = { ...asking, refused };
    this.drawQuestion();
    this.question.querySelector<HTMLElement>("[data-net-act=take]")?.focus();
  }

  private leave(): void {
    this.asking = null;
    this.hide();
    this.drawQuestion();
  }

  // What nets miss, and one plan of them

  private drawAmiss(nets: readonly Amiss[]): void {
    const go = (blocks: readonly number[]): void => {
      this.room.highlight(blocks);
      this.room.zoomTo(blocks);
    };
    const households = (n: number): string => tn("{n} household", "{n} households", n);
    replace(this.amiss, nets.flatMap((net) => [
      net.gaps.length ? placeList(t("{net}: in no grid", { net: net.name }), households(net.households.in_no_grid), net.gaps.map(({ block, households: n }) => ({ words: t("Block {n}", { n: block }), more: households(n), blocks: [block] })), go) : null,
      net.doubles.length ? placeList(t("{net}: covered twice", { net: net.name }), households(net.households.in_several), net.doubles.map(({ grids, blocks, households: n }) => ({ words: grids.map(({ name }) => name).join(" + "), more: households(n), blocks })), go) : null,
    ]));
  }

  private drawOne(): void {
    const job = searching.get(this.room.plan().id);
    if (job !== undefined) {
      if (this.followed !== job) this.follow<Proposal>(job, (now, cancel) => this.drawProposal(now, cancel));
      return void (this.followed = job);
    }
    const nets = this.usable();
    if (!nets.length) return replace(this.one);
    const boxes = nets.map((net) => {
      const input = h("input", { type: "checkbox", value: net.id });
      input.checked = true;
      return { input, row: h("label", { class: "suggest-grid" }, input, h("span", {}, net.name)) };
    });
    const name = h("input", { type: "text", id: "net-plan-name", maxlength: 100, required: true, autocomplete: "off", value: t("One net of {n}", { n: nets.length }) });
    const submit = (event: Event): void => {
      event.preventDefault();
      const chosen = boxes.filter(({ input }) => input.checked).map(({ input }) => Number(input.value));
      if (chosen.length && name.value.trim()) void this.propose(name.value.trim(), chosen);
    };
    replace(this.one, part(t("One plan of all"), t("a draft of its own"), h("form", { class: "stack", on: { submit } }, h("div", { class: "suggest-grids" }, boxes.map(({ row }) => row)), h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the plan")), name), h("p", { class: "quiet small" }, t("Blocks that all of them keep together stay together; of the rest, the plan is found in which most households keep their neighbours.")), h("button", { class: "button button-main button-wide", type: "submit", "data-net-act": "propose" }, icon("suggest", 18), t("Propose one plan")))));
  }

  private async propose(name: string, nets: readonly number[]): Promise<void> {
    const id = newId();
    try {
      const { job } = await api.post<{ job: number }>("/legacy/proposal", { id, name, area_id: this.room.plan().area.id, nets });
      searching.set(this.room.plan().id, job);
      if (!this.over) this.drawOne();
    } catch (error) {
      if (!this.over) toast(sentenceOf(error), { kind: "error" });
    }
  }

  private drawProposal({ state, note, progress, error, result }: Job<Proposal>, cancel: () => void): void {
    if (!isOver({ state })) return showProgress(this.one, note || t("Waiting for a free worker…"), progress, cancel);
    searching.delete(this.room.plan().id);
    if (state !== "done" || !result?.plan) {
      toast(error || t("The search was cancelled."), { kind: "error" });
      return this.drawOne();
    }
    const { plan } = result;
    const rows = result.nets.map((net) => h("li", { class: "row moving-row" }, h("span", {}, net.name), h("span", { class: "more" }, h("b", {}, t("{n}%", { n: number(net.kept * 100, 0) })))));
    replace(this.one, part(t("One plan of all"), t("households that keep their neighbours"), h("div", { class: "stack" }, h("ul", { class: "plan-rows", "data-net-proposal": plan }, rows), h("p", { class: "quiet small" }, t("{n}% of its grids are in the range.", { n: number(result.scores.in_range * 100, 0) })), h("button", { class: "button button-main button-wide", type: "button", "data-net-act": "open", on: { click: () => void (location.hash = `#plan=${plan}`) } }, icon("redraw", 18), t("Open the draft")))));
  }
}
