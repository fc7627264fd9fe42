// The one state of the page: what is looked at, which layers are on, what is selected. The URL mirrors it (url.ts).
//   store.get().selection ; store.set({ selection }) ; store.on(["selection"], (state) => …)
import type { Language } from "./i18n.js";
import type { Subject, View } from "./types.js";

export type Theme = "auto" | "day" | "night";

export interface State {
  view: View | null;
  layers: ReadonlySet<string>;
  /** Flag kinds that colour buildings; null stands for all of them. */
  flags: ReadonlySet<string> | null;
  selection: Subject | null;
  language: Language;
  theme: Theme;
}

type Listener = (state: State, before: State) => void;

export class Store {
  private listeners: { keys: readonly (keyof State)[]; listener: Listener }[] = [];

  constructor(private state: State) {}

  get(): State {
    return this.state;
  }

  /** Take `patch` over and tell those who listen to a key that changed. */
  set(patch: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...patch };
    for (const { keys, listener } of [...this.listeners]) {
      if (keys.some((key) => this.state[key] !== before[key])) listener(this.state, before);
    }
  }

  /** Call `listener` after a change of one of `keys`; the answer ends it. */
  on(keys: readonly (keyof State)[], listener: Listener): () => void {
    const entry = { keys, listener };
    this.listeners.push(entry);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry);
    };
  }
}
