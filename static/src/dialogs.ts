// Modal questions on <dialog>, which keeps the focus inside and closes on Escape.
//   if (await confirm(t("Delete the patrol route?"), t("Delete"))) …
//   showDialog(t("Keyboard shortcuts"), element);
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

/** Show `content` under `title`; the answer closes it. */
export function showDialog(title: string, content: Node, onClose: () => void = () => undefined): () => void {
  const id = `dialog-${Date.now()}`;
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": id });
  const close = (): void => dialog.close();
  dialog.append(
    h(
      "header",
      { class: "dialog-head" },
      h("h2", { id }, title),
      h("button", { class: "icon-button", type: "button", "aria-label": t("Close"), on: { click: close } }, icon("close")),
    ),
    h("div", { class: "dialog-body" }, content),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return close;
}

/** True where the person agrees to `question`; `yes` is what the button says. */
export function confirm(question: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    let agreed = false;
    const answer = (value: boolean) => () => {
      agreed = value;
      close();
    };
    const close = showDialog(
      question,
      h(
        "div",
        { class: "button-row" },
        h("button", { class: "button", type: "button", on: { click: answer(false) } }, t("Cancel")),
        h("button", { class: "button button-danger", type: "button", on: { click: answer(true) } }, yes),
      ),
      () => resolve(agreed),
    );
  });
}
