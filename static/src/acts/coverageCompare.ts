// Before against after: snapshots that are kept, and what has changed since one of them.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, number, t, tn } from "../i18n.js";
import { confirm } from "../dialogs.js";
import { ghost, part, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { modeWord } from "../words.js";
import { bodyOf, queryOf } from "./coverageQuestion.js";
import { percent } from "./coverageStyle.js";
import type { Changed, Difference, Question, Snapshot } from "./coverageTypes.js";

/** The part of the panel that keeps snapshots; `compare` shows a difference, `me` is the user's number. */
export function snapshots(question: () => Question, me: number, compare: (path: string, title: string) => void): HTMLElement {
  const list = h("div", { "aria-live": "polite" });
  const load = async (): Promise<void> => {
    try {
      const kept = await api.get<Snapshot[]>("/coverage/snapshots");
      replace(list, kept.length ? h("ul", { class: "coverage-snapshots" }, kept.map((one) => row(one, me, compare, load))) : h("p", { class: "quiet" }, t("None is kept yet.")));
    } catch (error) {
      replace(list, trouble(sentenceOf(error), () => void load()));
    }
  };
  replace(list, ghost());
  void load();
  const scenario = question().scenario;
  const versus = h("button", { class: "button", type: "button" }, icon("layers"), t("Scenario against register"));
  versus.addEventListener("click", () => compare(`/coverage/difference?${queryOf(question())}`, t("Scenario against register")));
  return part(t("Before against after"), "", scenario ? h("div", { class: "act-row" }, versus) : null, keeper(() => bodyOf(question()), load), list);
}

/** A form that keeps an answer under a name: of a question, or of a job (`what`). */
export function keeper(what: (() => Record<string, unknown>) | { job: number }, load: () => Promise<void>): HTMLElement {
  const asked = typeof what === "function" ? what : () => what;
  const name = h("input", { type: "text", id: typeof what === "function" ? "coverage-name" : "coverage-job-name", maxlength: 80, required: true, autocomplete: "off" });
  const keep = h("button", { class: "button", type: "submit" }, icon("camera"), t("Keep"));
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    keep.disabled = true;
    try {
      await api.post("/coverage/snapshots", { ...asked(), name: name.value.trim() });
      toast(t("“{name}” is kept with its date.", { name: name.value.trim() }));
      name.value = "";
      await load();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    } finally {
      keep.disabled = false;
    }
  };
  return h(
    "form",
    { class: "coverage-fields", on: { submit: (event) => void submit(event) } },
    h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the snapshot")), name),
    keep,
  );
}

function row(one: Snapshot, me: number, compare: (path: string, title: string) => void, load: () => Promise<void>): HTMLElement {
  const open = (): void => compare(`/coverage/snapshots/${one.id}/difference`, t("Since “{name}”", { name: one.name }));
  const drop = async (): Promise<void> => {
    if (!(await confirm(t("Delete the snapshot “{name}”?", { name: one.name }), t("Delete")))) return;
    try {
      await api.delete(`/coverage/snapshots/${one.id}`);
      await load();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  };
  const told = [moment(one.made_at), one.made_by_name, nameOf({ name: one.area, name_en: one.area_en }), modeWord(one.question.mode), t("{n} min", { n: one.question.minutes })];
  return h(
    "li",
    {},
    h(
      "button",
      { class: "row", type: "button", on: { click: open } },
      h("span", {}, one.name, h("small", {}, told.join(" · "))),
      h("span", { class: "more" }, h("b", {}, percent(one.totals.inside, one.totals.households)), h("small", {}, t("compare"))),
    ),
    one.made_by === me
      ? h("button", { class: "icon-button", type: "button", "aria-label": t("Delete the snapshot “{name}”", { name: one.name }), on: { click: () => void drop() } }, icon("trash"))
      : null,
  );
}

/** A difference in numbers; `look` shows a row on the map. */
export function difference(found: Difference, look: (row: Changed) => void): HTMLElement {
  const { before, after } = found.totals;
  const [sooner, later] = [1, -1].map((way) => found.buildings.change.filter((change) => change === way).length);
  const rows = found.communities.filter(gain);
  return h(
    "div",
    { class: "stack" },
    found.same_question ? null : h("p", { class: "tag tag-warn" }, t("The two were asked differently.")),
    h(
      "div",
      { class: "coverage-head", role: "status" },
      h("b", { class: "coverage-share" }, signed(gain(found.totals))),
      h("p", {}, t("households in time"), h("small", {}, t("{before} before, {after} after", { before: percent(before.inside, before.households), after: percent(after.inside, after.households) }))),
    ),
    h(
      "ul",
      { class: "coverage-legend" },
      h("li", {}, h("i", { class: "swatch cov-sooner" }), t("reached sooner"), h("b", {}, tn("{n} building", "{n} buildings", sooner ?? 0))),
      h("li", {}, h("i", { class: "swatch cov-later" }), t("reached later"), h("b", {}, tn("{n} building", "{n} buildings", later ?? 0))),
    ),
    part(t("By community"), t("press to go there"), rows.length ? table(rows, look) : h("p", { class: "quiet" }, t("Nothing has changed."))),
  );
}

function table(rows: readonly Changed[], look: (row: Changed) => void): HTMLElement {
  const line = (row: Changed): HTMLElement =>
    h(
      "tr",
      {},
      h("td", {}, h("button", { class: "row", type: "button", on: { click: () => look(row) } }, h("span", {}, nameOf(row)))),
      h("td", { class: "plain coverage-number" }, percent(row.before.inside, row.before.households)),
      h("td", { class: "plain coverage-number" }, percent(row.after.inside, row.after.households)),
      h("td", { class: "plain coverage-number" }, h("b", {}, signed(gain(row)))),
    );
  const head = [t("Area"), t("Before"), t("After"), t("Households")].map((name) => h("th", { scope: "col" }, name));
  return h("table", { class: "rows coverage-rows" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(line)));
}

/** Households more in time than before. */
export function gain({ before, after }: Pick<Changed, "before" | "after">): number {
  return after.inside - before.inside;
}

export function signed(change: number): string {
  return change > 0 ? `+${number(change)}` : change < 0 ? `−${number(-change)}` : "0";
}
