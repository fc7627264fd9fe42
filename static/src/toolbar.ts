// The acts as buttons: the rail at the left of a desktop, the bar at the foot of a phone. It starts and ends them.
import { byId, h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { registeredActs, type Act, type ActContext } from "./acts/registry.js";
import { toast } from "./toasts.js";
import type { Session } from "./session.js";
import type { LngLat, Subject, SubjectKind } from "./types.js";

interface Given {
  place?: LngLat;
  subject?: Subject & { name: string };
}

export class Toolbar {
  private running: { act: Act; stop: () => void } | null = null;
  private readonly rail = byId("rail");

  constructor(private readonly session: () => Session) {}

  /** Show a button for each act, and `more` after them. */
  show(more: Node[] = []): void {
    const { me } = this.session();
    const acts = registeredActs().filter((act) => !act.hidden);
    replace(this.rail, acts.map((act) => this.button(act, act.available(me))), h("div", { class: "rail-gap" }), more);
  }

  private button(act: Act, available: true | string): HTMLElement {
    const press = (): void => {
      if (available !== true) toast(available, { kind: "info" });
      else if (this.running?.act === act) this.end();
      else this.start(act.id, {});
    };
    const attributes = {
      class: "act", type: "button", "data-act": act.id, "aria-pressed": "false", "aria-disabled": available === true ? null : "true",
      title: available === true ? (act.hint?.() ?? act.label()) : available, on: { click: press },
    };
    return h("button", attributes, icon(act.icon, 24), h("span", {}, (act.short ?? act.label)()));
  }

  /** Start the act with this id; whatever runs is ended first. */
  start(id: string, given: Given): void {
    const act = registeredActs().find((one) => one.id === id);
    const { me } = this.session();
    if (!act) return;
    const available = act.available(me);
    if (available !== true) {
      toast(available, { kind: "info" });
      return;
    }
    this.end();
    const entry = { act, stop: () => undefined as void };
    this.running = entry;
    this.mark();
    // On a slow network a button can be pressed before the map takes anything: the act waits for it.
    void this.session().map.ready.then(() => this.running === entry && this.run(entry, given));
  }

  private run(entry: NonNullable<Toolbar["running"]>, given: Given): void {
    this.session().map.restyle({ quiet: entry.act.quiet === true });
    const stop = entry.act.start(this.context(given, () => this.running === entry && this.end()));
    if (!stop) return;
    if (this.running === entry) entry.stop = stop;
    else stop();
  }

  private context({ place, subject }: Given, end: () => void): ActContext {
    const { me, map, panel, store, flagKinds, select } = this.session();
    return { me, map, panel, store, flagKinds, place, subject, end, select };
  }

  /** End what runs; true where something did. */
  end(): boolean {
    const entry = this.running;
    this.running = null;
    this.mark();
    entry?.stop();
    if (entry?.act.quiet) this.session().map.restyle({ quiet: false });
    return entry !== null;
  }

  private mark(): void {
    for (const button of this.rail.querySelectorAll("[data-act]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-act") === this.running?.act.id));
    }
  }
}

/** Acts that can be started for a place, or for a subject of this kind. */
export function actsFor(session: Session, kind: SubjectKind | "place"): readonly Act[] {
  return registeredActs().filter((act) => {
    const fits = kind === "place" ? act.place === true : act.subjects?.includes(kind) === true;
    return fits && act.available(session.me) === true;
  });
}

/** Buttons of the acts that fit the subject whose panel is open. */
export function actRow(session: Session, subject: Subject & { name: string }, place: LngLat | null): HTMLElement | null {
  const acts = actsFor(session, subject.kind);
  if (!acts.length) return null;
  return h(
    "div",
    { class: "act-row", role: "group", "aria-label": t("What you can do") },
    acts.map((act) =>
      h(
        "button",
        { class: "button", type: "button", "data-act-for": act.id, on: { click: () => session.act(act.id, { subject, ...(place ? { place } : {}) }) } },
        icon(act.icon, 20),
        act.label(),
      ),
    ),
  );
}
