// Schools, hospitals, malls, office towers and parks of the register: which of them become dedicated grids, and why others do not.
import { api } from "../api.js";
import { h, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, number, t, tn } from "../i18n.js";
import { part } from "../panels/parts.js";
import { SEED_KINDS, type Question, type SeedKind, type Site } from "./suggestTypes.js";

const HECTARE = 10_000; // m²
const MOST = 10_000_000; // m²

const KINDS: Record<SeedKind, { many: () => string; one: () => string; icon: string }> = {
  school: { many: () => t("Schools"), one: () => t("School"), icon: "school" },
  hospital: { many: () => t("Hospitals"), one: () => t("Hospital"), icon: "hospital" },
  mall: { many: () => t("Malls"), one: () => t("Mall"), icon: "building" },
  office: { many: () => t("Office towers"), one: () => t("Office tower"), icon: "building" },
  park: { many: () => t("Parks"), one: () => t("Park"), icon: "environment" },
};

/** The sites in the area of a plan, `least` m² large to become dedicated grids. */
export async function fetchSites(plan: string, least: Question["least"]): Promise<readonly Site[]> {
  const asked = new URLSearchParams(SEED_KINDS.map((kind) => [kind, String(least[kind])]));
  return (await api.get<{ seeds: Site[] }>(`/plans/${plan}/seeds?${asked.toString()}`)).seeds;
}

interface Acts {
  changed: () => void;
  /** Other sizes are asked for: the sites are others. */
  sized: () => void;
  look: (blocks: readonly number[]) => void;
  light: (blocks: readonly number[]) => void;
}

/** Kinds to tick; under a ticked one from which size on, and its sites, each of which can be left out. Nothing where the register knows none. */
export function seedChoice(sites: readonly Site[], question: Question, acts: Acts): HTMLElement | null {
  if (!sites.length && !question.seeds.length) return null;
  const take = (kinds: readonly SeedKind[]): void => {
    question.seeds = [...kinds];
    question.left_out = [];
    acts.changed();
  };
  const every = (word: string, kinds: readonly SeedKind[], id: string): HTMLElement =>
    h("button", { class: "button", type: "button", "data-plan-act": id, disabled: kinds.length === question.seeds.length && !question.left_out.length, on: { click: () => take(kinds) } }, word);
  return h(
    "details",
    { class: "siting-more", "data-seeds": "" },
    h("summary", {}, t("Dedicated grids from"), h("small", {}, question.seeds.length ? question.seeds.map((kind) => KINDS[kind].many()).join(t(", ")) : t("nothing"))),
    h("div", { class: "stack" },
      h("div", { class: "button-row" }, every(t("All kinds"), SEED_KINDS, "seeds-all"), every(t("No kind"), [], "seeds-none")),
      SEED_KINDS.map((kind) => oneKind(kind, sites.filter((site) => site.kind === kind), question, acts))),
  );
}

/** A kind: ticked as a whole, or in part where some of its sites are left out. */
function oneKind(kind: SeedKind, sites: readonly Site[], question: Question, acts: Acts): HTMLElement {
  const on = question.seeds.includes(kind);
  const free = sites.filter(({ bar }) => bar === null);
  const taken = free.filter((site) => !leftOut(site, question));
  const some = on && taken.length < free.length;
  const input = h("input", { type: "checkbox", name: "suggest-seeds", value: kind, checked: on && !some });
  input.indeterminate = some;
  input.addEventListener("change", () => {
    const rest = question.seeds.filter((one) => one !== kind);
    question.seeds = input.checked ? [...rest, kind] : rest;
    if (input.checked) question.left_out = question.left_out.filter((block) => !free.some(({ blocks }) => blocks.includes(block)));
    acts.changed();
  });
  const told = on ? t("{n} of {all}", { n: taken.length, all: sites.length }) : t("{n} of {all} can be", { n: free.length, all: sites.length });
  return h(
    "div",
    { class: "seed-kind" },
    h("label", { class: "suggest-grid" }, input, icon(KINDS[kind].icon, 18), h("span", {}, KINDS[kind].many()), h("span", { class: "quiet" }, told)),
    on ? [leastField(kind, question, acts), free.length ? h("div", { class: "suggest-grids", tabindex: "0", role: "group", "aria-label": KINDS[kind].many() }, free.map((site) => siteBox(site, question, acts))) : null, barred(sites, acts.look)] : null,
  );
}

/** From which size on a site of a kind becomes a dedicated grid. */
function leastField(kind: SeedKind, { least }: Question, { sized }: Acts): HTMLElement {
  const input = h("input", { type: "number", id: `seed-least-${kind}`, min: 0, max: MOST, step: 1, inputmode: "numeric", value: String(least[kind]), "data-plan-act": `least-${kind}` });
  input.addEventListener("change", () => {
    const size = input.value === "" ? NaN : Number(input.value);
    if (!(Number.isInteger(size) && size >= 0 && size <= MOST)) input.value = String(least[kind]);
    else if (size !== least[kind]) {
      least[kind] = size;
      sized();
    }
  });
  return h("div", { class: "seed-least" }, h("label", { for: input.id }, kind === "park" ? t("From how many m² of ground on") : t("From how many m² of floors on")), input);
}

function siteBox(site: Site, question: Question, { changed, light }: Acts): HTMLElement {
  const [first = 0] = site.blocks;
  const input = h("input", { type: "checkbox", name: "suggest-site", value: first, checked: !leftOut(site, question) });
  input.addEventListener("change", () => {
    const rest = question.left_out.filter((block) => !site.blocks.includes(block));
    question.left_out = input.checked ? rest : [...rest, ...site.blocks];
    changed();
  });
  const show = (): void => light(site.blocks);
  return h("label", { class: "suggest-grid", on: { pointerenter: show, focusin: show } }, input, h("span", {}, siteName(site)), h("span", { class: "quiet" }, t("{n} m²", { n: number(site.size) })));
}

function leftOut({ blocks }: Site, { left_out }: Question): boolean {
  return blocks.some((block) => left_out.includes(block));
}

/** The sites that become no dedicated grid, each with the reason. */
function barred(sites: readonly Site[], look: Acts["look"]): Child {
  const others = sites.filter(({ bar }) => bar !== null);
  if (!others.length) return null;
  return h("details", { class: "siting-more seed-barred" }, h("summary", {}, t("Why others cannot be"), h("small", {}, number(others.length))),
    h("div", { class: "suggest-grids", tabindex: "0", role: "group", "aria-label": t("Why others cannot be") }, others.map((site) => siteRow(site, look))));
}

function siteRow(site: Site, look: Acts["look"]): HTMLElement {
  const free = site.bar === null;
  const told = site.why ?? tn("{n} block, {area} ha", "{n} blocks, {area} ha", site.blocks.length, { area: number(site.area / HECTARE) });
  return h(
    "button",
    { class: "row seed-row", type: "button", "data-bar": site.bar ?? "", on: { click: () => look(site.blocks) } },
    icon(free ? "check" : site.bar === "dedicated" ? "info" : "warning", 18),
    h("span", {}, siteName(site), h("small", {}, told)),
  );
}

function siteName(site: Site): string {
  return nameOf(site) || t("{kind} without a name", { kind: KINDS[site.kind].one() });
}

/** What a suggestion has made dedicated grids of, and what it could not; nothing where that was not asked for. */
export function seedAnswer(sites: readonly Site[], look: Acts["look"]): HTMLElement | null {
  if (!sites.length) return null;
  const made = sites.filter(({ bar }) => bar === null).length;
  const title = tn("{n} became a dedicated grid, {other} did not", "{n} became dedicated grids, {other} did not", made, { other: number(sites.length - made) });
  const group = (kind: SeedKind): HTMLElement | null => {
    const own = sites.filter((site) => site.kind === kind);
    if (!own.length) return null;
    const free = own.filter(({ bar }) => bar === null).length;
    return h("details", { class: "siting-more", open: free > 0, "data-seed-kind": kind },
      h("summary", {}, KINDS[kind].many(), h("small", {}, t("{n} of {all}", { n: free, all: own.length }))),
      h("ul", { class: "plan-rows seed-rows", tabindex: "0", "aria-label": KINDS[kind].many() }, own.map((site) => h("li", {}, siteRow(site, look)))));
  };
  return part(t("Dedicated grids"), t("press to go there"), h("p", { class: "quiet small" }, title), h("div", { class: "stack" }, SEED_KINDS.map(group)));
}
