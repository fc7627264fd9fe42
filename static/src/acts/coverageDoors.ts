// The doors behind which households are reached too late: a list that is paged and sorted, and the same as a workbook.
import { api, download, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { duration, nameOf, number, t, tn } from "../i18n.js";
import { flagMark } from "../panels/building.js";
import { ghost, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { bodyOf, queryOf } from "./coverageQuestion.js";
import type { FlagKind } from "../types.js";
import type { Door, Question } from "./coverageTypes.js";

const PAGE = 50;

interface Page {
  doors: Door[];
  total: number;
}

/** The list as an element; `look` shows a door on the map. */
export function doorsOutside(question: Question, kinds: readonly FlagKind[], look: (door: Door) => void): HTMLElement {
  const list = h("ol", { class: "coverage-doors" });
  const foot = h("div", { class: "stack", "aria-live": "polite" });
  let sort = "households";
  let shown = 0;
  const load = async (): Promise<void> => {
    replace(foot, ghost());
    try {
      const page = await api.get<Page>(`/coverage/outside?${queryOf(question, { sort, offset: shown, limit: PAGE })}`);
      list.append(...page.doors.map((door) => row(door, kinds, look)));
      shown += page.doors.length;
      const more = h("button", { class: "button button-wide", type: "button", on: { click: () => void load() } }, t("Show more"));
      replace(foot, h("p", { class: "quiet small" }, tn("{shown} of {n} door", "{shown} of {n} doors", page.total, { shown })), shown < page.total ? more : null);
    } catch (error) {
      replace(foot, trouble(sentenceOf(error), () => void load()));
    }
  };
  const again = (by: string): void => {
    [sort, shown] = [by, 0];
    replace(list);
    void load();
  };
  void load();
  return h("div", { class: "stack" }, head(question, again), list, foot);
}

function head(question: Question, again: (sort: string) => void): HTMLElement {
  const orders = [["households", t("Most households first")], ["seconds", t("Latest first")], ["flags", t("Most flags first")]] as const;
  const select = h("select", { id: "coverage-sort" }, orders.map(([value, name]) => h("option", { value }, name)));
  select.addEventListener("change", () => again(select.value));
  const save = h("button", { class: "button", type: "button" }, icon("down"), t("As an Excel file"));
  save.addEventListener("click", () => {
    save.disabled = true;
    void download("/coverage/outside/file", bodyOf(question))
      .catch((error: unknown) => toast(sentenceOf(error), { kind: "error" }))
      .finally(() => (save.disabled = false));
  });
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "quiet small" }, t("Who looks at this list is written down. It holds no names.")),
    h("div", { class: "coverage-fields" }, h("div", { class: "field" }, h("label", { for: select.id }, t("Order")), select), save),
  );
}

function row(door: Door, kinds: readonly FlagKind[], look: (door: Door) => void): HTMLElement {
  const place = nameOf(door) || door.address || nameOf({ name: door.grid, name_en: door.grid_en });
  const address = place === door.address ? "" : door.address;
  const flags = kinds.filter(({ kind }) => door.flags?.[kind]);
  const told = (kind: FlagKind): HTMLElement =>
    h("span", { title: kind.label }, flagMark(kind, 13), h("span", { class: "unseen" }, kind.label), number(door.flags?.[kind.kind] ?? 0));
  const arrival = door.seconds === null ? t("not reached") : t("{time} to the door", { time: duration(door.seconds) });
  return h(
    "li",
    {},
    h(
      "button",
      { class: "row", type: "button", on: { click: () => look(door) } },
      h(
        "span",
        {},
        t("{place}, entrance {label}", { place, label: door.label }),
        h("small", {}, [address, nameOf({ name: door.community, name_en: door.community_en }), arrival].filter(Boolean).join(" · ")),
        flags.length ? h("span", { class: "coverage-needs" }, flags.map(told)) : null,
      ),
      h("span", { class: "more" }, h("b", {}, number(door.outside)), h("small", {}, t("of {n}", { n: door.households }))),
    ),
  );
}
