// A photo from the camera or the album, with a preview.
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../i18n.js";

const LARGEST = 10 * 1024 * 1024; // bytes, as the server takes them

export interface PhotoField {
  readonly element: HTMLElement;
  file(): File | null;
  clear(): void;
}

/** A field for one photo; nothing leaves the page until it is sent. */
export function photoField(): PhotoField {
  let file: File | null = null;
  let address = "";
  const input = h("input", { type: "file", id: "incident-photo", accept: "image/jpeg,image/png,image/webp", capture: "environment", class: "unseen" });
  const trouble = h("p", { class: "field-error", role: "alert" });
  const preview = h("div", { class: "photo-preview" });
  const button = h("label", { class: "button", for: input.id }, icon("camera"), t("Add a photo"));

  const clear = (): void => {
    if (address) URL.revokeObjectURL(address);
    file = null;
    address = "";
    input.value = "";
    replace(preview);
    button.hidden = false;
  };
  input.addEventListener("change", () => {
    const chosen = input.files?.[0];
    replace(trouble);
    if (!chosen) return;
    clear();
    if (chosen.size > LARGEST) {
      replace(trouble, t("This photo has {mb} MB; at most 10 MB can be sent.", { mb: number(chosen.size / 1024 / 1024) }));
      return;
    }
    file = chosen;
    address = URL.createObjectURL(chosen);
    const remove = h("button", { class: "button", type: "button", on: { click: clear } }, icon("trash"), t("Remove the photo"));
    replace(preview, h("img", { class: "photo", src: address, alt: t("The chosen photo") }), remove);
    button.hidden = true;
  });
  const note = h("p", { class: "quiet small" }, t("The place and the device in the photo's data are removed."));
  const element = h("div", { class: "field" }, input, button, preview, trouble, note);
  return { element, file: () => file, clear };
}
