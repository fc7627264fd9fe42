// Short messages at the bottom of the page, read out by screen readers.
//   toast(t("Saved"));  toast(t("Flags saved"), { undo: () => put(previous) });  toast(sentenceOf(error), { kind: "error" });
import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { sentenceOf } from "./api.js";

export interface ToastOptions {
  kind?: "done" | "info" | "error";
  /** Adds an "Undo" button; the toast then stays longer. */
  undo?: () => void | Promise<void>;
  /** Milliseconds until it goes by itself; 0 keeps it until it is closed. */
  stay?: number;
}

/** Show `message`; the answer takes it away. */
export function toast(message: string, options: ToastOptions = {}): () => void {
  const kind = options.kind ?? "done";
  const element = h("div", { class: `toast toast-${kind}`, role: kind === "error" ? "alert" : "status" });
  const remove = (): void => element.remove();
  element.append(
    icon(kind === "done" ? "check" : kind === "error" ? "warning" : "info"),
    h("span", { class: "toast-text" }, message),
  );
  if (options.undo) element.append(undoButton(options.undo, remove));
  element.append(h("button", { class: "icon-button", type: "button", "aria-label": t("Close"), on: { click: remove } }, icon("close", 18)));
  byId("toasts").append(element);
  const stay = options.stay ?? (kind === "error" || options.undo ? 9000 : 4500);
  if (stay) window.setTimeout(remove, stay);
  return remove;
}

function undoButton(undo: () => void | Promise<void>, remove: () => void): HTMLButtonElement {
  const click = async (): Promise<void> => {
    remove();
    try {
      await undo();
      toast(t("Undone"));
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  };
  return h("button", { class: "toast-undo", type: "button", on: { click: () => void click() } }, icon("undo", 18), t("Undo"));
}
