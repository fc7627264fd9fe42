// The strip over the map that says what is expected of the person, with "Cancel" and, where it makes sense, "Finish".
import { byId, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";

interface HintOptions {
  onCancel: () => void;
  onFinish?: () => void;
  finish?: string;
  /** Mark the middle of the map, for those who use the keyboard. */
  crosshair?: boolean;
}

/** Show `text`; the answer takes it away. */
export function showHint(text: string, { onCancel, onFinish, finish, crosshair = false }: HintOptions): () => void {
  const strip = byId("map-hint");
  const cross = byId("map-cross");
  const cancel = h("button", { class: "button", type: "button", on: { click: onCancel } }, t("Cancel"));
  const done = onFinish && h("button", { class: "button button-main", type: "button", on: { click: onFinish } }, finish ?? t("Finish"));
  replace(strip, icon("info"), h("span", { role: "status" }, text), done, cancel);
  strip.hidden = false;
  cross.hidden = !crosshair;
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
