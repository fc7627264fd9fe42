// The wall map of a community: one HTML file to print, hang up or send on.
import { api, sentenceOf } from "../api.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t } from "../i18n.js";
import { toast } from "../toasts.js";
import { communityAt, wallMapAddress } from "./community.js";
import { registerAct, type ActContext } from "./registry.js";
import type { Detail, Named } from "../types.js";

registerAct({
  id: "wallmap",
  icon: "printer",
  label: () => t("Wall map"),
  hint: () => t("A community as one file to print and hang up"),
  available: (me) => me.can.includes("wallmap.make") || t("Your role does not make wall maps."),
  subjects: ["area", "grid"],
  start: (context) => {
    let over = false;
    void choose(context, () => over);
    return () => {
      over = true;
    };
  },
});

async function choose(context: ActContext, isOver: () => boolean): Promise<void> {
  try {
    const community = await communityOf(context);
    if (isOver()) return;
    if (community) offer(context, community);
    else context.end();
  } catch (error) {
    if (isOver()) return;
    toast(sentenceOf(error), { kind: "error" });
    context.end();
  }
}

/** The community that is meant: the one selected, else the one around a place. */
async function communityOf({ subject, place, map }: ActContext): Promise<Named | null> {
  if (subject?.kind === "area") {
    const { properties } = await api.get<Detail<Named & { level: string }>>(`/areas/${subject.id}`);
    if (properties.level === "community") return properties;
  }
  const at = (subject?.kind === "grid" && place) || (await map.pickPoint(t("Press the community that the wall map shows")));
  return at ? communityAt(at) : null;
}

function offer(context: ActContext, community: Named): void {
  const link = h("a", { class: "button button-main", href: wallMapAddress(community), download: "" }, icon("printer"), t("Download the wall map"));
  const content = h(
    "div",
    { class: "stack" },
    h("p", {}, t("One HTML file with the community's grids, buildings, stations and patrol routes. It needs no network, prints on A3 and holds no personal data.")),
    h("p", { class: "quiet small" }, t("A building is coloured only where at least three of its households, and fewer than half, share a group.")),
    h("div", { class: "act-row" }, link),
  );
  context.panel.open(t("Wall map"), content, { icon: "printer", subtitle: nameOf(community) });
  context.end();
}
