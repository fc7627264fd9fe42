// On duty: a switch in the person's menu, a badge while it is on, and one's position sent meanwhile, while the page is open.
import { api, ApiError, sentenceOf } from "./api.js";
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { toast } from "./toasts.js";
import type { MenuItem } from "./menu.js";
import type { Session } from "./session.js";
import type { LngLat } from "./types.js";

const BETWEEN = 30_000; // milliseconds between two positions that are sent

interface State {
  on: boolean;
  until: string | null;
}

export class Duty {
  /** Shows that one is on duty, and that one's position is known. */
  readonly badge = h("span", { class: "duty-badge", role: "status", hidden: true });
  private readonly may: boolean;
  private on = false;
  private watch = 0;
  private sent = -Infinity;

  constructor({ me }: Session) {
    this.may = me.can.includes("duty.be");
    if (this.may) void api.get<State>("/me/duty").then((state) => this.show(state)).catch(() => undefined);
  }

  /** The switch, for who may be on duty. */
  items(): MenuItem[] {
    return this.may ? [{ icon: "pin", label: t("On duty: share my position"), checked: this.on, toggle: true, act: () => void this.turn(!this.on) }] : [];
  }

  private async turn(on: boolean): Promise<void> {
    try {
      this.show(await api.put<State>("/me/duty", { on }));
      toast(on ? t("You are on duty. Those who dispatch see where you are until you switch it off.") : t("You are off duty. Your position is deleted."));
    } catch (error) {
      toast(sentenceOf(error), { kind: "error" });
    }
  }

  private show({ on }: State): void {
    this.on = on;
    this.badge.hidden = !on;
    this.badge.title = on ? t("Those who dispatch see where you are. Switch it off in the menu at your name.") : "";
    replace(this.badge, on ? [icon("pin", 16), t("On duty")] : []);
    if (on) this.follow();
    else this.leave();
  }

  private follow(): void {
    if (this.watch || !("geolocation" in navigator) || !window.isSecureContext) return;
    const at = ({ coords }: GeolocationPosition): void => this.moved({ lon: coords.longitude, lat: coords.latitude });
    const fail = (): void => void toast(t("You are on duty, but the browser does not tell where you are."), { kind: "info" });
    this.watch = navigator.geolocation.watchPosition(at, fail, { enableHighAccuracy: true, maximumAge: 10_000 });
  }

  private leave(): void {
    if (this.watch) navigator.geolocation.clearWatch(this.watch);
    this.watch = 0;
    this.sent = -Infinity;
  }

  private moved(at: LngLat): void {
    if (!this.on || performance.now() - this.sent < BETWEEN) return;
    this.sent = performance.now();
    api.put("/me/position", at).catch((error: unknown) => {
      // 409: the duty has ended elsewhere, or by itself. Outside one's own area, and without a network, nothing is known.
      if (error instanceof ApiError && error.status === 409) this.show({ on: false, until: null });
    });
  }
}
