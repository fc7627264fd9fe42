// Pieces of the tab "Nets": the list of nets, the form that sends one, the question in which coordinates it is.
import { h, replace, type Child } from "../dom.js";
import { icon } from "../icons.js";
import { number, t, tn } from "../i18n.js";
import { part } from "../panels/parts.js";
import type { Guess, Laid, Net } from "./legacyTypes.js";
import { offWord, systemWord } from "./legacyTypes.js";

const LARGEST = 10 * 2 ** 20; // bytes

export interface NetActs {
  look: (net: Net) => void;
  ask: (net: Net) => void;
  remove: (net: Net) => void;
}

interface Known {
  /** The nets of which it is known how they lie on the blocks. */
  readonly laid: ReadonlyMap<number, Laid>;
  /** The net that the map shows. */
  readonly looked: number | null;
  readonly isBeingTaken: (net: number) => boolean;
}

/** The nets there are. */
export function netList(nets: readonly Net[], { laid, looked, isBeingTaken }: Known, acts: NetActs): HTMLElement {
  const row = (net: Net): HTMLElement => {
    const same = laid.get(net.id)?.as_today;
    const lies = same === undefined ? t("not laid over the blocks yet") : same === null ? t("no household here lies in its grids") : t("{n}% of households with the same neighbours as today", { n: number(same * 100, 0) });
    const told = net.state === "reading" ? t("is being read") : isBeingTaken(net.id) ? t("is being laid over the blocks") : net.state === "read" ? t("In which coordinates?") : `${tn("{n} grid", "{n} grids", net.grids)} · ${lies}`;
    const press = net.state === "read" ? () => acts.ask(net) : () => acts.look(net);
    return h(
      "li",
      { class: "net-item" },
      h("button", { class: "row net-row", type: "button", "data-net": net.id, "data-state": net.state, "aria-pressed": String(net.id === looked), disabled: net.state === "reading", on: { click: press } }, icon(net.state === "read" ? "warning" : "eye"), h("span", { class: "net-names" }, net.name, h("small", {}, told))),
      net.state === "taken" ? small("globe", t("Choose other coordinates for {name}", { name: net.name }), () => acts.ask(net)) : null,
      small("trash", t("Delete {name}", { name: net.name }), () => acts.remove(net)),
    );
  };
  return h("ul", { class: "plan-rows" }, nets.map(row));
}

function small(symbol: string, label: string, click: () => void): HTMLElement {
  return h("button", { class: "icon-button", type: "button", "aria-label": label, title: label, on: { click } }, icon(symbol, 18));
}

/** The form that sends a net, with the name typed before; `send` gets its name and file. */
export function netForm(typed: string, send: (name: string, file: File) => void): HTMLElement {
  const file = h("input", { type: "file", id: "net-file", accept: ".zip,.gpkg,.geojson,.json,.kml,.kmz", required: true, class: "unseen" });
  const name = h("input", { type: "text", id: "net-name", maxlength: 100, required: true, autocomplete: "off", placeholder: t("e.g. Grids of the police"), value: typed });
  const chosen = h("p", { class: "quiet small", role: "status" }, t("Shapefile (all its parts in one ZIP), GeoPackage, GeoJSON, KML or KMZ, at most 10 MB. Only shapes, names and codes are kept."));
  file.addEventListener("change", () => {
    const [one] = file.files ?? [];
    if (!one) return;
    chosen.textContent = one.name;
    if (!name.value) name.value = one.name.replace(/\.\w+$/, "").slice(0, 100);
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    const [one] = file.files ?? [];
    if (!one) chosen.textContent = t("Choose a file first.");
    else if (one.size > LARGEST) chosen.textContent = t("This file has {n} MB, and at most 10 MB are taken.", { n: number(one.size / 2 ** 20) });
    else if (name.value.trim()) send(name.value.trim(), one);
    else name.focus();
  };
  return h(
    "form",
    { class: "stack net-form", novalidate: true, on: { submit } },
    h("label", { class: "button", for: file.id }, icon("layers", 20), t("Choose a file"), file),
    chosen,
    h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the net")), name),
    h("button", { class: "button button-main button-wide", type: "submit", "data-net-act": "send" }, icon("publish", 18), t("Send the net")),
  );
}

/** How far something is, in words and as a bar, and a way to end it where there is one. */
export function netProgress(words: string, share: number, cancel: (() => void) | null): HTMLElement {
  return h(
    "div",
    { class: "stack suggest-progress" },
    h("p", { role: "status" }, words),
    h("div", { class: "suggest-bar" }, h("progress", { class: "job-bar", max: 1, value: share, "aria-label": words }), h("span", {}, t("{n}%", { n: number(share * 100, 0) }))),
    cancel && h("button", { class: "button", type: "button", "data-net-act": "cancel", on: { click: cancel } }, icon("close", 18), t("Cancel")),
  );
}

/** Put new progress into the place of older, without taking the keyboard away. */
export function showProgress(place: HTMLElement, ...given: Parameters<typeof netProgress>): void {
  const focused = place.contains(document.activeElement) && document.activeElement?.tagName === "BUTTON";
  replace(place, netProgress(...given));
  if (focused) place.querySelector("button")?.focus();
}

interface Question {
  net: Net;
  chosen: string;
  /** Why it could not be taken. */
  refused: string;
  /** What is typed for another system. */
  typed: string;
  choose: (code: string, typed: string) => void;
  take: () => void;
  leave: () => void;
}

/** In which coordinates a net is: the guesses, each as the map shows it, the best first. */
export function systemQuestion({ net, chosen, refused, typed, choose, take, leave }: Question): HTMLElement {
  const guesses = net.report.guesses ?? [];
  const other = h("input", { type: "text", id: "net-epsg", inputmode: "numeric", maxlength: 6, placeholder: "4549", autocomplete: "off", value: typed });
  const wrong = h("p", { class: "field-error", role: "alert" });
  const show = (event: Event): void => {
    event.preventDefault();
    if (/^[1-9]\d{3,5}$/.test(other.value.trim())) choose(`EPSG:${other.value.trim()}`, other.value);
    else wrong.textContent = t("An EPSG number has four to six digits.");
  };
  return h(
    "section",
    { class: "plan-card", "data-net-question": net.id },
    h("h3", {}, t("Where does “{name}” lie?", { name: net.name }), h("small", {}, t("look at the map"))),
    notes(net),
    net.report.sure === false ? h("p", { class: "plan-reason", role: "note" }, icon("warning", 16), h("span", {}, t("It is not sure which system this is: the net has few corners, or fits nearly as well elsewhere. Look at each on the map and choose."))) : null,
    h("fieldset", { class: "suggest-ways" }, h("legend", { class: "quiet small" }, t("The better its lines follow the blocks, the likelier the coordinates.")), guesses.map((one) => choice(one, one.code === chosen, (code) => choose(code, other.value)))),
    h("form", { class: "field", novalidate: true, on: { submit: show } }, h("label", { for: other.id }, t("Another system, by its EPSG number")), h("div", { class: "net-other" }, other, h("button", { class: "button", type: "submit" }, t("Show"))), wrong),
    guesses.some(({ code }) => code === chosen) ? null : h("p", { class: "quiet small", role: "status" }, t("Shown as {system}.", { system: systemWord(chosen) })),
    refused ? h("p", { class: "field-error", role: "alert", "data-net-not-taken": "" }, icon("warning", 18), refused) : null,
    h("div", { class: "button-row" }, h("button", { class: "button button-main", type: "button", "data-net-act": "take", on: { click: take } }, icon("check", 18), t("It lies here")), h("button", { class: "button", type: "button", on: { click: leave } }, t("Not now"))),
  );
}

function choice(guess: Guess, checked: boolean, choose: (code: string) => void): HTMLElement {
  const input = h("input", { type: "radio", name: "net-system", value: guess.code, class: "unseen" });
  input.checked = checked;
  input.addEventListener("change", () => choose(guess.code));
  const told = t("{fit}% fit: {covered}% of households in it, {aligned}% of its corners on edges of blocks", { fit: number(guess.fit * 100, 0), covered: number(guess.covered * 100, 0), aligned: number(guess.aligned * 100, 0) });
  const off = offWord(guess);
  return h("label", { class: "suggest-way" }, input, icon("globe", 22), h("span", {}, systemWord(guess.code), h("small", {}, told), off ? h("small", {}, off) : null));
}

/** What was amiss with the shapes of a file. */
function notes({ report }: Net): Child {
  const told = (words: string, found: { first: readonly { number: number; name: string }[] }): HTMLElement =>
    h("p", { class: "plan-reason" }, icon("info", 16), h("span", {}, words, " ", found.first.map(({ number: at, name }) => name || `#${at}`).join(t(", "))));
  return [
    report.mended?.count ? told(tn("{n} grid crossed itself and was mended:", "{n} grids crossed themselves and were mended:", report.mended.count), report.mended) : null,
    report.lost?.count ? told(tn("{n} shape is no area and was left out:", "{n} shapes are no areas and were left out:", report.lost.count), report.lost) : null,
  ];
}

/** A list whose rows go somewhere on the map. */
export function placeList(title: string, note: string, rows: readonly { words: string; more: string; blocks: readonly number[] }[], go: (blocks: readonly number[]) => void): HTMLElement {
  const most = 100;
  const row = ({ words, more, blocks }: (typeof rows)[number]): HTMLElement =>
    h("li", {}, h("button", { class: "row", type: "button", on: { click: () => go(blocks) } }, icon("pin", 18), h("span", {}, words), h("span", { class: "more" }, more)));
  return part(title, note, h("ul", { class: "plan-rows net-places" }, rows.slice(0, most).map(row)), rows.length > most ? h("p", { class: "quiet small" }, t("and {n} more", { n: number(rows.length - most) })) : null);
}
