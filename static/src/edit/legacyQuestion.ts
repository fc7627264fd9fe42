// In which coordinates a net is: asked with the map beside it, answered, and taken in the background.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { isOver, type Job } from "../jobs.js";
import { toast } from "../toasts.js";
import { showProgress, systemQuestion } from "./legacyParts.js";
import type { Net } from "./legacyTypes.js";

interface Asking {
  readonly net: Net;
  readonly code: string;
  /** Why it could not be taken. */
  readonly refused: string;
  /** What is typed for another system. */
  readonly typed: string;
}

/** The nets that are being taken, each with its system and its job once that is known; they go on when the tab is left. */
const taking = new Map<number, { readonly code: string; readonly job: number | null }>();

export function isBeingTaken(net: number): boolean {
  return taking.has(net);
}

interface Around {
  /** Show a net in a system on the map; false where it cannot be, or another has been asked for meanwhile. */
  readonly show: (net: number, code: string) => Promise<boolean>;
  readonly hide: () => void;
  readonly follow: (job: number, onChange: (now: Job<object>, cancel: () => void) => void) => void;
  /** A net is asked about, or begins or ends to be taken. */
  readonly changed: () => void;
  readonly taken: (net: Net, code: string) => void;
}

export class NetQuestion {
  readonly element = h("div", { class: "net-asked" });
  private asking: Asking | null = null;
  private over = false;
  private readonly followed = new Set<number>();

  constructor(private readonly around: Around) {}

  stop(): void {
    this.over = true;
  }

  get open(): boolean {
    return this.asking !== null;
  }

  /** Follow what was begun before the tab was opened. */
  resume(nets: readonly Net[]): void {
    for (const net of nets) {
      const known = taking.get(net.id);
      if (known?.job) this.follow(net, known.code, known.job);
    }
  }

  async ask(net: Net, refused = ""): Promise<void> {
    const code = taking.get(net.id)?.code ?? net.crs ?? net.report.guesses?.[0]?.code ?? "EPSG:4326";
    this.asking = { net, code, refused, typed: "" };
    this.around.changed();
    this.draw();
    this.element.querySelector<HTMLElement>("input:checked")?.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start" });
    await this.around.show(net.id, code);
  }

  /** A net is deleted: nothing is asked about it, and nothing waited for, any more. */
  forget(net: number): void {
    taking.delete(net);
    if (this.asking?.net.id === net) this.leave();
  }

  private draw(): void {
    const { asking } = this;
    if (!asking) return replace(this.element);
    if (taking.has(asking.net.id)) return showProgress(this.element, t("Waiting for a free worker…"), 0, null);
    const focused = this.element.querySelector<HTMLInputElement>(":focus");
    const key = focused?.type === "radio" ? `input[value="${focused.value}"]` : focused ? "#net-epsg" : null;
    replace(this.element, systemQuestion({ ...asking, chosen: asking.code, choose: (code, typed) => void this.choose(code, typed), take: () => void this.take(asking.net, asking.code), leave: () => this.leave() }));
    if (key) this.element.querySelector<HTMLElement>(key)?.focus();
  }

  private async choose(code: string, typed: string): Promise<void> {
    const net = this.asking?.net.id;
    if (net === undefined) return;
    const found = await this.around.show(net, code);
    if (this.over || this.asking?.net.id !== net || taking.has(net)) return;
    this.asking = found ? { ...this.asking, code, refused: "", typed } : { ...this.asking, typed };
    this.draw(); // also where that system cannot be shown: the map still shows the one before
  }

  private async take(net: Net, code: string): Promise<void> {
    taking.set(net.id, { code, job: null });
    this.draw();
    this.element.scrollIntoView({ block: "start" });
    this.around.changed();
    try {
      const { job } = await api.post<{ job: number }>(`/legacy/nets/${net.id}/accept`, { crs: code });
      taking.set(net.id, { code, job });
      if (!this.over) this.follow(net, code, job);
    } catch (error) {
      taking.delete(net.id);
      if (this.over) toast(`${net.name}: ${sentenceOf(error)}`, { kind: "error" });
      else this.refuse(net, sentenceOf(error));
    }
  }

  private follow(net: Net, code: string, job: number): void {
    if (this.followed.has(job)) return;
    this.followed.add(job);
    this.around.follow(job, (now, cancel) => {
      if (!taking.has(net.id)) return; // it is deleted
      if (!isOver(now)) {
        if (this.asking?.net.id === net.id) showProgress(this.element, now.note || t("Waiting for a free worker…"), now.progress, cancel);
        return;
      }
      taking.delete(net.id);
      if (now.state !== "done") return this.refuse(net, now.error);
      toast(t("“{name}” lies over the blocks now", { name: net.name }));
      if (this.asking?.net.id === net.id) this.leave();
      this.around.taken(net, code);
    });
  }

  /** Ask again, with the reason why a net was not taken; none where that was cancelled. */
  private refuse(net: Net, refused: string): void {
    if (!this.asking) return void this.ask(net, refused);
    if (this.asking.net.id === net.id) {
      this.asking = { ...this.asking, refused };
      this.draw();
      this.element.querySelector<HTMLElement>("[data-net-act=take]")?.focus();
    } else if (refused) toast(`${net.name}: ${refused}`, { kind: "error", stay: 0 });
    this.around.changed();
  }

  private leave(): void {
    this.asking = null;
    this.around.hide();
    this.draw();
  }
}
