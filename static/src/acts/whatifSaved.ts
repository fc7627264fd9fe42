// Saving and deleting scenarios. Where somebody else has saved meanwhile, the person chooses; nobody's work is lost.
import { api, ApiError, sentenceOf } from "../api.js";
import { showDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toasts.js";
import { newId } from "./newId.js";
import type { Content } from "./whatifContent.js";
import { button, type Scenario } from "./whatifPanel.js";

const PARTS: Readonly<Record<string, () => string>> = {
  name: () => t("the name"),
  added: () => t("new stations"),
  moved: () => t("moved stations"),
  shut: () => t("closed stations"),
  closures: () => t("closed roads"),
  incident: () => t("the place of the incident"),
};

/** What was saved last by its id, so that one knows what is not. */
const saved = new Map<string, string>();

/** Whether the scenario is kept as it is. */
export function isSaved(scenario: Scenario, content: Content): boolean {
  if (!scenario.version) return false;
  const key = `${scenario.id}/${scenario.version}`;
  if (!saved.has(key)) saved.set(key, written(scenario.name, scenario.content));
  return saved.get(key) === written(scenario.name, content);
}

function written(name: string, { added, moved, shut, closures, incident }: Content): string {
  return JSON.stringify([name, added.map(({ id, kind, name: called, lon, lat }) => [id, kind, called, lon, lat]), moved.map(({ id, lon, lat }) => [id, lon, lat]),
    shut, closures.map(({ shape, points, note }) => [shape, points, note]), incident && [incident.lon, incident.lat]]);
}

/** The scenario after it was saved, `theirs` where the person took what somebody else has saved; null where it was not. */
export async function keep(scenario: Scenario, content: Content): Promise<{ scenario: Scenario; theirs: boolean } | null> {
  const { id, name, area, version } = scenario;
  try {
    const kept = version
      ? await api.put<Scenario>(`/scenarios/${id}`, { name, content }, { version })
      : await api.post<Scenario>("/scenarios", { id, name, area_id: area.id, content });
    toast(t("The scenario is saved"));
    return { scenario: kept, theirs: false };
  } catch (error) {
    const current = error instanceof ApiError && error.status === 412 ? (error.extra["current"] as Scenario) : null;
    if (current) return settle(scenario, content, current, sentenceOf(error), (error as ApiError).extra["differs"] as string[]);
    toast(sentenceOf(error), { kind: "error" });
    return null;
  }
}

function settle(mine: Scenario, content: Content, current: Scenario, sentence: string, differs: readonly string[]): ReturnType<typeof keep> {
  return new Promise((resolve) => {
    let answer: ReturnType<typeof keep> = Promise.resolve(null);
    const choice = (label: string, kind: string, take: () => ReturnType<typeof keep>) =>
      button(kind, "check", label, () => {
        answer = take();
        close();
      });
    const parts = differs.map((one) => PARTS[one]?.() ?? one).join(t(", "));
    const close = showDialog(
      t("Somebody else has saved this scenario"),
      h(
        "div",
        { class: "stack" },
        h("p", {}, sentence),
        h("p", { class: "quiet" }, t("These parts differ: {parts}", { parts })),
        h(
          "div",
          { class: "button-row" },
          choice(t("Keep mine as a copy"), "button-main", () => keep({ ...mine, id: newId(), version: 0, name: t("Copy of {name}", { name: mine.name }).slice(0, 100) }, content)),
          choice(t("Take theirs"), "", () => Promise.resolve({ scenario: current, theirs: true })),
          choice(t("Save mine over it"), "button-danger", () => keep({ ...mine, version: current.version }, content)),
        ),
      ),
      () => resolve(answer),
    );
  });
}

/** Whether it was deleted; its undo brings it back under the same id, and calls `restored`. */
export async function remove({ id, name, area, content }: Scenario, restored: () => unknown): Promise<boolean> {
  try {
    await api.delete(`/scenarios/${id}`);
  } catch (error) {
    toast(sentenceOf(error), { kind: "error" });
    return false;
  }
  toast(t("The scenario is deleted"), {
    undo: async () => {
      await api.post("/scenarios", { id, name, area_id: area.id, content });
      await restored();
    },
  });
  return true;
}

/** Put the address, which names the scenario, where it can be pasted. */
export async function copyAddress(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("The link is copied. It shows this scenario to everybody who plans for this area."));
  } catch {
    toast(location.href, { kind: "info", stay: 0 });
  }
}
