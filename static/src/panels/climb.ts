// How long the way up takes in a building: its own figures, or the defaults; who may edits them here.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";
import { toast } from "../toasts.js";
import { facts, part } from "./parts.js";
import type { Session } from "../session.js";
import type { BuildingDetail, Climb, Detail } from "../types.js";

/** What holds where a building says nothing; the same as in gis/travel.py. */
const DEFAULTS: Record<keyof Climb, number> = { stairs_seconds: 18, lift_wait_seconds: 40, lift_seconds: 2.5 };
const MOST: Record<keyof Climb, number> = { stairs_seconds: 300, lift_wait_seconds: 1800, lift_seconds: 120 };
const WORDS: Record<keyof Climb, () => string> = {
  stairs_seconds: () => t("Stairs, seconds a floor"),
  lift_wait_seconds: () => t("Waiting for the lift, seconds"),
  lift_seconds: () => t("In the lift, seconds a floor"),
};

/** The figures of a building, with a form behind a button for who may edit them. */
export function climbPart(session: Session, detail: Detail<BuildingDetail>): HTMLElement {
  const place = h("div", { class: "climb" });
  const names: (keyof Climb)[] = detail.properties.has_lift ? ["stairs_seconds", "lift_wait_seconds", "lift_seconds"] : ["stairs_seconds"];
  let climb = detail.properties.climb;
  const show = (): void => {
    const told = (name: keyof Climb): string => {
      const own = climb[name];
      return own === null ? t("{s} (assumed)", { s: number(DEFAULTS[name]) }) : number(own);
    };
    const edit = h("button", { class: "button", type: "button", on: { click: () => form() } }, icon("clock", 18), t("Change the times"));
    replace(place, facts(names.map((name) => [WORDS[name](), told(name)])), session.me.can.includes("climbs.edit") ? edit : null);
  };
  const form = (): void => {
    const wrong = h("p", { class: "field-error", role: "alert" });
    const inputs = names.map((name) => {
      const id = `climb-${name}`;
      const input = h("input", {
        id, name, type: "number", min: "0", max: MOST[name], step: "any", value: climb[name] ?? "", placeholder: t("{s} (assumed)", { s: number(DEFAULTS[name]) }),
      });
      return { name, input, field: h("div", { class: "field" }, h("label", { for: id }, WORDS[name]()), input) };
    });
    const save = async (event: Event): Promise<void> => {
      event.preventDefault();
      const wanted: Climb = { ...climb };
      for (const { name, input } of inputs) wanted[name] = input.value === "" ? null : Number(input.value);
      try {
        climb = await api.put<Climb>(`/buildings/${detail.id}/climb`, wanted);
        toast(t("The times are saved. Response zones reckon with them from now on."));
        show();
      } catch (error) {
        replace(wrong, sentenceOf(error));
      }
    };
    replace(
      place,
      h(
        "form",
        { class: "stack", on: { submit: (event) => void save(event) } },
        inputs.map(({ field }) => field),
        h("p", { class: "quiet small" }, t("Leave a field empty to use the assumed figure.")),
        wrong,
        h(
          "div",
          { class: "act-row" },
          h("button", { class: "button button-main", type: "submit" }, t("Save")),
          h("button", { class: "button", type: "button", on: { click: show } }, t("Cancel")),
        ),
      ),
    );
    inputs[0]?.input.focus();
  };
  show();
  return part(t("The way up"), t("for response zones"), place);
}
