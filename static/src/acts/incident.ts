// Report an incident: where (a press on the map, or where the phone is), what, a few words, a photo. One id for all
// attempts, so that a report that is sent again is kept once. The draft lives as long as the browser's tab.
import { api, ApiError, query, sentenceOf } from "../api.js";
import { h, onPhone, replace } from "../dom.js";
import { icon } from "../icons.js";
import { nameOf, t } from "../i18n.js";
import type { Overlay } from "../map/view.js";
import { toast } from "../toasts.js";
import { CATEGORY_KINDS, categoryWord, postWord } from "../words.js";
import { newId } from "./newId.js";
import { photoField } from "./photo.js";
import { registerAct, type ActContext } from "./registry.js";
import type { Here, LngLat } from "../types.js";

const LONGEST_TEXT = 2000; // characters
const DRAFT = "wangge.incident";

interface Draft {
  id: string;
  place: LngLat | null;
  category: string;
  text: string;
}

registerAct({
  id: "incident",
  icon: "alert",
  label: () => t("Report an incident"),
  short: () => t("Report"),
  hint: () => t("Report what happened, where, with a photo"),
  available: (me) => me.can.includes("incidents.report") || t("Your role does not report incidents."),
  place: true,
  subjects: ["building", "grid"],
  start: (context) => new ReportForm(context).stop,
});

class ReportForm {
  private readonly draft: Draft = stored();
  private readonly photo = photoField();
  private readonly place = h("div", { class: "place-told", "aria-live": "polite" });
  private readonly trouble = h("div", { class: "field-error", role: "alert" });
  private readonly text = h("textarea", { id: "incident-text", rows: "3", maxlength: LONGEST_TEXT, placeholder: t("What has happened? Write no names.") });
  private readonly send = h("button", { class: "button button-main button-wide", type: "submit" }, icon("alert"), t("Report now"));
  private readonly pin: Overlay;
  private readonly stopPress: () => void;
  private readonly sheet;
  private over = false;

  constructor(private readonly context: ActContext) {
    const { map, panel } = context;
    this.pin = map.addOverlay("incident-draft", undefined, [
      { type: "symbol", above: true, layout: { "icon-image": "pin", "icon-anchor": "bottom", "icon-allow-overlap": true } },
    ]);
    this.stopPress = map.onPress((at) => {
      this.put(at);
      return true;
    });
    this.text.value = this.draft.text;
    this.text.addEventListener("input", () => this.keep({ text: this.text.value }));
    this.sheet = panel.open(t("Report an incident"), this.form(), { icon: "alert", size: "full", onClose: () => context.end() });
    const place = context.place ?? this.draft.place;
    if (place) this.put(place);
    else if (onPhone()) this.locate();
    else this.tell(h("p", {}, t("Press the place on the map.")));
  }

  /** Take everything away; what was written stays for the next time. */
  readonly stop = (): void => {
    if (this.over) return;
    this.over = true;
    this.stopPress();
    this.pin.remove();
    this.photo.clear();
    this.sheet.close();
  };

  private form(): HTMLElement {
    return h(
      "form",
      { class: "stack report", novalidate: true, on: { submit: (event) => void this.submit(event) } },
      h("div", { class: "field" }, h("span", { class: "label" }, t("Where")), this.place, this.placeButtons()),
      this.categories(),
      h("div", { class: "field" }, h("label", { for: this.text.id }, t("What happened")), this.text),
      this.photo.element,
      this.trouble,
      h("div", { class: "form-foot" }, this.send),
    );
  }

  private placeButtons(): HTMLElement {
    const here = h("button", { class: "button", type: "button", on: { click: () => this.locate() } }, icon("locate"), t("Where I am"));
    const press = h("button", { class: "button", type: "button", on: { click: () => void this.pick() } }, icon("pin"), t("Press on the map"));
    return h("div", { class: "act-row" }, here, press);
  }

  private categories(): HTMLElement {
    const choice = (category: string): HTMLElement => {
      const chosen = category === this.draft.category;
      const input = h("input", { type: "radio", name: "category", value: category, checked: chosen, class: "unseen" });
      input.addEventListener("change", () => this.keep({ category }));
      return h("label", { class: `category category-${category}` }, input, icon(category, 26), h("span", {}, categoryWord(category)));
    };
    return h("fieldset", { class: "categories" }, h("legend", {}, t("What is it")), h("div", { class: "category-grid" }, CATEGORY_KINDS.map(choice)));
  }

  /** Keep a part of the draft as long as the tab lives; nothing of it is stored on the device. */
  private keep(part: Partial<Draft>): void {
    Object.assign(this.draft, part);
    sessionStorage.setItem(DRAFT, JSON.stringify(this.draft));
  }

  private tell(...content: (Node | string)[]): void {
    replace(this.place, icon("pin", 20), h("div", {}, ...content));
  }

  private put(at: LngLat): void {
    this.keep({ place: at });
    this.pin.set({ type: "Feature", geometry: { type: "Point", coordinates: [at.lon, at.lat] }, properties: {} });
    void this.describe(at);
  }

  private async describe(at: LngLat): Promise<void> {
    this.tell(h("p", { class: "quiet" }, t("Looking up the place…")));
    try {
      const here = await api.get<Here & { is_near?: boolean }>(`/here?${query({ lon: at.lon, lat: at.lat })}`);
      if (this.draft.place !== at) return;
      const where = [here.community, here.grid].flatMap((one) => (one ? nameOf(one) : [])).join(" · ");
      const address = here.is_near ? t("near {address}", { address: here.address }) : here.address;
      const { responsible } = here;
      this.tell(
        h("p", {}, h("strong", {}, here.building ? here.building.name || address : address || where)),
        h("p", { class: "quiet small" }, where),
        h("p", { class: "quiet small" }, responsible ? t("Goes to {name} ({post})", { name: responsible.name, post: postWord(responsible.post) }) : ""),
      );
    } catch (error) {
      if (this.draft.place === at) this.tell(h("p", { class: "field-error" }, sentenceOf(error)));
    }
  }

  private locate(): void {
    if (!("geolocation" in navigator) || !window.isSecureContext) {
      this.tell(h("p", {}, t("This address does not let the browser share your position. Press the map where you are instead.")));
      return;
    }
    this.tell(h("p", { class: "quiet" }, t("Looking for your position…")));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (this.over) return;
        this.put({ lon: coords.longitude, lat: coords.latitude });
        this.context.map.flyTo({ lon: coords.longitude, lat: coords.latitude }, 17);
      },
      () => this.tell(h("p", {}, t("Your position could not be found. Go outside or press the map where you are."))),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
  }

  private async pick(): Promise<void> {
    this.sheet.resize("strip");
    const at = await this.context.map.pickPoint(t("Press the place of the incident"));
    if (this.over) return;
    this.sheet.resize("full");
    if (at) this.put(at);
  }

  private complain(sentence: string): void {
    replace(this.trouble, icon("warning", 18), h("span", {}, sentence));
    this.trouble.scrollIntoView({ block: "nearest" });
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const { id, place, category, text } = this.draft;
    replace(this.trouble);
    if (!place) return this.complain(t("Say where it is: press the map, or “Where I am”."));
    if (!category) return this.complain(t("Say what it is: choose one of the kinds."));
    this.send.disabled = true;
    try {
      await this.report({ id, ...place, category, text: text.trim() });
      const photo = this.photo.file();
      if (photo) await api.upload(`/incidents/${id}/photo`, { photo });
      this.done(id, t("The incident is reported"));
    } catch (error) {
      this.complain(`${sentenceOf(error)} ${t("Nothing is lost: press “Report now” again.")}`);
    } finally {
      this.send.disabled = false;
    }
  }

  /** Send the report. Where an earlier attempt had arrived although we did not hear of it, that one stands. */
  private async report(body: Record<string, string | number>): Promise<void> {
    try {
      await api.post("/incidents", body);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      toast(t("It had arrived the first time and stands as it was written then."), { kind: "info" });
    }
  }

  private done(id: string, sentence: string): void {
    sessionStorage.removeItem(DRAFT);
    const { end, select } = this.context;
    end();
    toast(sentence);
    select({ kind: "incident", id });
  }
}

/** The draft of this tab, or a new one with an id of its own. */
function stored(): Draft {
  const fresh: Draft = { id: newId(), place: null, category: "", text: "" };
  try {
    return { ...fresh, ...(JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}") as Partial<Draft>) };
  } catch {
    return fresh;
  }
}
