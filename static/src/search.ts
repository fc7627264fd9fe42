// Search by name, address, code, pinyin and initials: a combobox whose list is filled while one types.
// What is typed travels in a body: it may be somebody's phone, and addresses are written to logs.
import { api, sentenceOf } from "./api.js";
import { byId, debounce, h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { nameOf, t } from "./i18n.js";
import { look, offer } from "./phoneSearch.js";
import { subjectWord } from "./words.js";
import type { Session } from "./session.js";
import type { ResultRow, SearchResult } from "./types.js";

const ICONS = { area: "area", grid: "grid", building: "building", station: "pin", compound: "compound" } as const;
const LIMIT = 12;

export class Search {
  private readonly input: HTMLInputElement;
  private readonly list = h("ul", { id: "search-results", role: "listbox", "aria-label": t("Search results") });
  private readonly box = h("div", { class: "results", hidden: true }, this.list);
  private readonly clear: HTMLButtonElement;
  private rows: ResultRow[] = [];
  private active = -1;
  private asked: AbortController | null = null;

  constructor(private readonly session: Session) {
    this.input = h("input", {
      type: "search", id: "search-input", role: "combobox", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
      placeholder: t("Name, address, code or pinyin"), "aria-label": t("Search"), "aria-expanded": "false",
      "aria-controls": "search-results", "aria-autocomplete": "list",
    });
    this.clear = h(
      "button",
      { class: "icon-button", type: "button", "aria-label": t("Clear the search"), hidden: true, on: { click: () => this.reset() } },
      icon("close", 18),
    );
    replace(byId("search"), h("div", { class: "search-box" }, icon("search"), this.input, this.clear), this.box);
    const ask = debounce(120, () => void this.ask());
    this.input.addEventListener("input", () => {
      this.clear.hidden = !this.input.value;
      ask();
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.show(this.rows.length > 0));
    document.addEventListener("pointerdown", (event) => {
      if (!byId("search").contains(event.target as Node)) this.show(false);
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  private reset(): void {
    this.input.value = "";
    this.clear.hidden = true;
    this.fill([], null);
    this.input.focus();
  }

  private async ask(): Promise<void> {
    const text = this.input.value.trim();
    this.asked?.abort();
    if (!text) {
      this.fill([], null);
      return;
    }
    const asked = new AbortController();
    this.asked = asked;
    const phone = offer(this.session, text, (digits) => void this.lookFor(digits));
    try {
      const { results } = await api.post<{ results: SearchResult[] }>("/search", { q: text, limit: LIMIT }, { signal: asked.signal });
      const found = results.map((result) => this.found(result));
      const nothing = t("Nothing found for “{text}”. Try part of the name, the address or the pinyin.", { text });
      this.fill(phone ? [phone, ...found] : found, phone || found.length ? null : nothing);
    } catch (error) {
      if (!asked.signal.aborted) this.fill([], sentenceOf(error));
    }
  }

  private async lookFor(digits: string): Promise<void> {
    try {
      const { rows, note } = await look(this.session, digits);
      this.fill(rows, note);
    } catch (error) {
      this.fill([], sentenceOf(error));
    }
  }

  private fill(rows: ResultRow[], note: string | null): void {
    this.rows = rows;
    replace(this.list, rows.map((row, index) => this.line(row, index)));
    replace(this.box, this.list, note && h("p", { class: "results-note", role: "status" }, note));
    this.list.hidden = !rows.length;
    this.activate(rows.length ? 0 : -1);
    this.show(Boolean(rows.length || note));
  }

  private found(result: SearchResult): ResultRow {
    const more = [subjectWord(result.kind), result.kind === "building" && result.name ? result.address : "", result.code];
    return {
      icon: ICONS[result.kind],
      name: emphasise(nameOf(result) || result.address || result.code, this.input.value.trim()),
      more: more.filter(Boolean).join(" · "),
      choose: () => this.go(result),
    };
  }

  private line(row: ResultRow, index: number): HTMLElement {
    return h(
      "li",
      {
        class: "result", id: `result-${index}`, role: "option", "aria-selected": "false",
        on: { click: () => this.choose(index), pointermove: () => this.activate(index), pointerdown: (event) => event.preventDefault() },
      },
      icon(row.icon),
      h("span", { class: "result-text" }, h("span", { class: "result-name" }, row.name), h("span", { class: "result-more" }, row.more)),
    );
  }

  private activate(index: number): void {
    this.active = index;
    [...this.list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === index)));
    if (index >= 0) this.input.setAttribute("aria-activedescendant", `result-${index}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
  }

  private show(open: boolean): void {
    this.box.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open && this.rows.length > 0));
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const count = this.rows.length;
    if (event.key === "ArrowDown" && count) this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.activate((this.active - 1 + count) % count);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape" && !this.box.hidden) this.show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private choose(index: number): void {
    const row = this.rows[index];
    if (!row) return;
    if (!row.stays) {
      this.show(false);
      this.input.value = "";
      this.clear.hidden = true;
      this.input.blur();
    }
    row.choose();
  }

  private go(result: SearchResult): void {
    this.input.value = nameOf(result) || result.address;
    this.clear.hidden = false;
    this.session.select({ kind: result.kind, id: String(result.id) });
    if (result.bbox && result.kind !== "station") this.session.map.fitBounds(result.bbox, { maxZoom: 17.5 });
    else this.session.map.flyTo(result, 17);
  }
}

/** `name` with the part that was typed emphasised, where it stands there literally. */
function emphasise(name: string, typed: string): Node {
  const start = typed ? name.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (start < 0) return document.createTextNode(name);
  const end = start + typed.length;
  return h("span", {}, name.slice(0, start), h("mark", {}, name.slice(start, end)), name.slice(end));
}
