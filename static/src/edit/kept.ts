// Edits that the server does not have yet, kept in the browser: a closed page or a dead network loses none of them.
// Each page writes under a name of its own; whoever opens the plan next takes over what others have left.
// To send an edit twice does no harm: the second time all is already as it wants.
import type { Edit } from "./plan.js";

const BEGINNING = "plan-edits";

export class Kept {
  private readonly own: string;
  private readonly all: string;

  constructor(user: number, plan: string, page: string) {
    this.all = `${BEGINNING}/${user}/${plan}/`;
    this.own = this.all + page;
  }

  /** What pages that are closed have left, the oldest first, and then `own`; all of it is this page's from now on. */
  takeOver(own: readonly Edit[]): Edit[] {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(this.all) && name !== this.own).sort();
    const found = [...names.flatMap((name) => read(localStorage.getItem(name))), ...own];
    this.write(found);
    for (const name of names) localStorage.removeItem(name);
    return found;
  }

  /** Keep these; false where the browser keeps nothing. */
  write(edits: readonly Edit[]): boolean {
    try {
      if (edits.length) localStorage.setItem(this.own, JSON.stringify(edits));
      else localStorage.removeItem(this.own);
      return true;
    } catch {
      return false;
    }
  }
}

/** Whether any plan's edits wait in this browser: logging out clears it. */
export function anythingKept(): boolean {
  return Object.keys(localStorage).some((name) => name.startsWith(`${BEGINNING}/`));
}

function read(text: string | null): Edit[] {
  try {
    const edits = JSON.parse(text ?? "[]") as Edit[];
    return Array.isArray(edits) ? edits.filter((edit) => edit?.blocks && edit.grids) : [];
  } catch {
    return [];
  }
}
