// Blocks split by a line and merged. That changes the ground for everybody, so all edits are sent before, and plan and
// ground are fetched anew after. A refusal is shown where it happens.
import { api, ApiError, sentenceOf } from "../api.js";
import { h, onPhone } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../i18n.js";
import type { LngLat } from "../types.js";
import type { PlanRoom } from "./room.js";

type Line = [number, number][];

interface CutAnswer {
  readonly removed: readonly number[];
  readonly added: readonly { id: number; parents: readonly number[] }[];
}

export class Cutting {
  private takeNote: (() => void) | null = null;
  private busy = false;
  private asking: Promise<Line | null> | null = null;
  private over = false;

  constructor(private readonly room: PlanRoom, private readonly say: (sentence: string, shown?: boolean) => void, private readonly pause: (paused: boolean) => void) {
    room.map.prepareDrawing();
  }

  /** Leave: a line that is being drawn is let go. */
  stop(): void {
    this.over = true;
    this.drop();
    if (this.asking) this.room.map.stopAsking();
  }

  private drop(): void {
    this.takeNote?.();
    this.takeNote = null;
  }

  maySplit(places: readonly number[]): true | string {
    const may = this.room.plan().may.edit;
    if (may !== true) return may;
    return places.length === 1 || t("Choose exactly one block.");
  }

  mayMerge(places: readonly number[]): true | string {
    const { may } = this.room.plan();
    const { grid, community } = this.room.ground().blocks;
    const { of } = this.room.drawn();
    const differ = (column: ArrayLike<number>): boolean => places.some((place) => column[place] !== column[places[0] ?? 0]);
    if (may.edit !== true) return may.edit;
    if (places.length < 2) return t("Choose at least two blocks.");
    if (differ(community)) return t("They are in different communities.");
    if (differ(of)) return t("They are in different grids of this plan.");
    return differ(grid) ? t("They are in different grids today.") : true;
  }

  async split(place: number, initial: Line | null = null): Promise<void> {
    this.drop();
    if (this.asking) this.room.map.stopAsking(); // it was pressed again: begin anew
    await this.asking;
    const block = this.room.ground().blocks.id[place] ?? 0;
    if (onPhone()) this.room.resize("strip"); // a line needs room
    if (!initial) this.room.zoomTo([block]);
    this.room.highlight([block]);
    this.pause(true);
    this.asking = this.ask(initial);
    const line = await this.asking;
    this.asking = null;
    if (this.over) return;
    if (onPhone()) this.room.resize("half");
    this.pause(false);
    if (line) await this.send(`/blocks/${block}/split`, { line }, line, () => void this.split(this.room.ground().place.get(block) ?? place, line));
  }

  async merge(places: readonly number[]): Promise<void> {
    this.drop();
    const { id } = this.room.ground().blocks;
    await this.send("/blocks/merge", { blocks: places.map((place) => id[place] ?? 0) }, null, null);
  }

  /** A line across the block: drawn, or by keyboard from one place to another. */
  private async ask(initial: Line | null): Promise<Line | null> {
    const { map } = this.room;
    const keyboard = document.activeElement?.matches("button:focus-visible") && !initial;
    if (!keyboard) return map.drawLine(initial ? t("Correct the line: drag its points") : t("Draw a line across the block, from edge to edge. It takes hold of roads and corners."), { initial });
    const from = await map.pickPoint(t("Where does the line begin? Outside the block, on its one side"));
    const to = from && (await map.pickPoint(t("Where does it end? Outside the block, on its other side")));
    return from && to ? [[from.lon, from.lat], [to.lon, to.lat]] : null;
  }

  private async send(path: string, body: object, line: Line | null, again: (() => void) | null): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      if (!(await this.room.saved())) return this.say(t("First all edits have to reach the server: blocks are changed for everybody."));
      const { removed, added } = await api.post<CutAnswer>(path, body);
      const children = new Map(removed.map((old) => [old, added.filter(({ parents }) => parents.includes(old)).map(({ id }) => id)] as const));
      await this.room.reload(children);
      this.room.highlight(added.map(({ id }) => id));
      this.say(line ? t("The block is split into {n}.", { n: String(added.length) }) : t("The blocks are one now."));
    } catch (error) {
      this.refused(error, again);
    } finally {
      this.busy = false;
    }
  }

  private refused(error: unknown, again: (() => void) | null): void {
    const sentence = sentenceOf(error);
    const place = error instanceof ApiError && !this.over ? placeOf(error.extra["place"]) : null;
    this.say(sentence, place !== null);
    if (!place) return;
    const close = (): void => this.drop();
    const note = h(
      "div",
      { class: "map-refusal", role: "alert" },
      h("p", {}, icon("warning", 18), h("span", {}, sentence)),
      h("div", { class: "button-row" }, again ? h("button", { class: "button", type: "button", "data-cut": "again", on: { click: again } }, t("Correct the line")) : null, h("button", { class: "button", type: "button", on: { click: close } }, t("Leave it"))),
    );
    this.takeNote = this.room.map.addNote(note, place);
    // What it says is as wide as a phone.
    if (onPhone()) this.room.map.flyTo(place, this.room.map.look().zoom);
    else this.room.map.reveal(place);
  }
}

function placeOf(value: unknown): LngLat | null {
  if (!Array.isArray(value)) return null;
  const [lon, lat] = value as unknown[];
  return typeof lon === "number" && typeof lat === "number" ? { lon, lat } : null;
}
