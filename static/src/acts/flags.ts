// Tag a household: the editor below the section of a building. Saving sends the whole wanted set of flags;
// the answer's `previous` set, put again, is the undo.
import { api, sentenceOf } from "../api.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t, tn } from "../i18n.js";
import { flagMark } from "../panels/building.js";
import { toast } from "../toasts.js";
import { contactOf } from "./contact.js";
import { registerDwellingEditor, type DwellingEditorContext } from "./registry.js";
import type { Dwelling, Flag, FlagKind, Household } from "../types.js";

const LONGEST_NOTE = 500; // characters

interface Saved {
  household: number;
  flags: Flag[];
  previous: Flag[];
}

interface Row {
  element: HTMLElement;
  /** The flag as the person wants it; null where the box is not ticked. */
  wanted: () => Flag | null;
}

/** The editor that holds something unsaved: it outlives the panel's being shown anew because others changed flags. */
let unsaved: { household: number; element: HTMLElement } | null = null;
let lastShown = 0;

registerDwellingEditor((dwelling, context) => {
  const { household } = dwelling;
  if (household && unsaved?.household === household.id) return unsaved.element;
  unsaved = null;
  if (!household) return h("p", { class: "quiet" }, t("Your role or your area does not include these households."));
  const title = h(
    "h3",
    {},
    t("Floor {floor}, {number}", { floor: String(context.floor), number: dwelling.number }),
    h("small", {}, household.size ? tn("{n} person", "{n} people", household.size) : t("nobody registered")),
  );
  const content = context.me.can.includes("flags.set") ? form(dwelling, household, context) : list(household, context.flagKinds);
  const element = h("section", { class: "flag-editor", "data-household": household.id }, title, contactOf(household, context.me), content);
  content.addEventListener("input", () => (unsaved = { household: household.id, element }));
  // A door that was just pressed: its editor stands below the section, on a phone below the fold.
  if (lastShown !== household.id) window.setTimeout(() => bringUp(element));
  lastShown = household.id;
  return element;
});

/** Scroll the body of the panel, and nothing around it, until the editor is at its top. */
function bringUp(element: HTMLElement): void {
  const body = element.closest(".panel-body");
  if (body) body.scrollTop += element.getBoundingClientRect().top - body.getBoundingClientRect().top;
}

function list({ flags }: Household, kinds: readonly FlagKind[]): HTMLElement {
  if (!flags.length) return h("p", { class: "quiet" }, t("This household has no flags."));
  const shown = kinds.flatMap((kind) => flags.filter((flag) => flag.kind === kind.kind).map((flag) => ({ kind, flag })));
  return h("ul", { class: "flag-list" }, shown.map(({ kind, flag }) =>
    h("li", {}, flagMark(kind), h("span", {}, kind.label, flag.note ? h("small", {}, flag.note) : null, until(flag))),
  ));
}

function until(flag: Flag): HTMLElement | null {
  return flag.expires_on ? h("small", {}, t("until {date}", { date: flag.expires_on })) : null;
}

function form(dwelling: Dwelling, household: Household, context: DwellingEditorContext): HTMLElement {
  const rows = context.flagKinds.map((kind) => row(kind, household.flags.find((flag) => flag.kind === kind.kind), dwelling.id));
  const save = h("button", { class: "button button-main", type: "submit" }, icon("check"), t("Save the flags"));
  const trouble = h("p", { class: "field-error", role: "alert" });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    save.disabled = true;
    replace(trouble);
    try {
      const flags = rows.flatMap(({ wanted }) => wanted() ?? []);
      const saved = await put(household.id, flags);
      unsaved = null;
      toast(t("The flags of {number} are saved", { number: dwelling.number }), {
        undo: async () => {
          await put(household.id, saved.previous);
          await context.reload();
        },
      });
      await context.reload();
    } catch (error) {
      replace(trouble, icon("warning", 18), sentenceOf(error));
    } finally {
      save.disabled = false;
    }
  };
  return h(
    "form",
    { class: "flag-form", novalidate: true, on: { submit: (event) => void submit(event) } },
    h("fieldset", {}, h("legend", { class: "unseen" }, t("Flags of this household")), rows.map(({ element }) => element)),
    h("p", { class: "quiet small" }, t("Who sets or looks at flags is written down.")),
    trouble,
    h("div", { class: "form-foot" }, save),
  );
}

function put(household: number, flags: readonly Flag[]): Promise<Saved> {
  return api.put<Saved>(`/households/${household}/flags`, { flags });
}

function row(kind: FlagKind & { purpose?: string }, flag: Flag | undefined, dwelling: number): Row {
  const id = `flag-${dwelling}-${kind.kind}`;
  const box = h("input", { type: "checkbox", id, checked: Boolean(flag), value: kind.kind, "aria-describedby": `${id}-purpose` });
  const note = h("input", { type: "text", id: `${id}-note`, maxlength: LONGEST_NOTE, value: flag?.note ?? "", autocomplete: "off" });
  const expiry = h("input", { type: "date", id: `${id}-expiry`, min: today(), value: flag?.expires_on ?? "" });
  const more = h(
    "div",
    { class: "flag-more", hidden: !flag },
    h("div", { class: "field" }, h("label", { for: note.id }, t("Note")), note),
    h("div", { class: "field" }, h("label", { for: expiry.id }, t("Holds until")), expiry),
  );
  box.addEventListener("change", () => (more.hidden = !box.checked));
  const element = h(
    "div",
    { class: "flag-row", style: { "--flag": kind.colour } },
    h("label", { class: "flag-choice", for: id }, box, flagMark(kind, 18), h("span", {}, kind.label)),
    h("p", { class: "flag-purpose", id: `${id}-purpose` }, kind.purpose ?? ""),
    more,
  );
  return {
    element,
    wanted: () => (box.checked ? { kind: kind.kind, note: note.value.trim(), expires_on: expiry.value || null } : null),
  };
}

/** This day where the person is, as "2026-05-01". */
function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
