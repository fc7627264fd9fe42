// The tabs of an open plan, by mouse and arrow keys.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import { registeredTabs, type PlanRoom, type Stop, type Tab } from "./room.js";

export class Tabs {
  readonly element = h("div", { class: "plan-tabs", role: "tablist", "aria-label": t("Work on the plan") });
  private readonly tabs = registeredTabs();
  private running: Stop | null = null;

  constructor(private readonly room: PlanRoom) {
    replace(this.element, this.tabs.map((tab) => this.button(tab)));
  }

  start(): void {
    const [first] = this.tabs;
    if (first) this.choose(first);
  }

  stop(): void {
    this.running?.();
    this.running = null;
    this.room.paint(null, -1, null);
    this.room.colours(null);
    this.room.highlight([]);
    replace(this.room.body);
  }

  private button(tab: Tab): HTMLElement {
    const on = { click: () => this.choose(tab), keydown: (event: KeyboardEvent) => this.arrows(event, tab) };
    return h("button", { class: "plan-tab", type: "button", role: "tab", id: `plan-tab-${tab.id}`, "data-tab": tab.id, "aria-controls": "plan-body", "aria-selected": "false", tabindex: "-1", on }, icon(tab.icon, 18), tab.label());
  }

  private choose(tab: Tab): void {
    this.stop();
    for (const button of this.element.querySelectorAll<HTMLElement>("[role=tab]")) {
      const own = button.dataset["tab"] === tab.id;
      button.setAttribute("aria-selected", String(own));
      button.tabIndex = own ? 0 : -1;
    }
    this.room.body.setAttribute("aria-labelledby", `plan-tab-${tab.id}`);
    this.running = tab.start(this.room) ?? null;
    this.element.closest(".panel-body")?.scrollTo(0, 0);
  }

  private arrows(event: KeyboardEvent, tab: Tab): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && this.tabs[(this.tabs.indexOf(tab) + step + this.tabs.length) % this.tabs.length];
    if (!next) return;
    event.preventDefault();
    this.choose(next);
    this.element.querySelector<HTMLElement>(`[data-tab=${next.id}]`)?.focus();
  }
}
