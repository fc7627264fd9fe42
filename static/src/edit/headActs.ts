// What can be done with a plan as a whole: its name, a copy, its link, its end. Each says why where it cannot be done.
import { api, sentenceOf } from "../api.js";
import { newId } from "../acts/newId.js";
import { confirm, showDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import type { SheetSize } from "../panels/panel.js";
import { toast } from "../toasts.js";
import { forgetPlan } from "./kept.js";
import type { PlanHead } from "./plan.js";
import { stateTag, stateWord } from "./words.js";

export interface HeadHooks {
  /** Back to the list of plans. */
  leave(): void;
  named(head: PlanHead): void;
  copied(copy: PlanHead): void;
  /** How much of a phone the panel takes. */
  resize(size: SheetSize): void;
}

interface Unsent {
  /** Resolves with true once every edit is on the server. */
  saved(): Promise<boolean>;
  /** Leave what the server does not have to a copy; the answer is how many edits that is. */
  leaveTo(copy: string): number;
}

export function headActs(head: PlanHead, hooks: HeadHooks & Unsent): HTMLElement[] {
  const copyId = newId(); // however often it is pressed, one copy is made
  const small = (symbol: string, label: string, act: () => void, may: true | string = true): HTMLElement =>
    h("button", { class: "icon-button", type: "button", "data-plan-act": symbol, "aria-label": may === true ? label : `${label}: ${may}`, title: may === true ? label : may, disabled: may !== true, on: { click: act } }, icon(symbol));
  return [
    h("span", { class: stateTag(head.state) }, stateWord(head.state)),
    small("list", t("All plans"), () => hooks.leave()),
    small("edit", t("Rename"), () => rename(head, hooks), head.may.edit),
    small("copy", t("Copy the plan"), () => void copy(head, copyId, hooks)),
    small("link", t("Copy the link"), () => void copyLink()),
    small("trash", t("Delete"), () => void remove(head, hooks), head.may.delete),
  ];
}

function rename(head: PlanHead, hooks: HeadHooks): void {
  const name = h("input", { type: "text", id: "plan-new-name", maxlength: 100, required: true, value: head.name, autocomplete: "off" });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      hooks.named(await api.put<PlanHead>(`/plans/${head.id}`, { name: name.value.trim() }));
      close();
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  };
  const form = h("form", { class: "stack", on: { submit: (event) => void submit(event) } }, h("div", { class: "field" }, h("label", { for: name.id }, t("Name of the plan")), name), h("button", { class: "button button-main", type: "submit" }, icon("check"), t("Rename")));
  const close = showDialog(t("Rename the plan"), form);
}

/** What the server does not have, for it is away or does not take it, goes into the copy from here. */
async function copy(head: PlanHead, id: string, hooks: HeadHooks & Unsent): Promise<void> {
  try {
    const saved = await hooks.saved();
    const name = t("Copy of {name}", { name: head.name }).slice(0, 100);
    const made = await api.post<PlanHead>("/plans", { id, name, area_id: head.area.id, parent: head.id });
    const carried = saved ? 0 : hooks.leaveTo(made.id);
    hooks.copied(made);
    toast(carried ? tn("You are in the copy now, with {n} edit that was not saved in the other plan", "You are in the copy now, with {n} edits that were not saved in the other plan", carried) : t("You are in the copy now"));
  } catch (error) {
    toast(sentenceOf(error), { kind: "error" });
  }
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("The link is copied. It shows this plan to everybody who redraws or approves here."));
  } catch {
    toast(location.href, { kind: "info", stay: 0 });
  }
}

async function remove(head: PlanHead, hooks: HeadHooks): Promise<void> {
  if (!(await confirm(t("Delete “{name}” with all its edits? This cannot be undone.", { name: head.name }), t("Delete")))) return;
  try {
    await api.delete(`/plans/${head.id}`);
    forgetPlan(head.id);
    toast(t("The plan is deleted"));
    hooks.leave();
  } catch (error) {
    toast(sentenceOf(error), { kind: "error" });
  }
}
