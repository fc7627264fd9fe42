// The panel: at the right on a desktop, a sheet from below on a phone (half, full, or a strip; dragged by its head).
//   const sheet = panel.open(t("Report an incident"), element, { icon: "alert", onClose: stop });
//   sheet.setTitle(…); sheet.setContent(…); sheet.close();
// Opening replaces what was open (its onClose runs) unless `over: true`: then closing brings the former back.
import { byId, h, onPhone, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";

export interface PanelOptions {
  icon?: string;
  subtitle?: string;
  onClose?: () => void;
  /** Keep what is open beneath and show it again afterwards. */
  over?: boolean;
  /** How much of a phone's screen it takes at first. */
  size?: SheetSize;
}

export type SheetSize = "strip" | "half" | "full";

export interface Sheet {
  readonly open: boolean;
  setTitle(title: string, subtitle?: string): void;
  setContent(content: Node): void;
  resize(size: SheetSize): void;
  close(): void;
}

interface Entry {
  title: string;
  content: Node;
  options: PanelOptions;
  sheet: Sheet;
}

export class PanelFrame {
  private readonly root = byId("panel");
  private stack: Entry[] = [];
  private readonly heading = h("h2", { id: "panel-title", tabindex: "-1" });
  private readonly subtitle = h("p", { class: "panel-subtitle" });
  private readonly mark = h("span", { class: "panel-mark" });
  private readonly body = h("div", { class: "panel-body", tabindex: "0", role: "group", "aria-labelledby": "panel-title" });
  private listeners: (() => void)[] = [];
  private top: Entry | undefined;

  constructor() {
    const handle = h("button", { class: "panel-handle", type: "button", "aria-label": t("Make the panel larger or smaller") });
    const head = h(
      "header",
      { class: "panel-head" },
      handle,
      this.mark,
      h("div", { class: "panel-titles" }, this.heading, this.subtitle),
      h(
        "button",
        { class: "icon-button", type: "button", "aria-label": t("Close the panel"), on: { click: () => this.close() } },
        icon("close"),
      ),
    );
    this.root.append(head, this.body);
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
    handle.addEventListener("click", () => this.resize(this.root.dataset["size"] === "half" ? "full" : "half"));
    dragSheet(head, this.root, (size) => this.resize(size));
  }

  /** Show `content`; the answer changes or closes it. */
  open(title: string, content: Node, options: PanelOptions = {}): Sheet {
    if (!options.over) this.drop();
    const entry: Entry = { title, content, options, sheet: this.sheet(() => entry) };
    this.stack.push(entry);
    this.show();
    this.resize(options.size ?? "half");
    this.heading.focus({ preventScroll: true });
    return entry.sheet;
  }

  /** Close what is on top. */
  close(): void {
    const entry = this.stack.pop();
    this.show();
    entry?.options.onClose?.();
  }

  get isOpen(): boolean {
    return this.stack.length > 0;
  }

  /** Call `listener` when the panel opens, closes or changes its size. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Pixels that the panel covers of the map. */
  covers(): { right: number; bottom: number } {
    if (!this.isOpen) return { right: 0, bottom: 0 };
    if (!onPhone()) return { right: this.root.offsetWidth + 24, bottom: 0 };
    const share = { strip: 0.14, half: 0.5, full: 0.5 }[this.root.dataset["size"] as SheetSize] ?? 0.5;
    return { right: 0, bottom: window.innerHeight * share };
  }

  private sheet(entry: () => Entry): Sheet {
    const frame = this;
    return {
      get open() {
        return frame.stack.includes(entry());
      },
      setTitle(title, subtitle) {
        entry().title = title;
        if (subtitle !== undefined) entry().options.subtitle = subtitle;
        frame.show();
      },
      setContent(content) {
        const { scrollTop } = frame.body;
        entry().content = content;
        frame.show();
        frame.body.scrollTop = scrollTop; // what is shown anew stays where the person was reading
      },
      resize: (size) => frame.resize(size),
      close() {
        if (frame.stack.at(-1) === entry()) frame.close();
        else if (this.open) {
          frame.stack = frame.stack.filter((other) => other !== entry());
          entry().options.onClose?.();
        }
      },
    };
  }

  private drop(): void {
    const dropped = this.stack.splice(0).reverse();
    for (const { options } of dropped) options.onClose?.();
  }

  private show(): void {
    const top = this.stack.at(-1);
    this.root.hidden = !top;
    document.body.classList.toggle("panel-open", Boolean(top));
    if (top) {
      this.heading.textContent = top.title;
      this.subtitle.textContent = top.options.subtitle ?? "";
      replace(this.mark, top.options.icon ? icon(top.options.icon, 22) : null);
      if (this.body.firstChild !== top.content || this.body.childNodes.length !== 1) {
        const height = this.body.scrollTop;
        this.body.replaceChildren(top.content);
        this.body.scrollTop = top === this.top ? height : 0;
      }
    } else this.body.replaceChildren();
    this.top = top;
    for (const listener of this.listeners) listener();
  }

  private resize(size: SheetSize): void {
    this.root.dataset["size"] = size;
    for (const listener of this.listeners) listener();
  }
}

/** Let a finger move the sheet between strip, half and full. */
function dragSheet(head: HTMLElement, root: HTMLElement, settle: (size: SheetSize) => void): void {
  let from = 0;
  let height = 0;
  head.addEventListener("pointerdown", (event) => {
    if (!onPhone() || (event.target as Element).closest(".icon-button")) return;
    from = event.clientY;
    height = root.offsetHeight;
    head.setPointerCapture(event.pointerId);
  });
  head.addEventListener("pointermove", (event) => {
    if (!height) return;
    root.classList.add("dragging");
    root.style.setProperty("--sheet", `${Math.max(height + from - event.clientY, 72)}px`);
  });
  const end = (event: PointerEvent): void => {
    if (!height) return;
    const moved = from - event.clientY;
    const share = (height + moved) / window.innerHeight;
    height = 0;
    root.classList.remove("dragging");
    root.style.removeProperty("--sheet");
    if (Math.abs(moved) > 8) settle(share > 0.68 ? "full" : share > 0.26 ? "half" : "strip");
  };
  head.addEventListener("pointerup", end);
  head.addEventListener("pointercancel", end);
}
