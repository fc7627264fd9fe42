// Things on the map that a person moves: handles of their own (a mouse, a finger, arrow keys), and what is drawn already.
import { Marker, type Map as Canvas, type MapMouseEvent, type MapTouchEvent } from "maplibre-gl";
import type { LngLat } from "../types.js";

export interface Drag {
  /** The thing is at `at`, and still held. */
  move(at: LngLat): void;
  /** It was let go where it moved last; not called where it never moved. */
  end(): void;
}

export interface Handle {
  put(at: LngLat): void;
  remove(): void;
}

const STEP = 10; // pixels that an arrow key moves; with Shift, 50
const SLACK = 3; // pixels before a press is a drag
const REST = 400; // milliseconds without a key after which it was let go
const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Put `element` at a place of the map and let it be dragged. */
export function addHandle(canvas: Canvas, element: HTMLElement, at: LngLat, drag: Drag): Handle {
  const marker = new Marker({ element, anchor: "center" }).setLngLat([at.lon, at.lat]).addTo(canvas);
  const move = (x: number, y: number): void => {
    const { lng, lat } = canvas.unproject([x, y]);
    marker.setLngLat([lng, lat]);
    drag.move({ lon: lng, lat });
  };
  followPointer(canvas, element, marker, move, drag);
  followKeys(canvas, element, marker, move, drag);
  return {
    put: (to) => void marker.setLngLat([to.lon, to.lat]),
    remove: () => void marker.remove(),
  };
}

function followPointer(canvas: Canvas, element: HTMLElement, marker: Marker, move: (x: number, y: number) => void, drag: Drag): void {
  let held: { x: number; y: number; dx: number; dy: number; moved: boolean } | null = null;
  // The map below would pan along, and look for what lies beneath.
  for (const name of ["mousedown", "mousemove", "touchstart", "touchmove", "click", "dblclick"] as const) element.addEventListener(name, (event) => event.stopPropagation(), { passive: true });
  element.addEventListener("pointerdown", (event) => {
    const { x, y } = canvas.project(marker.getLngLat());
    held = { x: event.clientX, y: event.clientY, dx: x - event.clientX, dy: y - event.clientY, moved: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!held) return;
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > SLACK;
    if (held.moved) move(event.clientX + held.dx, event.clientY + held.dy);
  });
  const end = (): void => {
    const { moved } = held ?? { moved: false };
    held = null;
    if (moved) drag.end();
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
}

function followKeys(canvas: Canvas, element: HTMLElement, marker: Marker, move: (x: number, y: number) => void, drag: Drag): void {
  let resting = 0;
  element.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y } = canvas.project(marker.getLngLat());
    const step = event.shiftKey ? STEP * 5 : STEP;
    move(x + arrow[0] * step, y + arrow[1] * step);
    window.clearTimeout(resting);
    resting = window.setTimeout(() => drag.end(), REST);
  });
}

/** Let `element` point at a place from above; the answer takes it away. */
export function addNote(canvas: Canvas, element: HTMLElement, at: LngLat): () => void {
  const marker = new Marker({ element, anchor: "bottom", offset: [0, -8] }).setLngLat([at.lon, at.lat]).addTo(canvas);
  for (const name of ["mousedown", "touchstart", "click", "dblclick"] as const) element.addEventListener(name, (event) => event.stopPropagation(), { passive: true });
  return () => void marker.remove();
}

/** Let what `grab` answers for be dragged from where it is drawn; the answer ends that. */
export function grabOn(canvas: Canvas, grab: (point: { x: number; y: number }) => Drag | null, onHold: (held: boolean) => void): () => void {
  let held: { drag: Drag; x: number; y: number; moved: boolean } | null = null;
  const start = (event: MapMouseEvent | MapTouchEvent): void => {
    if ("points" in event && event.points.length > 1) return void (held = null);
    const drag = grab(event.point);
    if (!drag) return;
    event.preventDefault(); // the map stays where it is
    held = { drag, x: event.point.x, y: event.point.y, moved: false };
    onHold(true);
  };
  const move = (event: MapMouseEvent | MapTouchEvent): void => {
    if (!held) return;
    held.moved ||= Math.hypot(event.point.x - held.x, event.point.y - held.y) > SLACK;
    if (held.moved) held.drag.move({ lon: event.lngLat.lng, lat: event.lngLat.lat });
  };
  const end = (): void => {
    if (held?.moved) held.drag.end();
    held = null;
    onHold(false);
  };
  const subscriptions = [
    canvas.on("mousedown", start), canvas.on("mousemove", move), canvas.on("mouseup", end),
    canvas.on("touchstart", start), canvas.on("touchmove", move), canvas.on("touchend", end), canvas.on("touchcancel", end),
  ];
  return () => subscriptions.forEach((one) => one.unsubscribe());
}
