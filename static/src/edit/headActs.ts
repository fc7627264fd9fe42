// What can be done with a plan as a whole: its name, a copy, its link, its end. Each says why where it cannot be done.
import { api, sentenceOf } from "../api.js";
import { newId } from "../acts/newId.js";
import { confirm, showDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
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

export function headActs(head: PlanHead, hooks: HeadHooks & { saved(): Promise<boolean> }): HTMLElement[] {
  const small = (symbol: string, label: string, act: () => void, may: true | string = true): HTMLElement =>
    h("button", { class: "icon-button", type: "button", "data-plan-act": symbol, "aria-label": may === true ? label : `${label}: ${may}`, title: may === true ? label : may, disabled: may !== true, on: { click: act } }, icon(symbol));
  return [
    h("span", { class: stateTag(head.state) }, stateWord(head.state)),
    small("list", t("All plans"), () => hooks.leave()),
    small("edit", t("Rename"), () => rename(head, hooks), head.may.edit),
    small("copy", t("Copy the plan"), () => void copy(head, hooks)),
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

async function copy(head: PlanHead, hooks: HeadHooks & { saved(): Promise<boolean> }): Promise<void> {
  try {
    if (!(await hooks.saved())) return; // the desk says why: a copy is made of what the server has
    const name = t("Copy of {name}", { name: head.name }).slice(0, 100);
    hooks.copied(await api.post<PlanHead>("/plans", { id: newId(), name, area_id: head.area.id, parent: head.id }));
    toast(t("You are in the copy now"));
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
