// Sends edits to the server one by one, in their order, and takes in what others change. What is shown is what is stored
// with one's own unsent edits on top. Where others changed the same things, the person chooses; what gives way can be redone.
import { api, ApiError, query, sentenceOf } from "../api.js";
import { onPlanNews } from "../events.js";
import { t, tn } from "../i18n.js";
import { Kept } from "./kept.js";
import { applied, childrenOf, difference, fitting, isNothing, renumbered, sameGrid, type Children, type Edit, type Plan, type PlannedGrid } from "./plan.js";

export interface TheirEdit {
  readonly version: number;
  readonly by: { id: number; name: string };
  readonly at: string;
  readonly changes: Edit;
}

interface Stored {
  readonly version: number;
  readonly changes: Edit;
  readonly others: readonly TheirEdit[];
}

/** How it stands with one's own edits. */
export type SyncState =
  | { kind: "stored" }
  | { kind: "sending"; count: number }
  | { kind: "offline"; count: number; kept: boolean }
  | { kind: "loggedOut"; count: number; kept: boolean }
  | { kind: "refused"; count: number; sentence: string }
  /** The server has the plan in another state than this page knows, and nothing that leads from one to the other. */
  | { kind: "apart"; count: number };

export interface Clash {
  /** What one wants, from what is stored now. */
  readonly mine: Edit;
  readonly by: readonly string[];
}

export interface SyncHooks {
  /** The plan to be shown is another. */
  changed(): void;
  told(state: SyncState): void;
  /** Others have changed things that one's own edit changes too: whether one's own is put over it. */
  choose(clash: Clash): Promise<boolean>;
  /** One's own edit gave way. */
  gaveWay(edit: Edit): void;
  others(edits: readonly TheirEdit[]): void;
  /** Others have changed the plan's name or state. */
  head(): void;
  /** The blocks themselves were changed: plan and ground have to be fetched again. */
  stale(children: Children): Promise<void>;
}

const AGAIN = [2, 5, 10, 20]; // seconds until the next try while the server is away

export class Sync {
  private queue: Edit[];
  private shown: Plan | null = null;
  private running: Promise<void> | null = null;
  private tries = 0;
  private timer = 0;
  private over = false;
  private handed = false;
  private refused = "";
  private apart = false;
  /** The blocks that have taken the place of others: who holds the ground fetches it anew and takes over. */
  private stale: Children | null = null;
  private asking = false;
  /** What others have changed since the plan was opened, known before a clash or by it. */
  private readonly theirs: TheirEdit[] = [];
  private readonly kept: Kept;
  private isKept = true;
  /** What closed pages have left, once that is known. */
  readonly left: Promise<readonly Edit[]>;
  private readonly forget: () => void;

  constructor(private readonly id: string, private version: number, private stored: Plan, private readonly whose: { user: number; page: string; unsent: readonly Edit[] }, private readonly hooks: SyncHooks) {
    this.kept = new Kept(whose.user, id, whose.page);
    this.queue = [...whose.unsent];
    this.keep();
    this.left = this.kept.takeOver();
    void this.left.then((left) => this.takeUp(left));
    this.forget = onPlanNews((news) => {
      if (news && news.plan !== id) return;
      this.refused = ""; // what forbade it may be over
      this.wake();
      void this.look(news?.version).then((edits) => {
        if (news && !edits.length && news.by.id !== whose.user) this.hooks.head(); // its name or state, no block
      });
    });
    window.addEventListener("online", this.retry);
    if (this.queue.length) this.wake();
  }

  /** The plan with all that is not sent yet. */
  get plan(): Plan {
    this.shown ??= this.queue.reduce(applied, this.stored);
    return this.shown;
  }

  get at(): number {
    return this.version;
  }

  get unsent(): readonly Edit[] {
    return this.queue;
  }

  /** False where what is unsent is lost with this page. */
  get safe(): boolean {
    return this.isKept;
  }

  add(edit: Edit): void {
    if (isNothing(edit)) return;
    this.queue.push(edit);
    this.shown = applied(this.plan, edit);
    this.keep();
    this.hooks.changed();
    this.wake();
  }

  /** Resolves once everything is sent, or cannot be: true where it is. */
  async settled(): Promise<boolean> {
    await this.left;
    if (this.queue.length) this.retry();
    while (this.running) await this.running;
    return !this.queue.length;
  }

  /** Leave what is unsent to a copy of the plan, for whoever opens it next here; the answer is how much that is. */
  leaveTo(copy: string): number {
    new Kept(this.whose.user, copy, this.whose.page).leave(this.queue);
    return this.queue.length;
  }

  /** Nothing is sent or looked for any more; what is unsent stays in the browser. */
  stop(): void {
    this.over = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.retry);
    this.forget();
    this.kept.stop();
  }

  /** Stop, and let another send what is unsent: it keeps it from now on, whatever is still answered here. */
  handOver(): readonly Edit[] {
    this.stop();
    this.handed = true;
    return this.queue;
  }

  /** Go on with what closed pages have left: it is older than all that is not on its way yet. */
  private takeUp(left: readonly Edit[]): void {
    if (!left.length) return;
    this.queue.splice(this.running ? 1 : 0, 0, ...left);
    this.renew();
    this.wake();
  }

  private readonly retry = (): void => {
    this.tries = 0;
    this.wake();
  };

  private wake(): void {
    window.clearTimeout(this.timer);
    if (this.over || this.refused) return;
    if (this.apart) return this.part(); // with what has been done since
    if (this.stale) return this.giveOver(this.stale);
    this.running ??= this.send().then((done) => {
      this.running = null;
      if (done && this.queue.length) this.wake(); // came in as it ended
    });
  }

  /** Send until nothing is left, which is true then. */
  private async send(): Promise<boolean> {
    while (this.queue.length && !this.over && !this.apart && !this.stale) {
      this.tell({ kind: "sending", count: this.queue.length });
      try {
        await this.sendFirst(this.queue[0] as Edit);
        this.tries = 0;
      } catch (error) {
        this.failed(error);
        return false;
      }
    }
    if (!this.queue.length) this.tell({ kind: "stored" });
    return !this.queue.length;
  }

  private async sendFirst(edit: Edit): Promise<void> {
    if (!knows(this.stored, edit)) return this.rename(edit);
    const sent = this.version;
    try {
      this.took(await api.post<Stored>(`/plans/${this.id}/edits`, edit, { version: sent }), true);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      await this.merge(edit, sent);
    }
  }

  /** It has waited while blocks were split or merged: those that stand for them now take their place. */
  private async rename(edit: Edit): Promise<void> {
    const children = (await fetchEdits(this.id, 0)).flatMap(({ changes }) => childrenOf(changes) ?? []);
    const now = children.reduce(renumbered, edit);
    const blocks = pick(now.blocks, (id) => this.stored.ground.place.has(Number(id)));
    this.instead(isNothing({ ...now, blocks }) ? [] : [{ ...now, blocks }]);
  }

  /** Others were there first: send what they left alone, and ask for the rest. */
  private async merge(edit: Edit, sent: number): Promise<void> {
    const known = this.plan.grids;
    if (!this.over) await this.news();
    if (this.stale) return; // whoever takes over goes on, over the blocks that there are then
    const mine = against(this.stored, edit);
    const free = fitting(this.stored, {
      blocks: pick(mine.blocks, (id) => edit.blocks[id]?.[0] === mine.blocks[id]?.[0]),
      grids: pick(mine.grids, (number) => sameGrid(edit.grids[number]?.[0] ?? null, mine.grids[number]?.[0] ?? null)),
    });
    // A grid that one left empty and others have filled stays: nobody has to be asked.
    const clash: Edit = { blocks: pick(mine.blocks, (id) => !(id in free.blocks)), grids: pick(mine.grids, (number) => !(number in free.grids) && mine.grids[number]?.[1] !== null) };
    // Refused, and nobody has changed anything: it would be refused again, and again.
    if (this.version === sent && size(free) === size(edit)) return this.part();
    const first = isNothing(free) ? [] : [free];
    if (isNothing(clash)) return this.instead(first);
    const over = await this.hooks.choose({ mine: clash, by: lastOf(this.theirs, clash) });
    const now = withGrids(this.stored, against(this.stored, clash), known);
    this.instead(over && !isNothing(now) ? [...first, now] : first);
    if (!over && !isNothing(now)) this.hooks.gaveWay(now);
  }

  private part(): void {
    this.apart = true;
    this.keep();
    this.tell({ kind: "apart", count: this.queue.length });
  }

  private instead(edits: readonly Edit[]): void {
    this.queue.splice(0, 1, ...edits);
    this.renew();
  }

  /** Fetch what others have changed, as far as it is news: what one sends oneself is answered first. */
  async look(version = Infinity): Promise<readonly TheirEdit[]> {
    await this.running;
    return this.over || version <= this.version ? [] : this.news().catch(() => []);
  }

  private async news(): Promise<readonly TheirEdit[]> {
    const edits = await fetchEdits(this.id, this.version);
    const news = edits.filter(({ version }) => version > this.version);
    if (news.length) this.took({ version: Math.max(...news.map(({ version }) => version)), changes: { blocks: {}, grids: {} }, others: news }, false);
    return news;
  }

  private took({ version, changes, others }: Stored, own: boolean): void {
    if (own) this.queue.shift();
    const news = others.filter((one) => one.version > this.version);
    this.theirs.push(...news);
    const made = version > this.version ? [changes] : []; // else it is known, and others may have gone on from it
    this.version = Math.max(version, this.version);
    this.stored = [...news.map((one) => one.changes), ...made].reduce(applied, this.stored);
    const ground = news.flatMap((one) => [...(childrenOf(one.changes) ?? [])]);
    if (ground.length) this.stale = new Map([...(this.stale ?? []), ...ground]);
    this.renew();
    if (this.over) return;
    if (this.stale) this.giveOver(this.stale);
    else if (news.length) this.hooks.others(news);
  }

  /** Until the ground is there, what is unsent waits: it is asked for again as an edit would be. */
  private giveOver(children: Children): void {
    if (this.asking) return;
    this.asking = true;
    this.hooks.stale(children).catch((error: unknown) => this.failed(error)).finally(() => (this.asking = false));
  }

  private renew(): void {
    const before = this.shown;
    this.shown = null;
    if (before && isNothing(difference(before, this.plan))) this.shown = before; // nothing has to be drawn anew
    this.keep();
    this.hooks.changed();
  }

  private keep(): void {
    if (!this.handed) this.isKept = this.kept.write(this.queue);
  }

  private failed(error: unknown): void {
    const count = this.queue.length;
    const away = !(error instanceof ApiError) || error.status === 0 || error.status >= 500 || error.status === 429;
    this.keep();
    if (!away && (error.status === 401 || error.code === "csrf")) return this.tell({ kind: "loggedOut", count, kept: this.safe });
    if (!away) {
      this.refused = sentenceOf(error);
      return this.tell({ kind: "refused", count, sentence: this.refused });
    }
    if (count) this.tell({ kind: "offline", count, kept: this.safe });
    this.timer = window.setTimeout(() => this.wake(), 1000 * (AGAIN[Math.min(this.tries, AGAIN.length - 1)] ?? 20));
    this.tries += 1;
  }

  /** Let go what the server refuses; the plan is shown as it is stored. */
  drop(): readonly Edit[] {
    const dropped = this.queue.splice(0);
    this.refused = "";
    this.renew();
    this.tell({ kind: "stored" });
    return dropped;
  }

  private tell(state: SyncState): void {
    if (!this.over) this.hooks.told(state);
  }
}

/** All edits of a plan that made the versions over `after`. */
export async function fetchEdits(plan: string, after: number): Promise<TheirEdit[]> {
  const all: TheirEdit[] = [];
  for (;;) {
    const { edits } = await api.get<{ edits: TheirEdit[] }>(`/plans/${plan}/edits?${query({ after: all.at(-1)?.version ?? after })}`);
    if (!edits.length) return all;
    all.push(...edits);
  }
}

/** How it stands, in a few words. */
export function syncWords(state: SyncState): string {
  switch (state.kind) {
    case "stored":
      return t("All edits are saved");
    case "sending":
      return tn("Saving {n} edit…", "Saving {n} edits…", state.count);
    case "offline":
      return state.kept ? tn("No connection: {n} edit waits in this browser", "No connection: {n} edits wait in this browser", state.count) : tn("No connection: {n} edit waits on this page. Do not close it.", "No connection: {n} edits wait on this page. Do not close it.", state.count);
    case "loggedOut":
      return state.kept ? tn("You are no longer logged in: {n} edit waits in this browser", "You are no longer logged in: {n} edits wait in this browser", state.count) : tn("You are no longer logged in, and {n} edit waits on this page only", "You are no longer logged in, and {n} edits wait on this page only", state.count);
    case "refused":
      return state.sentence;
    case "apart":
      return tn("The server has this plan in an earlier state, perhaps from a backup: {n} edit waits here.", "The server has this plan in an earlier state, perhaps from a backup: {n} edits wait here.", state.count);
  }
}

/** An edit as it would be made now: from what is there, without what is there already. */
function against(plan: Plan, edit: Edit): Edit {
  const blocks = Object.entries(edit.blocks).flatMap(([id, [, after]]): [string, [number, number]][] => {
    const at = plan.ground.place.get(Number(id));
    const now = at === undefined ? undefined : plan.of[at];
    return now === undefined || now === after ? [] : [[id, [now, after]]];
  });
  const grids = Object.entries(edit.grids).flatMap(([number, [, after]]): [string, Edit["grids"][string]][] => {
    const now: PlannedGrid | null = plan.grids.get(Number(number)) ?? null;
    return sameGrid(now, after) ? [] : [[number, [now, after]]];
  });
  return { blocks: Object.fromEntries(blocks), grids: Object.fromEntries(grids) };
}

/** An edit with the grids that it puts blocks into and that others have taken away meanwhile. */
function withGrids(plan: Plan, edit: Edit, known: Plan["grids"]): Edit {
  const grids = { ...edit.grids };
  for (const [, after] of Object.values(edit.blocks)) {
    const grid = known.get(after);
    if (grid && !plan.grids.has(after) && !grids[after]) grids[after] = [null, grid];
  }
  return { blocks: edit.blocks, grids };
}

/** Whether all blocks of an edit are in the plan's ground. */
function knows({ ground }: Plan, { blocks }: Edit): boolean {
  return Object.keys(blocks).every((id) => ground.place.has(Number(id)));
}

function size({ blocks, grids }: Edit): number {
  return Object.keys(blocks).length + Object.keys(grids).length;
}

function pick<T>(all: Record<string, T>, wanted: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => wanted(key)));
}

/** Who has changed last what an edit clashes with. */
function lastOf(theirs: readonly TheirEdit[], { blocks, grids }: Edit): string[] {
  const last = (has: (changes: Edit) => boolean): string[] => theirs.filter(({ changes }) => has(changes)).slice(-1).map(({ by: { name } }) => name);
  return [...new Set([...Object.keys(blocks).flatMap((id) => last((changes) => id in changes.blocks)), ...Object.keys(grids).flatMap((number) => last((changes) => number in changes.grids))])];
}
