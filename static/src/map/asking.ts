// Asks a person for something on the map: a place, a line, an area. Each can be given with the keyboard alone.
import type { Map as Canvas } from "maplibre-gl";
import { t } from "../i18n.js";
import { toast } from "../toasts.js";
import type { LngLat } from "../types.js";
import type { LineDrawing } from "./draw.js";
import { showHint } from "./hint.js";

type Press = (at: LngLat) => boolean;

export class Asking {
  /** What it comes to when whoever asked has left: as after "Cancel". */
  cancel: () => void = () => undefined;

  constructor(
    private readonly canvas: Canvas,
    private readonly onPress: (handler: Press) => () => void,
    private readonly colour: () => `#${string}`,
  ) {}

  /** Ask for a place: a press, coordinates, or Enter for the middle of the map; null after Escape or "Cancel". */
  point(question: string): Promise<LngLat | null> {
    return new Promise((resolve) => {
      const end = (at: LngLat | null): void => {
        this.cancel = () => undefined;
        stop();
        close();
        this.aim(false);
        resolve(at);
      };
      const stop = this.onPress((at) => {
        end(at);
        return true;
      });
      this.cancel = () => end(null);
      const close = showHint(question, {
        onCancel: () => end(null),
        onFinish: () => {
          const { lng, lat } = this.canvas.getCenter();
          end({ lon: lng, lat });
        },
        finish: t("Take the middle of the map"),
        onPlace: end,
      });
      this.aim(true);
    });
  }

  /** Let the person draw a line, or correct `initial`; null after "Cancel". */
  line(question: string, initial: [number, number][] | null): Promise<[number, number][] | null> {
    return this.draw(question, (draw, onFinish) => draw.drawLineOn(this.canvas, this.colour(), initial, onFinish));
  }

  /** Let the person draw an area; its ring, or null after "Cancel". */
  area(question: string): Promise<[number, number][] | null> {
    return this.draw(question, (draw, onFinish) => draw.drawAreaOn(this.canvas, this.colour(), onFinish));
  }

  /** Fetch the drawing tool before somebody draws; where that fails, `draw` tries again and says so. */
  prepare(): void {
    void import("./draw.js").catch(() => undefined);
  }

  private draw(
    question: string,
    start: (draw: typeof import("./draw.js"), onFinish: () => void) => LineDrawing,
  ): Promise<[number, number][] | null> {
    return new Promise((resolve) => {
      const early: LngLat[] = []; // pressed before the tool is there
      let drawing: LineDrawing | null = null;
      let wanted: boolean | null = null; // whether to keep the line, where the answer comes before the tool
      const end = (keep: boolean): void => {
        wanted = keep;
        if (keep && !drawing) return;
        this.cancel = () => undefined;
        stopPress();
        close();
        const line = keep && drawing ? drawing.line() : null;
        drawing?.stop();
        resolve(line);
      };
      const stopPress = this.onPress((at) => {
        if (!drawing) early.push(at);
        return true;
      });
      this.cancel = () => end(false);
      const close = showHint(question, { onCancel: () => end(false), onFinish: () => end(true), finish: t("Finish") });
      const begin = (draw: typeof import("./draw.js")): void => {
        if (wanted === false) return;
        drawing = start(draw, () => end(true));
        for (const at of early) this.repeat(at);
        if (wanted) end(true);
      };
      import("./draw.js").then(begin).catch((error: unknown) => {
        console.warn(error);
        toast(t("The server cannot be reached. Check the network and try again."), { kind: "error" });
        end(false);
      });
    });
  }

  /** Press the map where somebody has pressed it. */
  private repeat({ lon, lat }: LngLat): void {
    const canvas = this.canvas.getCanvas();
    const { left, top } = canvas.getBoundingClientRect();
    const { x, y } = this.canvas.project([lon, lat]);
    const at = { clientX: left + x, clientY: top + y, bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, pointerType: "mouse" };
    canvas.dispatchEvent(new PointerEvent("pointermove", { ...at, button: -1 }));
    canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at, button: 0, buttons: 1 }));
    canvas.dispatchEvent(new PointerEvent("pointerup", { ...at, button: 0 }));
  }

  /** The cursor of a person who is asked to press somewhere. */
  private aim(on: boolean): void {
    this.canvas.getCanvas().style.cursor = on ? "crosshair" : "";
  }
}
