// Menus: one that opens below a button, and one where the map is pressed long or right-clicked.
import { byId, h, replace, type Child } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { toast } from "./toasts.js";
import { actsFor } from "./toolbar.js";
import { whatIsAt } from "./locate.js";
import type { Session } from "./session.js";
import type { LngLat } from "./types.js";

export interface MenuItem {
  icon: string;
  label: string;
  act: () => void;
  checked?: boolean;
  /** True for one that is switched on and off, rather than one of several. */
  toggle?: boolean;
}

function rows(items: MenuItem[], close: () => void): HTMLElement[] {
  return items.map((item) => {
    const click = (): void => {
      close();
      item.act();
    };
    const role = item.checked === undefined ? "menuitem" : item.toggle ? "menuitemcheckbox" : "menuitemradio";
    return h(
      "button",
      { class: "menu-item", type: "button", role, "aria-checked": item.checked === undefined ? undefined : String(item.checked), tabindex: "-1", on: { click } },
      icon(item.icon),
      item.label,
      item.checked ? h("span", { style: { "margin-left": "auto" } }, icon("check", 18)) : null,
    );
  });
}

/** Arrow keys move between items, Escape and a press elsewhere close. */
function manage(menu: HTMLElement, opener: HTMLElement | null, close: () => void): void {
  const items = [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  items[0]?.focus();
  menu.onkeydown = (event) => {
    const index = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown") items[(index + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(index - 1 + items.length) % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      close();
      (opener ?? document.querySelector<HTMLElement>("#map canvas"))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function closeOutside(menu: HTMLElement, opener: HTMLElement | null, close: () => void): () => void {
  const outside = (event: Event): void => {
    const target = event.target as Node;
    if (!menu.contains(target) && !opener?.contains(target)) close();
  };
  document.addEventListener("pointerdown", outside, true);
  return () => document.removeEventListener("pointerdown", outside, true);
}

/** A button that opens a menu below it; `head` stands above the items. */
export function menuButton(button: HTMLButtonElement, label: string, items: () => MenuItem[], head: () => Child = () => null): HTMLElement {
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label, hidden: true, style: { right: "0", top: "calc(100% + 6px)" } });
  let forget = (): void => undefined;
  const close = (): void => {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    forget();
  };
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    if (!menu.hidden) return close();
    replace(menu, head(), rows(items(), close));
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    manage(menu, button, close);
    forget = closeOutside(menu, button, close);
  });
  return h("div", { style: { position: "relative" } }, button, menu);
}

/** Offer what can be done at a place where the map is pressed long or right-clicked. */
export function offerPlaces(session: Session): void {
  const menu = byId("map-menu");
  let forget = (): void => undefined;
  const close = (): void => {
    menu.hidden = true;
    forget();
  };
  session.map.onMenu((at, _features, point) => {
    const items: MenuItem[] = [
      ...actsFor(session, "place").map((act) => ({ icon: act.icon, label: act.label(), act: () => session.act(act.id, { place: at }) })),
      { icon: "info", label: t("What is here?"), act: () => void whatIsAt(session, at) },
      { icon: "link", label: t("Copy the coordinates"), act: () => void copy(at) },
    ];
    replace(menu, h("p", { class: "menu-head code" }, written(at)), rows(items, close));
    menu.setAttribute("aria-label", t("What you can do here"));
    menu.hidden = false;
    const stage = byId("stage");
    menu.style.left = `${Math.max(Math.min(point.x, stage.clientWidth - menu.offsetWidth - 8), 8)}px`;
    menu.style.top = `${Math.max(Math.min(point.y, stage.clientHeight - menu.offsetHeight - 8), 8)}px`;
    manage(menu, null, close);
    forget = closeOutside(menu, null, close);
    return true;
  });
}

function written({ lon, lat }: LngLat): string {
  return `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
}

async function copy(at: LngLat): Promise<void> {
  try {
    await navigator.clipboard.writeText(written(at));
    toast(t("Copied: {text}", { text: written(at) }));
  } catch {
    toast(written(at), { kind: "info", stay: 0 });
  }
}
