// Edits that the server does not have yet, kept in the browser: a closed page or a dead network loses none of them.
// Each page writes under a name of its own. Whoever opens the plan next takes over what pages have left that are no more:
// those that still live answer when they are asked. What a full browser does not take is kept by the page, which then asks
// before it is left.
import type { Edit } from "./plan.js";

const BEGINNING = "plan-edits";
const ANSWERS = 300; // milliseconds within which a living page answers

/** What the browser did not take. */
const here = new Map<string, string>();

export class Kept {
  private readonly own: string;
  private readonly all: string;
  private readonly pages = new BroadcastChannel(BEGINNING);
  private readonly living = new Set<string>();
  private over = false;

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
    if (this.over) return []; // they are for the next
    const names = this.others().filter((name) => !this.living.has(name));
    const found = names.flatMap((name) => read(here.get(name) ?? localStorage.getItem(name)));
    for (const name of names) forget(name);
    return found;
  }

  /** Keep these; false where only the page keeps them. */
  write(edits: readonly Edit[]): boolean {
    if (!edits.length) return forget(this.own);
    const text = JSON.stringify(edits);
    try {
      localStorage.setItem(this.own, text);
      return keepHere(this.own, null);
    } catch {
      return keepHere(this.own, text);
    }
  }

  /** Keep these for whoever opens the plan next. */
  leave(edits: readonly Edit[]): void {
    this.write(edits);
    this.stop();
  }

  /** This page has closed the plan; what it has kept is for the next that opens it. */
  stop(): void {
    this.over = true;
    this.pages.close();
  }

  private others(): string[] {
    return names().filter((name) => name.startsWith(this.all) && name !== this.own).sort();
  }
}

/** Whether any plan's edits wait in this browser: logging out clears it. */
export function anythingKept(): boolean {
  return names().some((name) => name.startsWith(`${BEGINNING}/`));
}

/** Let go all that waits for a plan that is no more. */
export function forgetPlan(plan: string): void {
  for (const name of names()) if (name.split("/")[0] === BEGINNING && name.split("/")[2] === plan) forget(name);
}

function names(): string[] {
  return [...new Set([...Object.keys(localStorage), ...here.keys()])];
}

function forget(name: string): true {
  localStorage.removeItem(name);
  keepHere(name, null);
  return true;
}

/** Keep a text in this page, or nothing; true where nothing. */
function keepHere(name: string, text: string | null): boolean {
  if (text === null) here.delete(name);
  else here.set(name, text);
  if (here.size) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
  return text === null;
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function read(text: string | null): Edit[] {
  try {
    const edits = JSON.parse(text ?? "[]") as Edit[];
    return Array.isArray(edits) ? edits.filter((edit) => edit?.blocks && edit.grids) : [];
  } catch {
    return [];
  }
}
