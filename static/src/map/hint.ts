// The strip over the map that says what is expected of the person, with "Cancel" and, where it makes sense, "Finish"
// and a field for coordinates.
import { byId, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import type { LngLat } from "../types.js";
import { readPlace } from "./place.js";

interface HintOptions {
  onCancel: () => void;
  onFinish?: () => void;
  finish?: string;
  /** A place is asked for: the middle of the map is marked, and one may write coordinates. */
  onPlace?: (at: LngLat) => void;
}

/** Show `text`; the answer takes it away. */
export function showHint(text: string, { onCancel, onFinish, finish, onPlace }: HintOptions): () => void {
  const strip = byId("map-hint");
  const cross = byId("map-cross");
  const cancel = h("button", { class: "button", type: "button", on: { click: onCancel } }, t("Cancel"));
  const done = onFinish && h("button", { class: "button button-main", type: "button", on: { click: onFinish } }, finish ?? t("Finish"));
  replace(strip, icon("info"), h("span", { role: "status" }, text), onPlace ? coordinates(onPlace) : null, done, cancel);
  strip.hidden = false;
  cross.hidden = !onPlace;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onCancel();
    else if (event.key === "Enter" && onFinish && !(event.target as Element).closest("button, input, textarea, select")) onFinish();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("keydown", onKey, true);
  return () => {
    document.removeEventListener("keydown", onKey, true);
    strip.hidden = true;
    cross.hidden = true;
    replace(strip);
  };
}

/** A field for coordinates; Enter takes them. */
function coordinates(onPlace: (at: LngLat) => void): HTMLElement {
  const field = h("input", {
    type: "text", class: "map-hint-place", autocomplete: "off", spellcheck: "false", "aria-label": t("Or write its longitude and latitude"),
    placeholder: t("lon, lat"), title: t("Or write its longitude and latitude"),
  });
  field.addEventListener("input", () => field.setCustomValidity(""));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const read = readPlace(field.value);
    if (typeof read !== "string") return onPlace(read);
    field.setCustomValidity(read);
    field.reportValidity();
  });
  return field;
}
