// Undo and redo without end. Only edits are kept: each is the way back to what was before it. What was undone in an earlier
// session is known from the plan's own edits, so that a reload forgets nothing.
import { childrenOf, inverse, isNothing, renumbered, type Children, type Edit } from "./plan.js";

export interface Step {
  readonly edit: Edit;
  readonly label: string;
}

export class History {
  private past: Step[] = [];
  private future: Step[] = [];

  /** What "undo" would take back, and what "redo" would do again. */
  get next(): { undo: Step | null; redo: Step | null } {
    return { undo: this.past.at(-1) ?? null, redo: this.future.at(-1) ?? null };
  }

  did(step: Step): void {
    this.past.push(step);
    this.future = [];
  }

  /** The step to take back; it can be done again. */
  undo(): Step | null {
    const step = this.past.pop();
    if (step) this.future.push(step);
    return step ?? null;
  }

  redo(): Step | null {
    const step = this.future.pop();
    if (step) this.past.push(step);
    return step ?? null;
  }

  /** Something to do again, as if it had been undone: one's own that gave way to somebody else's. */
  laidAside(step: Step): void {
    this.future.push(step);
  }

  /** All edits of the plan in their order: one's own, those of earlier sessions, are older than all that is here. */
  recall(edits: readonly Edit[], isOwn: (index: number) => boolean, label: (edit: Edit) => string): void {
    const [past, future]: [Step[], Step[]] = [[], []];
    edits.forEach((edit, index) => {
      const children = childrenOf(edit);
      if (children) for (const steps of [past, future]) steps.splice(0, steps.length, ...steps.map((step) => onto(step, children)));
      if (children || isNothing(edit) || !isOwn(index)) return;
      const [last, undone] = [past.at(-1), future.at(-1)];
      if (last && same(edit, inverse(last.edit))) future.push(past.pop() as Step);
      else if (undone && same(edit, undone.edit)) past.push(future.pop() as Step);
      else {
        past.push({ edit, label: label(edit) });
        future.length = 0;
      }
    });
    if (!this.past.length && !this.future.length) this.future = future;
    this.past = [...past, ...this.past];
  }

  /** Blocks that were split or merged live on under other ids, which stand for them in every step. */
  renumber(children: Children): void {
    this.past = this.past.map((step) => onto(step, children));
    this.future = this.future.map((step) => onto(step, children));
  }
}

function onto({ edit, label }: Step, children: Children): Step {
  return { edit: renumbered(edit, children), label };
}

function same(one: Edit, other: Edit): boolean {
  return written(one) === written(other);
}

function written({ blocks, grids }: Edit): string {
  const sorted = (pairs: object): unknown[] => Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1));
  const plain = sorted(grids).map((entry) => {
    const [number, [before, after]] = entry as [string, Edit["grids"][string]];
    return [number, ...[before, after].map((grid) => grid && [grid.name, grid.name_en, grid.kind, grid.locked, grid.community, grid.grid])];
  });
  return JSON.stringify([sorted(blocks), plain]);
}
