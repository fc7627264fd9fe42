// Whom to call in a household: masked, until the person says why they need to know; then for a minute.
// What is shown lives in this module alone: in no address, no storage and no log.
import { api, sentenceOf } from "../api.js";
import { showDialog } from "../dialogs.js";
import { h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import type { Contact, Household, Me } from "../types.js";

const SHOWN = 60; // seconds
const LONGEST_NOTE = 200; // characters
const OTHER = "other";

const REASONS: Readonly<Record<string, () => string>> = {
  visit: () => t("A visit"),
  care: () => t("Care for somebody in need"),
  request: () => t("A request of their own"),
  emergency: () => t("An emergency"),
  correction: () => t("Checking the register"),
  [OTHER]: () => t("Another reason"),
};

/** The one contact that is shown whole, until when (performance.now()), and how its place is drawn anew. */
let shown: (Contact & { household: number; until: number }) | null = null;
let drawAgain: () => void = () => undefined;
let ticking = 0;

/** The contact of a household, with a button that shows it; null where the household has none. */
export function contactOf(household: Household, me: Me): HTMLElement | null {
  const { name, phone } = household.contact;
  if (!name && !phone) return null;
  const place = h("div", { class: "contact" });
  const draw = (): void => {
    const whole = shown?.household === household.id ? shown : null;
    replace(place, lines(whole ?? household.contact, whole !== null), me.can.includes("households.unmask") ? button(household, whole?.until) : null);
  };
  draw();
  drawAgain = draw;
  return place;
}

function lines({ name, phone }: Contact, whole: boolean): HTMLElement {
  const number = whole && phone ? h("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}`, "aria-label": t("Call {phone}", { phone }) }, phone) : phone;
  return h(
    "dl",
    { class: "contact-lines" },
    h("div", {}, h("dt", {}, icon("user", 18), h("span", { class: "unseen" }, t("Name"))), h("dd", {}, name || t("none given"))),
    h("div", {}, h("dt", {}, icon("phone", 18), h("span", { class: "unseen" }, t("Phone"))), h("dd", {}, number || t("none given"))),
  );
}

function button(household: Household, until: number | undefined): HTMLElement {
  if (until === undefined) {
    const ask = { class: "button contact-eye", type: "button", "aria-label": t("Show the name and the phone"), on: { click: () => askFor(household) } };
    return h("button", ask, icon("eye", 20), t("Show"));
  }
  // The seconds are for the eye: read out each second they would drown the name.
  const hide = { class: "button contact-eye", type: "button", on: { click: forget } };
  return h("button", hide, icon("eye_closed", 20), t("Hide"), h("span", { class: "contact-seconds", "aria-hidden": "true" }, secondsTo(until)));
}

function secondsTo(until: number): string {
  return t("{n} s", { n: Math.max(0, Math.ceil((until - performance.now()) / 1000)) });
}

function askFor(household: Household): void {
  const note = h("input", { type: "text", id: "unmask-note", maxlength: LONGEST_NOTE, autocomplete: "off" });
  const more = h("div", { class: "field", hidden: true }, h("label", { for: note.id }, t("In a few words, without a name or a number")), note);
  const trouble = h("p", { class: "field-error", role: "alert" });
  const submit = h("button", { class: "button button-main button-wide", type: "submit" }, icon("eye"), t("Show"));
  const form = h(
    "form",
    { class: "stack reasons", novalidate: true },
    h("fieldset", {}, h("legend", {}, t("Why do you need it?")), Object.entries(REASONS).map(([reason, word]) => choice(reason, word()))),
    more,
    h("p", { class: "quiet small" }, t("Who looks, when and why is kept on record. It is shown for {n} seconds.", { n: SHOWN })),
    trouble,
    submit,
  );
  const chosen = (): string => new FormData(form).get("reason")?.toString() ?? "";
  form.addEventListener("change", () => {
    more.hidden = chosen() !== OTHER;
    if (!more.hidden) note.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!chosen()) return replace(trouble, icon("warning", 18), t("Choose a reason."));
    submit.disabled = true;
    const body = { reason: chosen(), note: more.hidden ? "" : note.value.trim() };
    void api.post<Contact>(`/households/${household.id}/unmask`, body).then(
      (contact) => {
        close();
        show(household.id, contact);
      },
      (error: unknown) => {
        submit.disabled = false;
        replace(trouble, icon("warning", 18), sentenceOf(error));
      },
    );
  });
  const close = showDialog(t("Show the name and the phone"), form);
}

function choice(reason: string, word: string): HTMLElement {
  return h("label", { class: "reason" }, h("input", { type: "radio", name: "reason", value: reason }), h("span", {}, word));
}

function show(household: number, contact: Contact): void {
  shown = { ...contact, household, until: performance.now() + SHOWN * 1000 };
  window.clearInterval(ticking);
  ticking = window.setInterval(() => (shown && performance.now() < shown.until ? countDown() : forget()), 1000);
  drawAgain();
  document.querySelector<HTMLElement>(".contact-eye")?.focus({ preventScroll: true });
}

function forget(): void {
  window.clearInterval(ticking);
  shown = null;
  drawAgain();
}

/** Count down in place: what has the focus, or is being read out, stays as it is. */
function countDown(): void {
  const seconds = document.querySelector(".contact-seconds");
  if (seconds && shown) seconds.textContent = secondsTo(shown.until);
}
