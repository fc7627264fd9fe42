// A grid: households against the target, the 1+1+1+2 posts and which are vacant, its buildings and patrol routes.
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { distance, duration, number, t, tn } from "../i18n.js";
import { gridWord, postWord } from "../words.js";
import { facts, figures, linkTo, part } from "./parts.js";
import type { Session } from "../session.js";
import type { Detail, GridDetail, Post } from "../types.js";

export function gridPanel(session: Session, { properties: grid }: Detail<GridDetail>): HTMLElement {
  const vacant = grid.posts.filter((post) => post.vacant).length;
  return h(
    "div",
    { class: "stack" },
    facts([
      [t("Code"), h("span", { class: "code" }, grid.code)],
      [t("Kind"), gridWord(grid.kind)],
      [t("Community"), linkTo(session, "area", grid.community)],
    ]),
    households(grid),
    figures([
      [t("Buildings"), grid.buildings],
      [t("Stations"), grid.stations],
      [t("Vacant posts"), vacant],
    ]),
    part(t("Posts"), t("1 + 1 + 1 + 2"), posts(grid.posts)),
    part(t("Patrol routes"), "", routes(session, grid)),
  );
}

function households({ households: count, target, kind }: GridDetail): HTMLElement {
  if (!target || kind === "dedicated") return part(t("Households"), "", h("p", {}, h("b", {}, number(count))));
  const verdict = count < target.low ? "few" : count > target.high ? "many" : "right";
  const words = { few: t("below the target"), many: t("above the target"), right: t("within the target") };
  const most = Math.max(target.high * 1.35, count * 1.05);
  const at = (value: number): string => `${(value / most) * 100}%`;
  const label = tn("{n} household; the target is {low} to {high}", "{n} households; the target is {low} to {high}", count, { low: target.low, high: target.high });
  return part(
    t("Households"),
    "",
    h(
      "p",
      {},
      h("b", { style: { "font-size": "22px" } }, number(count)),
      " ",
      h("span", { class: `tag ${verdict === "right" ? "tag-good" : "tag-warn"}` }, icon(verdict === "right" ? "check" : "warning", 16), words[verdict]),
    ),
    h(
      "div",
      { class: "gauge", role: "img", "aria-label": label },
      h("div", { class: "gauge-band", style: { left: at(target.low), width: at(target.high - target.low) } }),
      h("div", { class: "gauge-value", style: { width: at(count) } }),
    ),
    h(
      "div",
      { class: "gauge-scale", "aria-hidden": "true" },
      h("span", { style: { left: at(target.low) } }, number(target.low)),
      h("span", { style: { left: at(target.high) } }, number(target.high)),
    ),
  );
}

function posts(all: readonly Post[]): HTMLElement {
  if (!all.length) return h("p", { class: "quiet" }, t("No posts are set up for this grid."));
  return h(
    "ul",
    { class: "posts" },
    all.map((post) =>
      h(
        "li",
        { class: post.vacant ? "post post-vacant" : "post" },
        icon(post.vacant ? "warning" : "user", 18),
        h("span", {}, postWord(post.role)),
        h("b", {}, post.vacant ? t("vacant") : post.holder),
      ),
    ),
  );
}

function routes(session: Session, { patrol_routes: all }: GridDetail): HTMLElement {
  if (!all.length) return h("p", { class: "quiet" }, t("No patrol route yet."));
  return h(
    "div",
    {},
    all.map((route) => {
      const click = (): void => session.select({ kind: "patrol-route", id: String(route.id) }, { zoom: true });
      return h(
        "button",
        { class: "row", type: "button", on: { click } },
        icon("route"),
        h("span", {}, route.name),
        h("span", { class: "more" }, `${distance(route.length)} · ${duration(route.seconds)}`),
      );
    }),
  );
}
