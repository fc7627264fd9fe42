// Tells that somebody else has saved the scenario that one works on, and offers theirs.
import { api } from "../api.js";
import { h, replace } from "../dom.js";
import { onChangeNews } from "../events.js";
import { icon } from "../icons.js";
import { moment, t } from "../i18n.js";
import { button, type Scenario } from "./whatifPanel.js";

export interface Others {
  /** A notice, empty while there is nothing to tell. */
  readonly element: HTMLElement;
  /** Nothing is to be told (any more). */
  clear(): void;
  stop(): void;
}

/** Watch the scenario that `mine` answers, null while one is being saved; `take` has theirs in the place of one's own. */
export function watchOthers(mine: () => Scenario | null, take: (theirs: Scenario) => void): Others {
  const element = h("div", { class: "scenario-others", role: "status" });
  const clear = (): void => replace(element);
  const look = async (): Promise<void> => {
    const before = mine();
    if (!before?.version) return;
    const theirs = await api.get<Scenario>(`/scenarios/${before.id}`).catch(() => null); // it is told with the next save
    const now = mine();
    if (!theirs || now?.id !== theirs.id || theirs.version <= now.version) return;
    const choose = button("", "refresh", t("Take theirs"), () => {
      clear();
      take(theirs);
    });
    replace(element, h("p", {}, icon("info", 18), h("span", {}, t("{name} has saved this scenario, {when}.", { name: theirs.changed_by, when: moment(theirs.changed_at) }))), choose);
  };
  const stop = onChangeNews((what, version) => {
    const now = mine();
    if (what === null ? now?.version : now && what === `scenario:${now.id}` && version > now.version) void look();
  });
  return { element, clear, stop };
}
