// The tab "Publish": what forbids it, where the plan stands and who did what, and what each person may do with it.
import { api, ApiError, sentenceOf } from "../api.js";
import { day, later, today } from "../days.js";
import { confirm } from "../dialogs.js";
import { debounce, h, replace } from "../dom.js";
import { icon } from "../icons.js";
import { moment, nameOf, number, t, tn } from "../i18n.js";
import { newId } from "../acts/newId.js";
import { ghost, part, trouble } from "../panels/parts.js";
import { toast } from "../toasts.js";
import { actButton } from "./parts.js";
import type { PlanDoc } from "./plan.js";
import { registerTab, type PlanRoom } from "./room.js";
import { personName } from "./words.js";

/** As the server finds it. */
interface Fault {
  readonly kind: string;
  readonly grave: boolean;
  readonly grid: number | null;
  readonly blocks: readonly number[];
  readonly households: number;
}

const DECIDED: readonly string[] = ["in_force", "withdrawn"]; // nothing forbids anything any more

/** What a plan is once a step has been taken. */
const REACHED: Readonly<Record<string, readonly string[]>> = { submit: ["submitted"], return: ["draft"], approve: ["approved", "in_force"], withdraw: ["withdrawn"] };

const FAULTS: Readonly<Record<string, () => string>> = {
  unassigned: () => t("Blocks without a grid"),
  empty: () => t("A grid without blocks"),
  parts: () => t("A grid in several pieces"),
  large: () => t("Too many households"),
  small: () => t("Too few households"),
  compound_cut: () => t("A compound cut in two"),
};

registerTab({ id: "publish", icon: "publish", label: () => t("Publish"), order: 4, start: (room) => new PublishTab(room).stop });

class PublishTab {
  private over = false;
  private version = -1;
  private forbidden = false; // by what is wrong with it
  private underWay = ""; // a step that the server is taking: the sentence that says so
  private from = later(today(), 1);
  private readonly notes: Record<string, string> = {}; // as they are typed
  private offered = ""; // the state whose steps are shown
  private readonly undoing = newId(); // pressed twice, what undoes the plan is begun once
  private readonly story = h("div", {});
  private readonly faults = h("div", { "aria-live": "polite" });
  private readonly acts = h("div", {});
  private readonly endings: (() => void)[];

  constructor(private readonly room: PlanRoom) {
    // A press shows nothing here: the panel of a building would take the place of this one.
    this.endings = [room.onChange(debounce(500, () => this.changed())), room.map.onPress(() => true)];
    replace(room.body, h("div", { class: "stack plan-part" }, this.story, this.faults, this.acts));
    this.draw();
    void this.loadFaults();
  }

  readonly stop = (): void => {
    this.over = true;
    for (const end of this.endings) end();
  };

  private changed(): void {
    if (this.over) return;
    const { version } = this.room.plan();
    this.draw();
    if (version !== this.version) void this.loadFaults();
  }

  private draw(): void {
    const plan = this.room.plan();
    replace(this.story, story(plan));
    if (DECIDED.includes(plan.state)) replace(this.faults);
    const field = document.activeElement;
    const typing = this.acts.contains(field) && (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement);
    if (typing && plan.state === this.offered) return; // what is typed is about steps that can still be taken
    this.offered = plan.state;
    replace(this.acts, this.offers(this.underWay ? { ...plan, may: waiting(plan.may, this.underWay) } : plan));
  }

  // What is wrong

  private async loadFaults(): Promise<void> {
    if (DECIDED.includes(this.room.plan().state)) return;
    if (this.version === -1) replace(this.faults, ghost());
    await this.room.saved(); // the server looks at what it has
    const { id, version } = this.room.plan();
    this.version = version;
    try {
      const { faults } = await api.get<{ faults: Fault[] }>(`/plans/${id}/faults`);
      if (this.over || DECIDED.includes(this.room.plan().state)) return;
      replace(this.faults, this.faultLists(faults));
      const forbidden = faults.some(({ grave }) => grave);
      if (forbidden === this.forbidden) return;
      this.forbidden = forbidden;
      this.draw();
    } catch (error) {
      if (!this.over) replace(this.faults, trouble(sentenceOf(error), () => void this.loadFaults()));
    }
  }

  private faultLists(all: readonly Fault[]): HTMLElement {
    const grave = all.filter((fault) => fault.grave);
    const light = all.filter((fault) => !fault.grave);
    return h(
      "div",
      { class: "stack" },
      grave.length
        ? part(t("What forbids it"), number(grave.length), h("ul", { class: "plan-rows plan-grave" }, grave.map((fault) => this.faultRow(fault))))
        : h("p", { class: "tag tag-good", role: "status" }, icon("check", 16), t("Nothing forbids it.")),
      light.length
        ? h("details", { class: "siting-more" }, h("summary", {}, t("What could be better"), h("small", {}, number(light.length))), h("ul", { class: "plan-rows" }, light.map((fault) => this.faultRow(fault))))
        : null,
    );
  }

  private faultRow({ kind, grid, blocks, households }: Fault): HTMLElement {
    const { grids } = this.room.plan();
    const named = grid === null ? undefined : grids[grid];
    const look = (): void => {
      this.room.highlight(blocks);
      if (blocks.length) this.room.zoomTo(blocks);
    };
    return h("li", {}, h("button", { class: "row", type: "button", "data-fault": kind, on: { click: look } }, icon("warning", 18),
      h("span", {}, FAULTS[kind]?.() ?? kind, named ? h("small", {}, nameOf(named) || named.code) : null),
      h("span", { class: "more" }, tn("{n} household", "{n} households", households))));
  }

  // What one may do

  private offers(plan: PlanDoc): HTMLElement {
    const { state, may } = plan;
    if (state === "draft") {
      const submit = actButton({ icon: "check", label: t("Submit for approval"), may: may.submit === true && this.forbidden ? t("First put right what forbids it, above.") : may.submit, main: true, id: "submit", click: () => void this.send("submit", undefined, t("The plan is submitted.")) });
      return part(t("Submit"), "", h("div", { class: "stack" }, h("p", { class: "quiet" }, t("Another person looks at the plan and approves it. Until then it cannot be changed.")), submit));
    }
    if (state === "submitted") return h("div", { class: "stack" }, this.approval(may), this.withdrawal(may));
    if (state === "approved") return h("div", { class: "stack" }, this.late(plan), this.withdrawal(may));
    return h("div", { class: "stack" }, state === "in_force" ? this.putBack(plan) : null); // what was withdrawn did nothing
  }

  private approval(may: PlanDoc["may"]): HTMLElement {
    const date = h("input", { type: "date", id: "plan-from", min: today(), value: this.from, required: true, on: { input: () => (this.from = date.value) } });
    const approve = async (): Promise<void> => {
      if (!date.reportValidity()) return;
      if (date.value === today() && !(await confirm(t("From today on? The grids change at once."), t("Approve")))) return;
      await (date.value === today()
        ? this.send("approve", { valid_from: date.value }, t("The plan is in force."), t("The grids are being brought into force…"))
        : this.send("approve", { valid_from: date.value }, t("The plan is approved.")));
    };
    const note = reasonField("plan-note-return", t("Why it is sent back"), this.notes);
    const back = (): void => {
      if (given(note.input)) void this.send("return", { note: note.input.value.trim() }, t("The plan is sent back."));
    };
    date.disabled = may.approve !== true;
    note.input.disabled = may.return !== true;
    return h(
      "div",
      { class: "stack" },
      part(t("Approve"), t("look at “Compare” first"),
        h("div", { class: "stack" }, h("div", { class: "field" }, h("label", { for: "plan-from" }, t("In force from")), date),
          actButton({ icon: "check", label: t("Approve"), may: may.approve, main: true, id: "approve", click: () => void approve() }))),
      part(t("Send back"), "", h("div", { class: "stack" }, may.return === true ? note.element : null,
        actButton({ icon: "undo", label: t("Send back"), may: may.return, id: "return", click: back }))),
    );
  }

  private withdrawal(may: PlanDoc["may"]): HTMLElement {
    const note = reasonField("plan-note-withdraw", t("Why it is withdrawn, if that is to be said"), this.notes);
    const withdraw = (): void => void this.send("withdraw", { note: note.input.value.trim() }, t("The plan is withdrawn."));
    return part(t("Withdraw"), "", h("div", { class: "stack" }, may.withdraw === true ? note.element : null,
      actButton({ icon: "close", label: t("Withdraw the plan"), may: may.withdraw, danger: true, id: "withdraw", click: withdraw })));
  }

  private putBack({ name, valid_from: from, may }: PlanDoc): HTMLElement {
    const lookAt = from ? h("a", { class: "button", href: `#on=${from}` }, icon("history", 18), t("The map of {day}", { day: day(from) })) : null;
    const undo = (): void => void this.undo(t("Undoes “{name}”", { name }).slice(0, 100));
    return part(t("Undo"), "", h("div", { class: "stack" }, lookAt, h("p", { class: "quiet" }, t("A new draft puts back what was before. It goes the same way: submitted, approved, in force.")),
      actButton({ icon: "undo", label: t("Draft what was before"), may: may.undo, id: "undo", click: undo })));
  }

  /** A plan whose day has come and that is not in force: the clock could not do it, and says why by the same reckoning. */
  private late({ id, valid_from: from }: PlanDoc): HTMLElement | null {
    if (!from || from > today()) return null;
    const why = h("span", {}, t("Since {day} this plan should be in force, and is not. It is tried again every hour.", { day: day(from) }));
    void api.get(`/plans/${id}/consequences`).catch((error: unknown) => why.append(" ", sentenceOf(error)));
    return h("p", { class: "plan-reason", role: "alert" }, icon("warning", 16), why);
  }

  /** Take a step. Where the answer is lost, what has become of the plan says whether it was taken. */
  private async send(act: string, body: unknown, done: string, sentence = t("One moment…")): Promise<void> {
    if (this.underWay) return;
    const { id } = this.room.plan();
    this.underWay = sentence;
    this.draw();
    let failed: unknown = null;
    try {
      if (!(await this.room.saved())) return; // the desk has said why
      await api.post(`/plans/${id}/${act}`, body ?? {}).catch((error: unknown) => (failed = error));
      await this.room.reload();
      const lost = failed instanceof ApiError && (failed.status === 0 || failed.status >= 500);
      if (lost && REACHED[act]?.includes(this.room.plan().state)) failed = null;
    } catch (error) {
      failed ??= error;
    } finally {
      this.underWay = "";
      if (!this.over) this.draw();
    }
    if (failed === null) return void toast(done);
    toast(sentenceOf(failed), { kind: "error" });
    if (!this.over) void this.loadFaults();
  }

  private async undo(name: string): Promise<void> {
    if (this.underWay) return;
    this.underWay = t("One moment…");
    this.draw();
    try {
      const draft = await api.post<PlanDoc>(`/plans/${this.room.plan().id}/undo`, { id: this.undoing, name });
      toast(t("“{name}” is a draft now.", { name: draft.name }));
      location.hash = `#plan=${draft.id}`;
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    } finally {
      this.underWay = "";
      if (!this.over) this.draw();
    }
  }
}

/** Every act as one that waits for another, and says so. */
function waiting(may: PlanDoc["may"], sentence: string): PlanDoc["may"] {
  const told = Object.entries(may).map(([act, allowed]) => [act, allowed === true ? sentence : allowed]);
  return Object.fromEntries(told) as PlanDoc["may"];
}

/** A field for a sentence, which stands in `kept` as it is typed. */
function reasonField(id: string, label: string, kept: Record<string, string>): { element: HTMLElement; input: HTMLTextAreaElement } {
  const input = h("textarea", { id, rows: 3, maxlength: 500, required: true, on: { input: () => (kept[id] = input.value) } }, kept[id] ?? "");
  return { element: h("div", { class: "field" }, h("label", { for: id }, label), input), input };
}

function given(input: HTMLTextAreaElement): boolean {
  input.setCustomValidity(input.value.trim() ? "" : t("Say why in a sentence."));
  return input.reportValidity();
}

interface Step {
  word: string;
  who: string;
  when: string | null;
  reached: boolean;
}

/** Where the plan stands: each step with who took it and when. */
function story(plan: PlanDoc): HTMLElement {
  const { state, note } = plan;
  const steps: Step[] = [
    { word: t("Drafted"), who: plan.owner.name, when: state === "draft" ? plan.changed_at : null, reached: true },
    { word: t("Submitted"), who: personName(plan.submitted_by), when: plan.submitted_at, reached: plan.submitted_at !== null && state !== "draft" },
    { word: t("Approved"), who: personName(plan.approved_by), when: plan.approved_at, reached: state === "approved" || state === "in_force" || (state === "withdrawn" && plan.approved_at !== null) },
    { word: plan.valid_from && state !== "draft" ? t("In force from {day}", { day: day(plan.valid_from) }) : t("Comes into force"), who: "", when: plan.enacted_at, reached: state === "in_force" },
  ];
  if (state === "withdrawn") steps.splice(plan.approved_at ? 3 : 2, 2, { word: t("Withdrawn"), who: personName(plan.changed_by), when: plan.changed_at, reached: true });
  const now = steps.filter(({ reached }) => reached).at(-1);
  const row = ({ word, who, when, reached }: Step): HTMLElement =>
    h("li", { class: reached ? "done" : "", "aria-current": word === now?.word ? "step" : null },
      h("span", { class: "plan-dot" }, reached ? icon("check", 14) : null),
      h("span", {}, h("b", {}, word), reached && (who || when) ? h("small", {}, [who, when ? moment(when) : ""].filter(Boolean).join(" · ")) : null));
  return h(
    "div",
    { class: "stack", "data-state": state },
    h("ol", { class: "plan-story", "aria-label": t("Where the plan stands") }, steps.map(row)),
    note ? h("p", { class: "plan-said" }, icon("info", 18), h("span", {}, state === "withdrawn" ? t("Why it was withdrawn: {note}", { note }) : t("Sent back: {note}", { note }))) : null,
  );
}
