// A finger that rests: what a right click is to a mouse.

/** Call `act` with the place of a finger that rests for half a second. */
export function listenForLongPress(element: HTMLElement, act: (x: number, y: number) => void): void {
  let timer = 0;
  const cancel = (): void => window.clearTimeout(timer);
  element.addEventListener("touchstart", (event) => {
    cancel();
    const touch = event.touches[0];
    if (!touch || event.touches.length > 1) return;
    const box = element.getBoundingClientRect();
    timer = window.setTimeout(() => act(touch.clientX - box.left, touch.clientY - box.top), 550);
  }, { passive: true });
  for (const name of ["touchend", "touchmove", "touchcancel"]) element.addEventListener(name, cancel, { passive: true });
}
