// What a siting says in words: before and after, how far from proven, and each site with what it newly covers.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, number, t, tn } from "../i18n.js";
import { stationColour } from "../map/palette.js";
import { flagMark } from "../panels/building.js";
import { empty, figures, part } from "../panels/parts.js";
import { stationWord } from "../words.js";
import { SOURCE_WORDS } from "./sitingForm.js";
import { siteColour } from "./sitingStyle.js";
import type { FlagKind } from "../types.js";
import type { Site, Siting } from "./sitingTypes.js";

/** How a proof goes: a job that works, waits, or has ended before its end. */
export interface Proving {
  state: "none" | "waiting" | "running" | "stopped";
  note: string;
}

interface Told {
  siting: Siting;
  kinds: readonly FlagKind[];
  chosen: number | null;
  choose: (index: number) => void;
}

/** The figures, the sites in order, the stations that give way, and the assumptions. */
export function sitingResult(told: Told): HTMLElement {
  const { siting } = told;
  const { all, before, after } = siting.households;
  const share = (value: number): string => (all ? `${number((value / all) * 100)} %` : "–");
  return h(
    "div",
    { class: "stack" },
    figures([
      [t("households today"), share(before)],
      [t("with the new sites"), share(after)],
      [t("households newly covered"), after - before],
    ]),
    h("p", { class: "quiet" }, tn("{after} of {n} household within {m} min; {before} today.", "{after} of {n} households within {m} min; {before} today.", all, { after, before, m: siting.question.minutes })),
    legend(siting),
    siting.sites.length ? sites(told) : empty("siting", all ? t("No candidate covers anybody who is not covered already.") : t("No household lives in this area.")),
    moved(siting),
    asked(siting),
    assumptions(siting),
  );
}

/** How far the answer is from proven, in words, with a bar; `cancel` and `prove` as they fit. */
export function proofState(siting: Siting, proving: Proving, acts: { cancel: () => void; prove: () => void }): HTMLElement {
  const button = (name: string, word: string, click: () => void): HTMLElement => h("button", { class: "button", type: "button", on: { click } }, icon(name, 18), word);
  if (!siting.current) {
    return told("warn", "warning", t("The register or the roads have changed since this was asked: the counts are today's, the choice is of then."), null);
  }
  if (siting.proven) return told("good", "check", t("Proven: nothing better exists."), null);
  const gain = t("At most {share} % could still be gained", { share: number((siting.gap ?? 0) * 100, 2) });
  if (proving.state === "running" || proving.state === "waiting") {
    const doing = proving.state === "running" ? t("{gain}; proving…", { gain }) : t("{gain}; waiting for a free worker…", { gain });
    return told("", "timer", doing, button("close", t("Stop the proof"), acts.cancel), true);
  }
  const state = proving.state === "stopped" ? t("The proof was stopped. {gain}.", { gain }) : t("{gain}.", { gain });
  return told("", "info", state, button("check", proving.state === "stopped" ? t("Go on proving") : t("Prove it"), acts.prove));
}

/** What the dots on the map are. */
function legend({ doors, sites }: Siting): HTMLElement {
  const dot = (role: "site" | "standing" | "left", word: string): HTMLElement => h("li", {}, h("i", { class: `siting-dot dot-${role}` }), word);
  return h(
    "ul",
    { class: "siting-legend", "aria-label": t("Dots on the map") },
    sites.length ? dot("site", t("doors newly covered, in the colour of their site")) : null,
    doors.standing.length ? dot("standing", t("covered already")) : null,
    doors.left.length ? dot("left", t("still outside")) : null,
  );
}

function told(tone: string, name: string, sentence: string, button: HTMLElement | null, busy = false): HTMLElement {
  return h(
    "div",
    { class: `siting-proof ${tone}`, role: "status" },
    h("p", {}, icon(name, 20), h("span", {}, sentence)),
    busy ? h("div", { class: "siting-busy", "aria-hidden": "true" }, h("i", {})) : null,
    button,
  );
}

function sites({ siting, kinds, chosen, choose }: Told): HTMLElement {
  const row = (site: Site, index: number): HTMLElement => {
    const button = h(
      "button",
      { class: "row arrival siting-site", type: "button", "aria-pressed": String(index === chosen), "data-site": index, on: { click: () => choose(index) } },
      h("span", { class: "siting-number", style: { background: siteColour(index) } }, number(index + 1)),
      h("span", {}, nameOf(site) || t("Site {n}", { n: index + 1 }), h("small", {}, SOURCE_WORDS[site.source]?.() ?? "")),
      h("span", { class: "more" }, h("b", {}, `+${number(site.households)}`), h("small", {}, t("reaches {n}", { n: site.reached }))),
    );
    return h("li", {}, button, flags(site, kinds));
  };
  const list = h("ol", { class: "arrivals siting-sites" }, siting.sites.map(row));
  return part(t("Sites, best first"), t("households that each newly covers"), list);
}

function flags({ flags: counts }: Site, kinds: readonly FlagKind[]): HTMLElement | null {
  const carried = kinds.filter(({ kind }) => counts?.[kind]);
  if (!counts || !carried.length) return null;
  const one = (kind: FlagKind): HTMLElement =>
    h("li", { class: "siting-flag", title: kind.label }, flagMark(kind, 13), h("span", { class: "unseen" }, kind.label), number(counts[kind.kind] ?? 0));
  return h("ul", { class: "siting-flags" }, carried.map(one));
}

function moved({ moved: gone, lost }: Siting): HTMLElement | null {
  if (!gone.length) return null;
  const row = (station: Siting["moved"][number]): HTMLElement =>
    h("li", { class: "siting-moved" }, h("span", { class: "mark", style: { background: stationColour(station.kind) } }, icon(station.kind, 16)), h("span", {}, nameOf(station) || stationWord(station.kind)));
  const note = lost ? tn("{n} household that they reach today would be out of reach", "{n} households that they reach today would be out of reach", lost) : t("nobody loses by it");
  return part(t("Stations that give way"), note, h("ul", { class: "siting-sites" }, gone.map(row)));
}

function asked(siting: Siting): HTMLElement {
  const { question, candidates, area, made_by: who, made_at: when } = siting;
  const sources = question.sources.map((source) => SOURCE_WORDS[source]?.() ?? source);
  if (question.places) sources.push(t("My own list"));
  const lines = [
    tn("{n} candidate in {area}: {sources}", "{n} candidates in {area}: {sources}", candidates, { area: nameOf(area), sources: sources.join(", ") }),
    question.kinds.length ? t("Standing already: {kinds}; {n} of them may move", { kinds: question.kinds.map(stationWord).join(", "), n: question.moves }) : t("No existing station counts"),
    t("Asked by {who}, {when}", { who, when: moment(when) }),
  ];
  return part(t("What was asked"), "", h("ul", { class: "assumptions" }, lines.map((line) => h("li", {}, line))));
}

function assumptions({ assumptions: all }: Siting): HTMLElement {
  const line = ({ text, value, unit }: Siting["assumptions"][number]): HTMLElement => h("li", {}, text, value === null ? null : h("b", {}, ` ${number(value, 2)} ${unit ?? ""}`));
  return part(t("What this assumes"), "", h("ul", { class: "assumptions" }, all.map(line)));
}
