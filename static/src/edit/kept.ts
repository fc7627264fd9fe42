// Edits that the server does not have yet, kept in the browser: a closed page or a dead network loses none of them.
// Each page writes under a name of its own. Whoever opens the plan next takes over what pages have left that are no more:
// those that still live answer when they are asked.
import type { Edit } from "./plan.js";

const BEGINNING = "plan-edits";
const ANSWERS = 300; // milliseconds within which a living page answers

export class Kept {
  private readonly own: string;
  private readonly all: string;
  private readonly pages = new BroadcastChannel(BEGINNING);
  private readonly living = new Set<string>();

  constructor(user: number, plan: string, page: string) {
    this.all = `${BEGINNING}/${user}/${plan}/`;
    this.own = this.all + page;
    this.pages.addEventListener("message", ({ data }: MessageEvent<{ living?: string }>) => {
      if (data.living) this.living.add(data.living);
      else this.pages.postMessage({ living: this.own });
    });
  }

  /** What pages have left that are no more, the oldest first. It is this page's from now on: write it. */
  async takeOver(): Promise<Edit[]> {
    if (!this.others().length) return [];
    this.pages.postMessage({});
    await new Promise((resolve) => void window.setTimeout(resolve, ANSWERS));
    const names = this.others().filter((name) => !this.living.has(name));
    const found = names.flatMap((name) => read(localStorage.getItem(name)));
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

  /** This page has closed the plan; what it has kept is for the next that opens it. */
  stop(): void {
    this.pages.close();
  }

  private others(): string[] {
    return Object.keys(localStorage).filter((name) => name.startsWith(this.all) && name !== this.own).sort();
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
