// Asks a person for something on the map: a place, a line, an area. Each can be given with the keyboard alone.
import type { Map as Canvas } from "maplibre-gl";
import { t } from "../i18n.js";
import type { LngLat } from "../types.js";
import type { LineDrawing } from "./draw.js";
import { showHint } from "./hint.js";

type Press = (at: LngLat) => boolean;

export class Asking {
  constructor(
    private readonly canvas: Canvas,
    private readonly onPress: (handler: Press) => () => void,
    private readonly colour: () => `#${string}`,
  ) {}

  /** Ask for a place: a press, coordinates, or Enter for the middle of the map; null after Escape or "Cancel". */
  point(question: string): Promise<LngLat | null> {
    return new Promise((resolve) => {
      const end = (at: LngLat | null): void => {
        stop();
        close();
        this.aim(false);
        resolve(at);
      };
      const stop = this.onPress((at) => {
        end(at);
        return true;
      });
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

  private async draw(
    question: string,
    start: (draw: typeof import("./draw.js"), onFinish: () => void) => LineDrawing,
  ): Promise<[number, number][] | null> {
    const draw = await import("./draw.js");
    return new Promise((resolve) => {
      const stopPress = this.onPress(() => true);
      const end = (keep: boolean): void => {
        const line = keep ? drawing.line() : null;
        stopPress();
        close();
        drawing.stop();
        resolve(line);
      };
      const drawing = start(draw, () => end(true));
      const close = showHint(question, { onCancel: () => end(false), onFinish: () => end(true), finish: t("Finish") });
    });
  }

  /** The cursor of a person who is asked to press somewhere. */
  private aim(on: boolean): void {
    this.canvas.getCanvas().style.cursor = on ? "crosshair" : "";
  }
}
