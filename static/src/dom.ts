// Builds elements without markup strings, as the content security policy wants it.
//   h("button", { class: "button", on: { click: save } }, icon("check"), t("Save"))
// `style` goes through the CSSOM (a style attribute would be blocked); null, undefined and false children are left out.

export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Handlers = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface Attributes {
  class?: string | undefined;
  on?: Handlers;
  style?: Record<string, string>;
  [name: string]: unknown;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  append(element, children);
  return element;
}

function setAttribute(element: HTMLElement, name: string, value: unknown): void {
  if (value === undefined || value === null || value === false) return;
  if (name === "on") {
    for (const [event, handler] of Object.entries(value as Record<string, EventListener>)) {
      element.addEventListener(event, handler);
    }
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value as Record<string, string>)) {
      element.style.setProperty(property, text);
    }
  } else element.setAttribute(name === "class" ? "class" : name, value === true ? "" : String(value));
}

/** Append children, flattening lists and leaving out what is not there. */
export function append(parent: Element | DocumentFragment, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, ...(child as Child[]));
    else parent.append(child instanceof Node ? child : String(child));
  }
}

/** Put `children` in the place of everything `parent` holds. */
export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, ...children);
}

/** The element with this id; an Error where the page lacks it. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element;
}

/** Run `action` once things have been quiet for `delay` milliseconds. */
export function debounce<A extends unknown[]>(delay: number, action: (...args: A) => void): (...args: A) => void {
  let timer = 0;
  return (...args) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => action(...args), delay);
  };
}

/** True on a screen that is laid out as a phone. */
export function onPhone(): boolean {
  return window.matchMedia("(max-width: 760px)").matches;
}
